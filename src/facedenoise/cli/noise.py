"""`facedenoise noise`: noisy copies of pictures, to try a denoiser on."""

from argparse import Namespace
from functools import partial

from facedenoise.cli.messages import say, writing
from facedenoise.cli.pairs import find_pairs, rewrite
from facedenoise.denoise.networks import task_noise
from facedenoise.denoise.noisy import corrupt_pictures
from facedenoise.denoise.rewriting import rewrite_csv


def run(options: Namespace) -> int:
    """Write the noisy copies; return the exit status."""
    source, target, task = options.source, options.target, options.task
    files = find_pairs(source, target)
    change = partial(corrupt_pictures, noise=task_noise(task), seed=options.seed, task=task)
    if files.is_csv:
        with writing(target):
            rewrite_csv(source, target, change)
        say(f"{target}: the images of {source} with {task} noise")
        return 0
    failed = sum(outcome.error is not None for outcome in rewrite(source, files, change))
    others = f"; {files.found.others} other files left alone" if files.found.others else ""
    say(f"{target}: {len(files.pairs) - failed} pictures with {task} noise{others}")
    return 1 if failed or files.found.problems else 0
