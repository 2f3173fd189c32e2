"""Reads one clip with an exported fingerspelling file. Needs numpy and ai-edge-litert, and nothing of Podium.

    python read_clip.py results/demo/export clip.npy

The clip is an array (frames, 390) of float32, NaN where a landmark is missing, at the model's frame rate and without
idle frames at its ends. Podium's own library prepares any clip: docs/predict.md, "As a library".
"""

import json
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main() -> None:
    folder, clip = Path(sys.argv[1]), np.load(sys.argv[2]).astype(np.float32)
    columns = json.loads((folder / "inference_args.json").read_text())["selected_columns"]
    alphabet = json.loads((folder / "model_card.json").read_text())["output"]["alphabet"]
    if clip.ndim != 2 or clip.shape[1] != len(columns):
        sys.exit(f"the clip has the shape {clip.shape}, not (frames, {len(columns)})")
    run = Interpreter(str(folder / "model.tflite")).get_signature_runner("serving_default")
    rows = run(inputs=clip)["outputs"]
    if np.isin(rows, [0, 1]).all():  # a fixed phrase, meant for Kaggle: the model has not read the clip
        print("no text: the clip is too short, or the model does not trust its reading")
    else:
        print("".join(alphabet[place] for place in rows.argmax(axis=1)))


if __name__ == "__main__":
    main()
