"""`facedenoise noise`: noisy copies of pictures, to try a denoiser on."""

from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from facedenoise.cli.messages import say, warn, writing
from facedenoise.cli.pairs import find_pairs, rewrite
from facedenoise.denoise.networks import task_noise
from facedenoise.denoise.noisy import corrupt_pictures
from facedenoise.denoise.rewriting import rewrite_csv
from facedenoise.noise import Noise
from facedenoise.pictures.files import format_suffix


def run(options: Namespace) -> int:
    """Write the noisy copies; return the exit status."""
    source, target, task = options.source, options.target, options.task
    files = find_pairs(source, target)
    noise = task_noise(task)
    change = partial(corrupt_pictures, noise=noise, seed=options.seed, task=task)
    if files.is_csv:
        with writing(target):
            for _ in rewrite_csv(source, target, change):
                pass
        say(f"{target}: the images of {source} with {task} noise")
        return 0
    _warn_of_jpeg(noise, [written for _, written in files.pairs])
    failed = sum(outcome.error is not None for outcome in rewrite(source, files, change))
    others = f"; {files.found.others} other files left alone" if files.found.others else ""
    say(f"{target}: {len(files.pairs) - failed} pictures with {task} noise{others}")
    return 1 if failed or files.found.problems else 0


def _warn_of_jpeg(noise: Noise, written: Sequence[Path]) -> None:
    jpegs = [path for path in written if format_suffix(path) == ".jpeg"]
    if jpegs and _has_impulses(noise):
        others = f" and {len(jpegs) - 1} other pictures" if len(jpegs) > 1 else ""
        warn(f"{jpegs[0]}{others}: JPEG spreads black and white pixels over their neighbours; write .png")


def _has_impulses(noise: Noise) -> bool:
    """Return whether it replaces pixels by black and white, or may."""
    return noise.keeps_unsaturated or any(_has_impulses(part) for part in noise.parts)
