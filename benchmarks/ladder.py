"""``python -m benchmarks.ladder [seconds] [rounds]``: what a whole ladder costs beside the bare ffmpeg command line.

Both make the same sizes with the same settings of the same encoder, HLS in one fragmented file a size and MP4 of the
same packets, and both measure the loudness. Ours also inspects, starts its children, and is early with the first size:
of an upload, which becomes a video then, by the same one call (worker.uploads.ingest).
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from worker.media.inside.film import CRF, SOFTWARE, SOUND_RATE
from worker.media.inspecting import inspect
from worker.media.rendering import Rendered, render
from worker.media.rules import KEYFRAME_SECONDS, Rung, rungs

SECONDS, ROUNDS = 20, 3
MISSING = "The bare side needs ffmpeg: `make bench` installs it, or put it on the PATH."


def ffmpeg() -> str:
    """Return where ffmpeg is; ends the process with a clear word when it is nowhere."""
    if found := shutil.which("ffmpeg"):
        return found
    try:
        import imageio_ffmpeg
    except ImportError:
        sys.exit(MISSING)
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def telephone_film(target: Path, seconds: int) -> None:
    """Write what a telephone would: upright 1080 at 30, 15 Mbit/s, a keyframe a second, no B-frames, some noise."""
    graph = "[0:v]noise=alls=3:allf=t,setsar=1[v];[1:a][2:a]amix=2,pan=stereo|c0=c0|c1=c0[a]"
    command = [ffmpeg(), "-v", "error", "-y"]
    command += ["-f", "lavfi", "-i", "mandelbrot=size=1080x1920:rate=30:maxiter=150:start_scale=0.8:end_pts=300"]
    command += ["-f", "lavfi", "-i", "sine=440:sample_rate=44100", "-f", "lavfi", "-i", "anoisesrc=a=0.05:r=44100"]
    command += ["-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-t", str(seconds), "-pix_fmt", "yuv420p"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "15M", "-maxrate", "17M", "-bufsize", "20M"]
    command += ["-bf", "0", "-g", "30", "-c:a", "aac", "-b:a", "128k", str(target)]
    subprocess.run(command, check=True)


def bare(source: Path, folder: Path, sizes: tuple[Rung, ...]) -> float:
    """Make the ladder by the command line; return seconds of the processor."""
    before = spent()
    run("-i", str(source), "-af", "ebur128=peak=true", "-vn", "-f", "null", "-")
    names = [f"v{size.name}" for size in sizes]
    split = f"[0:v]split={len(sizes)}" + "".join(f"[s{name}]" for name in names) + ";"
    scaled = [f"[s{name}]scale={size.width}:{size.height}[{name}]" for name, size in zip(names, sizes, strict=True)]
    outputs: list[str] = []
    for name, size in zip(names, sizes, strict=True):
        options = [part for key, value in SOFTWARE.items() for part in (f"-{key}", value)]
        outputs += ["-map", f"[{name}]", "-map", "0:a", "-c:v", "libx264", *options, "-crf", str(CRF)]
        outputs += ["-maxrate", str(size.max_rate), "-bufsize", str(2 * size.max_rate), "-threads", "1"]
        outputs += ["-g", str(30 * KEYFRAME_SECONDS), "-af", "volume=2dB", "-c:a", "aac", "-b:a", str(SOUND_RATE)]
        outputs += ["-ac", "2", "-ar", "48000", "-f", "hls", "-hls_time", str(KEYFRAME_SECONDS), "-hls_playlist_type"]
        outputs += ["vod", "-hls_segment_type", "fmp4", "-hls_flags", "single_file+independent_segments"]
        outputs += [str(folder / f"{size.name}.m3u8")]
    graph = split + ";".join(scaled)
    run("-threads", "1", "-filter_complex_threads", "1", "-i", str(source), "-filter_complex", graph, *outputs)
    for size in sizes:
        if size.mp4:
            playlist, target = str(folder / f"{size.name}.m3u8"), str(folder / f"{size.name}.mp4")
            run("-i", playlist, "-c", "copy", "-movflags", "+faststart", target)
    return spent() - before


def run(*arguments: str) -> None:
    """Run ffmpeg quietly."""
    subprocess.run([ffmpeg(), "-v", "error", "-y", "-nostdin", *arguments], check=True)


def ours(source: Path, folder: Path) -> tuple[float, float]:
    """Make the ladder; return seconds of the processor, and the share of the time until the first size was ready."""
    before, began = spent(), time.perf_counter()
    ready: list[float] = []

    def note(_: Rendered) -> None:
        ready.append(time.perf_counter() - began)

    facts = inspect(source)
    render(source, folder, rungs(facts), facts=facts, on_ready=note)
    return spent() - before, ready[0] / (time.perf_counter() - began)


def spent() -> float:
    """Return the seconds of the processor that all ended children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(seconds: int, rounds: int) -> None:
    """Run both in turn and print each round, the medians, and their ratio."""
    ratios, shares = [], []
    with tempfile.TemporaryDirectory(prefix="sv-ladder-") as name:
        folder = Path(name)
        source = folder / "film.mp4"
        telephone_film(source, seconds)
        sizes = rungs(inspect(source))
        print(f"{seconds} s of 1080 x 1920 at 30, {source.stat().st_size >> 20} MiB, {os.cpu_count()} cores")
        print(f"{'round':<8}{'ours s':>9}{'bare s':>9}{'ratio':>8}{'first ready at':>16}", flush=True)
        for number in range(rounds):
            made, named = (folder / f"{kind}{number}" for kind in ("ours", "bare"))
            made.mkdir()
            named.mkdir()
            cost, share = ours(source, made)
            other = bare(source, named, sizes)
            ratios.append(cost / other)
            shares.append(share)
            print(f"{number + 1:<8}{cost:>9.1f}{other:>9.1f}{ratios[-1]:>8.2f}{share:>15.0%}", flush=True)
    print(f"median: ratio {statistics.median(ratios):.2f}, first ready at {statistics.median(shares):.0%} of the whole")


if __name__ == "__main__":
    main(*(int(word) for word in (*sys.argv[1:], *map(str, (SECONDS, ROUNDS)[len(sys.argv) - 1 :]))))
