"""`facedenoise import`: a folder of images as a CSV that the pipeline takes."""

import argparse
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from facedenoise.cli.choices import seed_number, whole_number
from facedenoise.cli.messages import report_failures, say, warn, warn_of_links, writing
from facedenoise.errors import InputError

if TYPE_CHECKING:
    from facedenoise.data.image_folder import FaceFile

_DESCRIPTION = """\
Write the images of a folder as a CSV in the layout of FER2013: grey, cropped to a square in the middle,
scaled with antialiasing.

DIR/train/EMOTION/..., DIR/validation/EMOTION/... (or val) and DIR/test/EMOTION/... become Training,
PublicTest and PrivateTest. Without a folder for validation, test/ is both: by the names of its files where
these begin with PublicTest_ and PrivateTest_, as FER2013's do, else in turns.
The images of any other folder have no emotion and are dealt at random, 80%, 10% and 10%."""
_EXAMPLE = """\
example: facedenoise import fer2013/ data/raw/faces.csv
         dvc add data/raw/faces.csv && dvc exp run -S data.csv=data/raw/faces.csv"""

_SMALLEST, _LARGEST = 8, 2000  # px; the pipeline takes no smaller ones, and its reader no longer lines


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "import",
        help="turn a folder of images into a CSV for the pipeline",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder, searched to any depth")
    parser.add_argument("out", type=Path, metavar="OUT.csv", help="the CSV to write, outside of DIR")
    parser.add_argument(
        "--size",
        type=whole_number(_SMALLEST, _LARGEST),
        default=48,
        metavar="PIXELS",
        help="height and width in the CSV (default: 48)",
    )
    parser.add_argument(
        "--seed", type=seed_number, default=0, metavar="N", help="of the random split (default: 0)"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from facedenoise.data.image_csv import write_image_csv  # noqa: PLC0415 - slow
    from facedenoise.pictures.folders import find_pictures  # noqa: PLC0415 - slow

    _require_csv_outside(options.out, options.folder)
    found = find_pictures(options.folder)
    report_failures(found.problems)
    warn_of_links(found.links)
    faces = _faces([path.relative_to(options.folder) for path in found.pictures], options.seed)
    with writing(options.out):
        written, problems = write_image_csv(options.folder, faces, options.out, size=options.size)
    _report(options.out, written, problems)
    return 1 if problems or found.problems else 0


def _require_csv_outside(out: Path, folder: Path) -> None:
    if out.suffix.lower() != ".csv":
        raise InputError(f"{out}: the pipeline goes by the name of the file; let it end in .csv")
    if out.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{out}: lies in {folder}, which is only read; write outside of it")


def _faces(paths: Sequence[PurePath], seed: int) -> "Sequence[FaceFile]":
    """Take emotions and splits from the folders where these say them, else deal at random."""
    from facedenoise.data.image_folder import deal, has_splits, has_test, read_labels  # noqa: PLC0415 - slow

    if not has_splits(paths):
        if has_test(paths):
            warn("no train/ beside validation/ or test/: all are dealt at random, without emotions")
        return deal(paths, seed=seed)
    faces = read_labels(paths)
    _report_unknown_folders(paths, faces)
    return faces


def _report_unknown_folders(paths: Sequence[PurePath], faces: "Sequence[FaceFile]") -> None:
    """Name the folders that say neither a split nor an emotion."""
    used = {face.path for face in faces}
    for name in sorted({path.parts[0] for path in paths if path not in used}):
        warn(f"{name}: not train, validation or test; left out")
    without = {face.path.parent for face in faces if face.emotion < 0 and len(face.path.parts) > 2}  # noqa: PLR2004
    for folder in sorted(without):
        warn(f"{folder}: not an emotion of FER2013; taken without emotion")


def _report(out: Path, written: "Sequence[FaceFile]", problems: Sequence[str]) -> None:
    from facedenoise.data.fer2013 import USAGES  # noqa: PLC0415 - with the others

    report_failures(f"{problem}; left out" for problem in problems)
    usages = [face.usage for face in written]
    counts = ", ".join(f"{usages.count(usage)} {usage}" for usage in USAGES)
    say(f"{out}: {len(written)} images: {counts}")
