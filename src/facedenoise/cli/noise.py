"""`facedenoise noise`: noisy copies of pictures, to try a denoiser on."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facedenoise.cli.choices import TASKS, seed_number
from facedenoise.cli.messages import report_failures, say, warn_of_links, writing
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
    from facedenoise.cli.pairs import find_pairs  # noqa: PLC0415 - slow

    found = find_pairs(options.source, options.target)
    return _run_csv(options) if found.is_csv else _run_pictures(options, found)


def _run_csv(options: argparse.Namespace) -> int:
    from facedenoise.noisy_files import write_noisy_csv  # noqa: PLC0415 - slow
    from facedenoise.strengths import STRENGTHS  # noqa: PLC0415 - slow

    noise = STRENGTHS[options.task]
    with writing(options.target):
        write_noisy_csv(options.source, options.target, noise, seed=options.seed, task=options.task)
    say(f"{options.target}: the images of {options.source} with {options.task} noise")
    return 0


def _run_pictures(options: argparse.Namespace, found: "Pairs") -> int:
    from tqdm import tqdm  # noqa: PLC0415 - not for --help

    from facedenoise.noisy_files import write_noisy_picture  # noqa: PLC0415 - slow
    from facedenoise.strengths import STRENGTHS  # noqa: PLC0415 - slow

    report_failures(found.problems)
    warn_of_links(found.links)
    noise = STRENGTHS[options.task]
    top = options.source if options.source.is_dir() else options.source.parent
    failed = 0
    for source, target in tqdm(found.pairs, unit=" pictures", leave=False, disable=None):
        name = source.relative_to(top)
        try:
            with writing(target):
                write_noisy_picture(source, target, noise, seed=options.seed, task=options.task, name=name)
        except InputError as error:
            failed += 1
            report_failures([str(error)])
    others = f"; {found.others} other files left alone" if found.others else ""
    say(f"{options.target}: {len(found.pairs) - failed} pictures with {options.task} noise{others}")
    return 1 if failed or found.problems else 0
