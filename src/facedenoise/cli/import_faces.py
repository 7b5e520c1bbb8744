"""`facedenoise import`: a folder of images as a CSV that the pipeline takes."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path, PurePath

from facedenoise.cli.messages import report_failures, say, warn, warn_of_links, writing
from facedenoise.data.image_folder import FaceFile, deal, read_labels, split_of, write_image_csv
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import USAGES
from facedenoise.pictures.folders import find_pictures


def run(options: Namespace) -> int:
    """Write the CSV; return the exit status."""
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
        raise InputError(f"{out}: is in {folder}, which is only read; write outside of it")


def _faces(paths: Sequence[PurePath], seed: int) -> Sequence[FaceFile]:
    """Take emotions and splits from the folders where these say them, else deal at random."""
    splits = set(map(split_of, paths))
    if USAGES[0] not in splits:
        if splits - {None}:
            warn("no train/ beside validation/ or test/: all are dealt at random, without emotions")
        return deal(paths, seed=seed)
    faces = read_labels(paths)
    _report_unknown_folders(paths, faces)
    return faces


def _report_unknown_folders(paths: Sequence[PurePath], faces: Sequence[FaceFile]) -> None:
    """Name the folders that say neither a split nor an emotion."""
    used = {face.path for face in faces}
    for name in sorted({path.parts[0] for path in paths if path not in used}):
        warn(f"{name}: not train, validation or test; left out")
    without = {face.path.parent for face in faces if face.emotion < 0 and len(face.path.parts) > 2}  # noqa: PLR2004
    for folder in sorted(without):
        warn(f"{folder}: not an emotion of FER2013; taken without emotion")


def _report(out: Path, written: Sequence[FaceFile], problems: Sequence[str]) -> None:
    report_failures(f"{problem}; left out" for problem in problems)
    usages = [face.usage for face in written]
    counts = ", ".join(f"{usages.count(usage)} {usage}" for usage in USAGES)
    say(f"{out}: {len(written)} images: {counts}")
