"""How quick the page is, how near to Python its landmarks and texts are, and how soon a text is final.

    python benchmarks/page.py VIDEO… --model results/demo/export [--camera 12]

Needs Chromium. Prints one line per video. ``--camera N`` shows the first video to the page as a camera for N seconds.
What else the machine does changes the times: the load is printed beside them.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests/browser"))

from sites import answer_of  # noqa: E402

from podium import Recognizer  # noqa: E402
from podium.landmarks.mediapipe import PART_SIZES  # noqa: E402
from podium.landmarks.pictures.finding import find_landmarks  # noqa: E402
from podium.landmarks.pictures.task_file import holistic_task  # noqa: E402
from podium.landmarks.pictures.video_file import VideoFile  # noqa: E402
from podium.page.building import build  # noqa: E402

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
FPS = 30


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--model", required=True, type=Path, help="the folder of an export with the web file")
    parser.add_argument("--camera", type=int, metavar="N", help="seconds before a camera that shows the first video")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "page"
        build(site, arguments.model)
        shutil.copy(Path(__file__).parent.parent / "tests/browser/read_films.html", site)
        for video in arguments.videos:
            shutil.copy(video, site)
        names = [video.name for video in arguments.videos]
        if arguments.camera:
            names.append(f"camera:{arguments.camera}")
            as_camera(arguments.videos[0], Path(folder) / "camera.mjpeg")
        (site / "films.json").write_text(json.dumps(names))
        flags = (*CAMERA, f"--use-file-for-fake-video-capture={folder}/camera.mjpeg") if arguments.camera else ()
        told = answer_of(site, "read_films.html", Path(folder) / "profile", *flags)
        if "failure" in told:
            raise SystemExit(told["failure"])
        print(f"ready after {told['ready'] / 1000:.2f} s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        recognizer = Recognizer(arguments.model)
        for video, answer in zip(arguments.videos, told["answers"], strict=False):
            print_video(video, answer, recognizer)
        if arguments.camera:
            print_camera(told["answers"][-1])


def print_video(video: Path, answer: dict, recognizer: Recognizer) -> None:
    """Times, differences of the landmarks, and both texts."""
    if "error" in answer:
        print(f"{video.name}: {answer['error']}")
        return
    print(f"{video.name}: {len(answer['times'])} pictures, {times(answer['times'])}")
    rows = [[np.nan if value is None else value for value in row] for row in answer["points"]]
    found_TLC = np.array(rows, np.float32).reshape(len(rows), -1, 3)
    expected_TLC = np.stack(list(find_landmarks(VideoFile(video), holistic_task())))
    begin = 0
    for part, size in PART_SIZES.items():
        both = [x_TLC[:, begin : begin + size, :2] for x_TLC in (found_TLC, expected_TLC)]
        begin += size
        agreed = np.mean(np.isnan(both[0][:, 0, 0]) == np.isnan(both[1][:, 0, 0]))
        apart_T = np.abs(both[0] - both[1]).max(axis=(1, 2))
        apart_T = apart_T[~np.isnan(apart_T)]
        figures = np.quantile(apart_T, [0.5, 0.95, 1]) if len(apart_T) else [np.nan] * 3
        told = " ".join(f"{figure:.4f}" for figure in figures)
        print(f"  {part:<10} agreed {agreed:.3f}, apart {told} (median, 95 %, all)")
    files = recognizer.answers.open_clips([video])
    expected = [recognizer.read(clip.content) for file in files for clip in file.clips()]
    print(f"  page   {[one['text'] or one['reason'] for one in answer['texts']]}")
    print(f"  python {[one.text or one.reason for one in expected]}")


def print_camera(answer: dict) -> None:
    """Times, and how long after the hands went down a text was final."""
    if "error" in answer:
        print(f"camera: {answer['error']}")
        return
    print(f"camera: {len(answer['times'])} pictures, {times(answer['times'])}")
    print(f"  texts {[one['text'] or one['reason'] for one in answer['texts']]}")
    print(f"  final after the hands went down, in ms: {[round(time) for time in answer['settled']]}")


def times(values: list[float]) -> str:
    """Without the first picture, which makes the models ready."""
    least, middle, most = np.quantile(values[1:], [0.05, 0.5, 0.95])
    return f"{middle:.0f} ms per picture ({least:.0f} to {most:.0f}), the first {values[0]:.0f}"


def as_camera(video: Path, path: Path) -> None:
    """Writes a video as Chromium's fake camera takes it."""
    from films import write_video

    write_video(path, [one.pixels_HWC for one in VideoFile(video).pictures()], rate=FPS, codec="mjpeg")


if __name__ == "__main__":
    main()
