"""Packs one raw file, or a folder of arrays, into a shard: OUT.npy, OUT.parquet (sequences), OUT.json."""

import argparse
from pathlib import Path

import pyarrow as pa

from podium.data.columns import KEY
from podium.data.shards import DTYPES, pack_shard
from podium.data.sources import TRAINED_SPLITS
from podium.errors import run
from podium.storage.artefacts import made_by
from podium.storage.digests import unchanged
from podium.storage.files import atomic_path, read_json, write_json
from podium.storage.tables import read_table
from podium.systems import part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the recogniser that it is for")
    parser.add_argument("--raw-file", required=True, help="a raw file (parquet, …), or a folder of arrays")
    parser.add_argument("--table", required=True, type=Path, help="sequences.parquet, with sequences.json beside it")
    parser.add_argument("--split", required=True, choices=TRAINED_SPLITS)
    parser.add_argument("--file-id", required=True, type=int)
    parser.add_argument("--dtype", choices=list(DTYPES), default="float32", help="type of the values in the shard")
    help_sha256 = "digest that the raw file must have; without it any will do"
    parser.add_argument("--sha256", nargs="?", const="", default="", help=help_sha256)
    parser.add_argument("--out", required=True, type=Path, help="shard to write (.npy)")
    arguments = parser.parse_args()
    pa.set_memory_pool(pa.system_memory_pool())  # needs less than Arrow's own, and its speed varies less

    table = read_table(made_by(arguments.table, "list_sequences"), ["split", *KEY])
    listed = made_by(arguments.table.with_suffix(".json"), "list_sequences")
    skipped = read_json(listed, "skipped_sequences")["skipped_sequences"]
    of_file = table[table["file_id"] == arguments.file_id]
    is_wanted = of_file["split"] == arguments.split
    # Sequences of the hidden test can lie in a training file.
    unused = set(of_file.loc[~is_wanted, "sequence_id"]) | {row["sequence_id"] for row in skipped}

    samples, out = part(arguments.system, "samples"), arguments.out
    with (
        atomic_path(out) as shard,
        atomic_path(out.with_suffix(".parquet")) as index,
        atomic_path(out.with_suffix(".json")) as report,
    ):
        wanted = of_file.loc[is_wanted, "sequence_id"].tolist()
        with unchanged(arguments.raw_file, arguments.sha256):
            recordings = samples.open_raw(arguments.raw_file)
            packed = pack_shard(recordings, samples.prepare, wanted, unused, arguments.file_id, shard, arguments.dtype)
        packed.sequences.to_parquet(index, index=False)
        write_json(report, packed.report)
    print(f"num_sequences={packed.report['num_sequences']} num_frames={packed.report['num_frames']}")


if __name__ == "__main__":
    run(main)
