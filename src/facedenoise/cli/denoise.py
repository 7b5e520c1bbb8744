"""`facedenoise denoise`: clean a picture, a folder of pictures, or a CSV of faces."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facedenoise.cli.choices import TASKS, device_name, whole_number
from facedenoise.cli.messages import report_failures, say, warn_of_links, writing
from facedenoise.errors import InputError
from facedenoise.released import MODELS

if TYPE_CHECKING:
    from facedenoise.cleaned_files import CsvOutcome, Outcome
    from facedenoise.cleaning import Cleaner
    from facedenoise.cli.pairs import Pairs

_DESCRIPTION = """\
Denoise a picture (png, jpg, bmp, tiff, webp), all pictures in a folder, or the faces of a CSV in the layout
of FER2013. Each picture's noise is judged from the picture itself; one without noise is copied as it is.
The input is never written over; a file that cannot be read is reported, and the others are done."""
_EXAMPLES = """\
examples: facedenoise denoise noisy.png clean.png
          facedenoise denoise photos/ cleaned/ --noise high_gaussian --model gan
          facedenoise denoise faces.csv cleaned.csv --json | jq .noise"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "denoise",
        help="clean a picture, a folder of pictures, or a CSV of faces",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=Path, metavar="IN", help="a picture, a folder, or a CSV")
    parser.add_argument("target", type=Path, metavar="OUT", help="what to write, of the same kind")
    parser.add_argument(
        "--noise",
        choices=("auto", *TASKS),
        default="auto",
        help="the noise to take out (default: auto, judged picture by picture)",
    )
    parser.add_argument(
        "--model",
        choices=MODELS,
        default="unet",
        help="unet, the most faithful (default), or gan, which keeps more texture",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="DIR",
        help="folder with TASK/MODEL.safetensors in it (default: models/ or, without it, the package)",
    )
    positive = whole_number(1, 65536)
    parser.add_argument(
        "--batch",
        type=positive,
        default=64,
        metavar="N",
        help="small pictures of one size denoised at once, at most (default: 64)",
    )
    parser.add_argument("--threads", type=positive, metavar="N", help="CPU threads (default: all cores)")
    parser.add_argument(
        "--device", type=device_name, help="cpu, cuda, cuda:1, ... (default: cuda where there is one)"
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON a file")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from facedenoise.cli.pairs import find_pairs  # noqa: PLC0415 - slow

    found = find_pairs(options.source, options.target)
    return _run_csv(options) if found.is_csv else _run_pictures(options, found)


def _run_csv(options: argparse.Namespace) -> int:
    from facedenoise.cleaned_files import write_cleaned_csv  # noqa: PLC0415 - slow

    with writing(options.target):
        outcome = write_cleaned_csv(options.source, options.target, _cleaner(options))
    if options.json:
        files = {"file": str(options.source), "out": str(options.target)}
        say(json.dumps({**files, "noise": outcome.kinds, "remarks": outcome.remarks}))
    else:
        say(f"{options.source}: {_csv_in_words(outcome)}")
    return 0


def _run_pictures(options: argparse.Namespace, found: "Pairs") -> int:
    from tqdm import tqdm  # noqa: PLC0415 - not for --help

    from facedenoise.cleaned_files import write_cleaned_pictures  # noqa: PLC0415 - slow

    report_failures(found.problems)
    warn_of_links(found.links)
    counts: Counter[str] = Counter()
    outcomes = write_cleaned_pictures(found.pairs, _cleaner(options))
    for outcome in tqdm(outcomes, total=len(found.pairs), unit=" pictures", leave=False, disable=None):
        counts[outcome.kind or "failed"] += 1
        if outcome.error is not None:
            report_failures([outcome.error])
        if options.json:
            say(json.dumps(_as_json(outcome)))
        elif outcome.error is None:
            say(_as_text(outcome))
    if options.source.is_dir():
        say(f"{options.target}: {_in_words(counts)}; {found.others} other files left alone", sys.stderr)
    return 1 if counts["failed"] or found.problems else 0


def _cleaner(options: argparse.Namespace) -> "Cleaner":
    import torch  # noqa: PLC0415 - slow

    from facedenoise.cleaning import Cleaner  # noqa: PLC0415 - slow
    from facedenoise.denoiser import Denoiser  # noqa: PLC0415 - slow

    if options.threads:
        torch.set_num_threads(options.threads)
    if options.device:
        _require_device(options.device)

    def load(task: str) -> Denoiser:
        return Denoiser.load(
            task, options.model, weights=options.weights, device=options.device, batch_size=options.batch
        )

    return Cleaner(load, None if options.noise == "auto" else options.noise)


def _require_device(name: str) -> None:
    import torch  # noqa: PLC0415 - slow

    number = int(name.partition(":")[2] or 0)
    if name != "cpu" and number >= torch.cuda.device_count():
        raise InputError(f"--device {name}: PyTorch finds no such GPU here; leave it out or give cpu")


def _as_json(outcome: "Outcome") -> dict[str, Any]:
    """Give the fields that every line has; null where one does not apply."""
    judged = outcome.judged
    return {
        "file": str(outcome.source),
        "out": str(outcome.target) if outcome.error is None else None,
        "noise": outcome.kind,
        "sigma": round(judged.sigma, 4) if judged else None,
        "impulses": round(judged.impulses, 4) if judged else None,
        "remark": judged.remark or None if judged else None,
        "error": outcome.error,
    }


def _as_text(outcome: "Outcome") -> str:
    judged = outcome.judged
    if judged is None:
        return f"{outcome.source}: {outcome.kind}, as told"
    if outcome.kind == "none":
        return f"{outcome.source}: no noise found, left as it is"
    if outcome.kind == "salt_pepper":
        return f"{outcome.source}: salt_pepper ({judged.impulses:.1%} of the pixels)"
    remark = f", {judged.remark}" if judged.remark else ""
    return f"{outcome.source}: {outcome.kind} (sigma {judged.sigma:.3f}{remark})"


def _csv_in_words(outcome: "CsvOutcome") -> str:
    remarks = (f" ({count} {remark})" for remark, count in sorted(outcome.remarks.items()))
    return _in_words(outcome.kinds) + "".join(remarks)


def _in_words(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
