"""`facedenoise noise`: noisy copies of pictures, to try a denoiser on."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from facedenoise.cli.choices import TASKS, seed_number
from facedenoise.errors import InputError

if TYPE_CHECKING:
    from facedenoise.cli.pairs import Pairs

_DESCRIPTION = """\
Write a noisy copy of a picture, of a folder of pictures, or of a CSV in the layout of FER2013, with the noise
of a task: low_gaussian (sigma 0.02 on [0, 1]), high_gaussian (0.06) or salt_pepper (one pixel in ten).
The same seed and names give the same noise; each colour channel has noise of its own."""
_EXAMPLES = """\
examples: facedenoise noise photo.png noisy.png --task high_gaussian --seed 1
          facedenoise noise photos/ noisy/ --task salt_pepper
          facedenoise noise fer2013.csv noisy.csv --task low_gaussian"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "noise",
        help="make noisy pictures to try",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=Path, metavar="IN", help="a picture, a folder, or a CSV")
    parser.add_argument("target", type=Path, metavar="OUT", help="what to write, of the same kind")
    parser.add_argument("--task", choices=TASKS, required=True, help="whose noise")
    parser.add_argument("--seed", type=seed_number, default=0, metavar="N", help="of the noise (default: 0)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from facedenoise.cli.pairs import find_pairs, is_csv  # noqa: PLC0415 - not for --help
    from facedenoise.pictures import is_picture  # noqa: PLC0415 - slow

    found = find_pairs(options.source, options.target, is_picture)
    if options.source.is_file() and is_csv(options.source):
        return _run_csv(options)
    return _run_pictures(options, found)


def _run_csv(options: argparse.Namespace) -> int:
    from facedenoise.noisy_files import write_noisy_csv  # noqa: PLC0415 - slow
    from facedenoise.strengths import STRENGTHS  # noqa: PLC0415 - slow

    if options.target.suffix.lower() != ".csv":
        raise InputError(f"{options.target}: a CSV is written without compression; let its name end in .csv")
    noise = STRENGTHS[options.task]
    write_noisy_csv(options.source, options.target, noise, seed=options.seed, task=options.task)
    print(f"{options.target}: the images of {options.source} with {options.task} noise")  # noqa: T201
    return 0


def _run_pictures(options: argparse.Namespace, found: "Pairs") -> int:
    from tqdm import tqdm  # noqa: PLC0415 - not for --help

    from facedenoise.noisy_files import write_noisy_picture  # noqa: PLC0415 - slow
    from facedenoise.strengths import STRENGTHS  # noqa: PLC0415 - slow

    noise = STRENGTHS[options.task]
    top = options.source if options.source.is_dir() else options.source.parent
    failed = 0
    for source, target in tqdm(found.pairs, unit=" pictures", leave=False, disable=None):
        name = source.relative_to(top)
        try:
            write_noisy_picture(source, target, noise, seed=options.seed, task=options.task, name=name)
        except (InputError, OSError) as error:
            failed += 1
            tqdm.write(f"error: {error}", file=sys.stderr)
    others = f"; {found.others} other files left alone" if found.others else ""
    print(f"{options.target}: {len(found.pairs) - failed} pictures with {options.task} noise{others}")  # noqa: T201
    return 1 if failed else 0
