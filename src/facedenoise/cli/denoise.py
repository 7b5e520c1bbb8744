"""`facedenoise denoise`: clean a picture, a folder of pictures, or a CSV of faces."""

import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path, PurePath

import torch

from facedenoise.cli.messages import say, writing
from facedenoise.cli.pairs import Pairs, find_pairs, rewrite
from facedenoise.denoise.choice import Choice, choose
from facedenoise.denoise.cleaning import Image, clean
from facedenoise.denoise.denoiser import Denoiser
from facedenoise.denoise.networks import Trained, trained_networks
from facedenoise.denoise.noise_level import NoiseEstimate, estimate_noise
from facedenoise.denoise.rewriting import Change, Changed, Key, Outcome, Source, rewrite_csv
from facedenoise.errors import InputError
from facedenoise.pictures.files import format_suffix

_NOT_TOLD = "no network that is told the level of the noise; leave --sigma and --strength out"
_SPREAD = "JPEG has spread its black and white pixels"


def run(options: Namespace) -> int:
    """Write the denoised copies; return the exit status."""
    files, change = find_pairs(options.source, options.target), _change(options)
    return _run_csv(options, change) if files.is_csv else _run_pictures(options, files, change)


def _run_csv(options: Namespace, change: Change) -> int:
    tasks: Counter[str] = Counter()
    remarks: Counter[str] = Counter()

    def counted(faces: list[Source]) -> list[Changed]:
        changed = change(faces)
        tasks.update(choice.task for _, choice in changed)
        remarks.update(choice.remark for _, choice in changed if choice.remark)
        return changed

    with writing(options.target):
        rewrite_csv(options.source, options.target, counted)
    if options.json:
        files = {"file": str(options.source), "out": str(options.target)}
        say(json.dumps({**files, "noise": tasks, "remarks": remarks}))
    else:
        remarked = "".join(f" ({count} {remark})" for remark, count in sorted(remarks.items()))
        say(f"{options.source}: {_in_words(tasks)}{remarked}")
    return 0


def _run_pictures(options: Namespace, files: Pairs, change: Change) -> int:
    counts: Counter[str] = Counter()
    for outcome in rewrite(options.source, files, change):
        counts.update([found.task for found in outcome.findings] or ["failed"])
        for line in _as_json(outcome) if options.json else _as_text(outcome):
            say(line)
    if options.source.is_dir():
        others = f"{files.found.others} other files left alone"
        say(f"{options.target}: {_in_words(counts)}; {others}", sys.stderr)
    return 1 if counts["failed"] or files.found.problems else 0


def _change(options: Namespace) -> Change:
    if options.threads:
        torch.set_num_threads(options.threads)
    device = options.device
    if device not in (None, "cpu") and int(device.partition(":")[2] or 0) >= torch.cuda.device_count():
        raise InputError(f"--device {device}: PyTorch finds no such GPU here; leave it out or give cpu")

    @cache
    def load(task: str) -> Denoiser:
        settings = {"device": device, "batch_size": options.batch}
        return Denoiser.load(task, options.model, weights=options.weights, **settings)

    choose_for = _chooser(options, load)

    def change(sources: list[Source]) -> list[Changed]:
        cleaned = clean([pixels for _, pixels in sources], choose_for, load, options.strength)
        return [
            (image, _of_file(key, choice)) for (key, _), (image, choice) in zip(sources, cleaned, strict=True)
        ]

    return change


def _of_file(key: Key, choice: Choice) -> Choice:
    """Add the remark that only the format of a file lets one make."""
    is_jpeg = isinstance(key, PurePath) and format_suffix(Path(key)) == ".jpeg"
    if not (is_jpeg and choice.estimate and choice.estimate.has_impulses):
        return choice
    return choice._replace(remark="; ".join(filter(None, (choice.remark, _SPREAD))))


def _chooser(options: Namespace, load: Callable[[str], Denoiser]) -> Callable[[Image], Choice]:
    """Return what chooses for a picture, by the user's word or by what is found in it."""
    task = options.noise
    if task == "auto":
        networks = _networks(options)
        return lambda image: choose(_found(image, options), networks)
    if load(task).is_told:
        return lambda image: Choice(task, found := _found(image, options), found.remark)
    if _tells(options):
        raise InputError(f"--noise {task}: {_NOT_TOLD}")
    return lambda _: Choice(task)


def _networks(options: Namespace) -> dict[str, Trained]:
    """Return the networks to choose from: if the user tells a level, those that are told one."""
    networks = trained_networks(options.model, options.weights)
    if not _tells(options):
        return networks
    told = {task: network for task, network in networks.items() if network.is_told}
    if not told:
        raise InputError(f"--model {options.model}: {_NOT_TOLD}")
    return told


def _tells(options: Namespace) -> bool:
    return options.sigma is not None or options.strength != 1


def _found(image: Image, options: Namespace) -> NoiseEstimate:
    found = estimate_noise(image)
    return found if options.sigma is None else found.with_sigma(options.sigma)


def _as_text(outcome: Outcome) -> Iterator[str]:
    for page, found in enumerate(outcome.findings, 1):
        place = f", page {page}" if len(outcome.findings) > 1 else ""
        yield f"{outcome.source}{place}: {found}"


def _as_json(outcome: Outcome) -> Iterator[str]:
    """Yield an object for each page, with the fields that all have; null where one does not apply."""
    for page, found in enumerate(outcome.findings or [None], 1):
        task, estimate, remark = found or (None, None, None)
        fields = {
            "file": str(outcome.source),
            "page": page if len(outcome.findings) > 1 else None,
            "out": str(outcome.target) if task else None,
            "noise": task,
            "sigma": round(estimate.sigma, 4) if estimate else None,
            "impulses": round(estimate.impulses, 4) if estimate else None,
            "remark": remark or None,
            "error": outcome.error,
        }
        yield json.dumps(fields)


def _in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {task}" for task, count in sorted(counts.items()))
