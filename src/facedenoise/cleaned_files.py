"""Denoise picture files and CSV files of faces."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facedenoise.cleaning import Cleaner
from facedenoise.data.fer2013 import USAGES
from facedenoise.data.fer_csv import read_blocks
from facedenoise.data.fer_writer import write_fer_rows
from facedenoise.errors import InputError
from facedenoise.files import replacing
from facedenoise.noise_level import Noise, NoiseKind
from facedenoise.pictures import Picture, format_suffix, read_picture, require_writable, write_picture

_PIXELS_AT_ONCE = 1 << 22  # held in memory together; one larger picture stands alone


class Outcome(NamedTuple):
    """What became of a picture.

    Attributes
    ----------
    source, target : Path
        The file read and the file written.
    kind : str or None
        `none` if the picture was clean, the task whose network was used, or None if it failed.
    judged : Noise or None
        What the picture was judged to have, if it was.
    error : str or None
        Why it failed.
    """

    source: Path
    target: Path
    kind: NoiseKind | None = None
    judged: Noise | None = None
    error: str | None = None


class CsvOutcome(NamedTuple):
    """What became of the faces of a CSV.

    Attributes
    ----------
    kinds : Counter
        How many had which noise.
    remarks : Counter
        How many have noise of another strength than the networks were trained on, by `Noise.remark`.
    """

    kinds: Counter[NoiseKind]
    remarks: Counter[str]


class _Job(NamedTuple):
    source: Path
    target: Path
    picture: Picture


def write_cleaned_pictures(files: Iterable[tuple[Path, Path]], cleaner: Cleaner) -> Iterator[Outcome]:
    """Denoise picture files; a bad one does not stop the others.

    A picture without noise is copied byte by byte where the format stays the same.

    Parameters
    ----------
    files : iterable of (Path, Path)
        Each the file to read and the file to write.
    cleaner : Cleaner
        Denoises them.

    Yields
    ------
    Outcome
        Of each picture, as soon as it is written; bad files may come before others that wait for company.

    Raises
    ------
    InputError
        If the weights of a denoiser cannot be read.
    """
    waiting: list[_Job] = []
    pixels = 0
    for source, target in files:
        try:
            picture = read_picture(source)
            require_writable(target, picture)
        except InputError as error:
            yield Outcome(source, target, error=str(error))
            continue
        waiting.append(_Job(source, target, picture))
        pixels += picture.pixels.size
        if pixels >= _PIXELS_AT_ONCE:
            yield from _clean(waiting, cleaner)
            waiting, pixels = [], 0
    yield from _clean(waiting, cleaner)


def write_cleaned_csv(source: Path, target: Path, cleaner: Cleaner) -> CsvOutcome:
    """Denoise the faces of a CSV in the layout of FER2013; emotion and Usage stay as they are.

    Memory does not grow with the file.

    Parameters
    ----------
    source : Path
        A CSV that `read_blocks` accepts.
    target : Path
        The CSV to write, whole or not at all.
    cleaner : Cleaner
        Denoises them.

    Returns
    -------
    CsvOutcome
        Counts of what was found.

    Raises
    ------
    InputError
        If the CSV is malformed, or the weights of a denoiser cannot be read.
    """
    outcome = CsvOutcome(Counter(), Counter())
    write_fer_rows(target, _cleaned_rows(source, cleaner, outcome))
    return outcome


def _cleaned_rows(
    source: Path, cleaner: Cleaner, outcome: CsvOutcome
) -> Iterator[tuple[NDArray[np.uint8], int, str]]:
    """Give the rows of a CSV, denoised, and count what was found."""
    size = source.stat().st_size
    with tqdm(total=size, unit="B", unit_scale=True, leave=False, disable=None) as bar:
        for block in read_blocks(source):
            cleaned = cleaner.clean(list(block.images[:, 0]))
            for (image, kind, judged), emotion, usage in zip(
                cleaned, block.emotion, block.usage, strict=True
            ):
                outcome.kinds[kind] += 1
                if judged is not None and judged.remark:
                    outcome.remarks[judged.remark] += 1
                yield image, int(emotion), USAGES[usage]
            bar.update(block.offset - bar.n)


def _clean(jobs: list[_Job], cleaner: Cleaner) -> Iterator[Outcome]:
    cleaned = cleaner.clean([job.picture.pixels for job in jobs])
    for job, (pixels, kind, judged) in zip(jobs, cleaned, strict=True):
        try:
            if kind == "none" and format_suffix(job.source) == format_suffix(job.target):
                _copy(job.source, job.target)
            else:
                write_picture(job.target, Picture(pixels, job.picture.icc_profile))
        except InputError as error:
            yield Outcome(job.source, job.target, error=str(error))
        except OSError as error:
            reason = error.strerror or error
            yield Outcome(job.source, job.target, error=f"{job.target}: cannot be written ({reason})")
        else:
            yield Outcome(job.source, job.target, kind, judged)


def _copy(source: Path, target: Path) -> None:
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)
