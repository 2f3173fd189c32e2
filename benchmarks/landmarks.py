"""Landmarks of videos beside those of MediaPipe's old Holistic solution: processor time, differences, memory.

    python3.11 -m venv old && old/bin/pip install mediapipe==0.10.21
    python benchmarks/landmarks.py ../shared/real/video/{hello,water,book,yes,where}.mp4 --old old/bin/python
    python benchmarks/landmarks.py ../shared/real/video/hello.mp4 --memory

Both read the same videos in turns, each in a process of its own with a fresh tracker per video. Time is that of the
processor (all threads) from the first picture to the last, with decoding. The old solution reads by OpenCV, as its
users do. A difference is the largest one of x and y over a part's points, in fractions of the picture; its median is
taken over frames that have the part in both.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PARTS = {"face": (0, 468), "left_hand": (468, 489), "pose": (489, 522), "right_hand": (522, 543)}
MEMORY_RATE = 5  # pictures a second of the long video: what counts is how many there are
OLD = """
import sys, time, numpy as np, cv2, mediapipe
video, out = sys.argv[1:]
rows, begin = [], None
capture = cv2.VideoCapture(video)
with mediapipe.solutions.holistic.Holistic() as holistic:
    begin = time.process_time()
    while True:
        is_there, picture = capture.read()
        if not is_there:
            break
        found = holistic.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        row = np.full((543, 3), np.nan, np.float32)
        for first, size, part in ((0, 468, found.face_landmarks), (468, 21, found.left_hand_landmarks),
                                  (489, 33, found.pose_landmarks), (522, 21, found.right_hand_landmarks)):
            if part:
                row[first : first + size] = [(one.x, one.y, one.z) for one in part.landmark[:size]]
        rows.append(row)
    np.savez(out, x=np.stack(rows), seconds=time.process_time() - begin)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--old", type=Path, help="a Python with mediapipe 0.10.21")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--memory", action="store_true", help="memory for 1 and for 10 minutes of the first video, looped"
    )
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)  # reads one video, in a process of its own
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        read(arguments.videos[0], arguments.one)
    elif arguments.peak:
        peak(arguments.videos[0])
    elif arguments.memory:
        memory(arguments.videos[0])
    else:
        compare(arguments.videos, arguments.old, arguments.rounds)


def read(video: Path, out: Path) -> None:
    """Ours, in this process."""
    from podium.landmarks.pictures.finding import find_landmarks
    from podium.landmarks.pictures.landmarker import Landmarker
    from podium.landmarks.pictures.opening import open_film
    from podium.landmarks.pictures.task_file import holistic_task

    task = holistic_task()
    Landmarker(task).close()  # imports
    film = open_film(video)
    begin = time.process_time()
    rows = np.stack(list(find_landmarks(film, task)))
    np.savez(out, x=rows, seconds=time.process_time() - begin)


def compare(videos: list[Path], old: Path, rounds: int) -> None:
    """Prints a line per video, and the totals."""
    seconds = {"ours": 0.0, "old": 0.0}
    num_frames, agreed = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for video in videos:
            best: dict[str, float] = {}
            rows = {}
            for _ in range(rounds):
                for name in seconds:
                    out = Path(folder) / f"{name}.npz"
                    command = (
                        [old, "-c", OLD, video, out]
                        if name == "old"
                        else [sys.executable, __file__, video, "--one", out]
                    )
                    subprocess.run(list(map(str, command)), check=True, stderr=subprocess.DEVNULL)
                    with np.load(out) as found:
                        rows[name] = found["x"]
                        best[name] = min(best.get(name, np.inf), float(found["seconds"]))
            x, y = rows["ours"], rows["old"]
            for name in seconds:
                seconds[name] += best[name]
            num_frames += len(x)
            told = []
            for part, (begin, end) in PARTS.items():
                difference = np.abs(x[:, begin:end, :2] - y[:, begin:end, :2]).max(axis=(1, 2))
                both = ~np.isnan(difference)
                agreement = np.isnan(x[:, begin, 0]) == np.isnan(y[:, begin, 0])
                if part == "right_hand":
                    agreed += list(agreement)
                told.append(
                    f"{part} {np.median(difference[both]) if both.any() else np.nan:.4f} ({agreement.mean():.1%})"
                )
            each = {name: best[name] / len(x) * 1e3 for name in best}
            print(
                f"{video.name}: {len(x)} frames; {each['ours']:.1f} ms against {each['old']:.1f};",
                "; ".join(told),
                flush=True,
            )
    ours, theirs = (seconds[name] / num_frames * 1e3 for name in seconds)
    print(f"processor time per frame: {ours:.2f} ms against {theirs:.2f}, ratio {ours / theirs:.3f}")
    print(f"right hand agreed on {np.mean(agreed):.2%} of {num_frames} frames")


def memory(video: Path) -> None:
    """Prints the peak of a process that reads 1 and 10 minutes."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = {}
        for minutes in (1, 10):
            long = Path(folder) / f"{minutes}.mp4"
            loop(video, long, minutes * 60 * MEMORY_RATE)
            command = [sys.executable, __file__, str(long), "--peak"]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            peaks[minutes] = json.loads(answer)
            print(f"{minutes} minute(s), {minutes * 60 * MEMORY_RATE} pictures: {peaks[minutes]:.0f} MB", flush=True)
        print(f"difference: {peaks[10] - peaks[1]:.0f} MB")


def loop(video: Path, out: Path, num_pictures: int) -> None:
    """A video that repeats another one."""
    import av

    with av.open(str(video)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=MEMORY_RATE)
        stream.height, stream.width = frames[0].shape[:2]
        for number in range(num_pictures):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frames[number % len(frames)], format="rgb24")))
        container.mux(stream.encode(None))


def peak(video: Path) -> None:
    """Reads a video into a parquet file, and prints the peak of this process in MB."""
    from podium.landmarks.film_table import write_film
    from podium.landmarks.pictures.finding import find_landmarks
    from podium.landmarks.pictures.opening import open_film
    from podium.landmarks.pictures.task_file import holistic_task

    film = open_film(video)
    write_film(video.with_suffix(".parquet"), find_landmarks(film, holistic_task()), film.rate)
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


if __name__ == "__main__":
    main()
