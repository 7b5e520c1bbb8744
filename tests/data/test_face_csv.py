"""CSV files of faces: what is accepted, what is refused and in which words, and that a slow reader agrees."""

import gzip
import io
import lzma
import re
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from math import isqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pytest
from face_sources import FORM
from hypothesis import given, settings
from hypothesis import strategies as st

from facedenoise.data import pixels
from facedenoise.data.face import MAX_PROBLEMS, split_code
from facedenoise.data.pixels import Decoder
from facedenoise.data.reading import Reading
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS, USAGES
from facedenoise.params import Data

HEADER = b"emotion,pixels,Usage\n"
GOOD = b"3,0 9 10 255,Training\n"
GOOD_ROW = (3, 0, [0, 9, 10, 255])

Rows = list[tuple[int, int | None, list[int]]]


def write(folder: Path, content: bytes, name: str = "faces.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def read(path: Path) -> Rows:
    """Return the label, the split and the pixels of each row."""
    with TemporaryDirectory() as folder:
        reading = Reading(Data(str(path), **FORM), Decoder(), Path(folder))
        images = reading.images[np.arange(len(reading.images))]
    assert images.shape[1:3] == (1, 1)
    assert images.dtype == np.uint8
    _, rows = reading.labelled()
    assert rows["row"].to_list() == list(range(len(images)))
    columns = (rows["emotion"].to_list(), rows["split"].to_list(), images.reshape(len(images), -1).tolist())
    return list(zip(*columns, strict=True))


def problems_of(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(path)
    lines = str(caught.value).split("\n")
    assert all(line.startswith(f"{path}: ") for line in lines)
    assert all(";" in line for line in lines), "each says what to do"
    assert all(line.isascii() and line.isprintable() for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


HARMLESS = {
    "plain": HEADER + GOOD,
    "byte order mark": b"\xef\xbb\xbf" + HEADER + GOOD,
    "CRLF": (HEADER + GOOD).replace(b"\n", b"\r\n"),
    "quoted pixels": HEADER + b'3,"0 9 10 255",Training\n',
    "all quoted": b'"emotion","pixels","Usage"\n"3","0 9 10 255","Training"\n',
    "byte order mark and quotes": b'\xef\xbb\xbf"emotion",pixels,Usage\n' + GOOD,
    "quoted last field and no line end": HEADER + b'3,0 9 10 255,"Training"',
    "several blank last lines": HEADER + GOOD + b"\n\r\n\r\n",
    "no last line end": HEADER + GOOD[:-1],
    "no last line end, CR": HEADER + GOOD[:-1] + b"\r",
    "blanks around names and fields": b" emotion ,pixels , Usage\n3 , 0 9 10 255 , Training\n",
    "blanks around quotes": HEADER + b'3, "0 9 10 255" ,"Training" \n',
    "other order": b"Usage,emotion,pixels\nTraining,3,0 9 10 255\n",
    "extra column twice": b"x,emotion,x,pixels,Usage\n7,3,hi,0 9 10 255,Training\n",
    "comma and doubled quote": b'note,emotion,pixels,Usage\n"a, ""b"" c",3,0 9 10 255,Training\n',
    "other case": b"EMOTION,Pixels,usage\n" + GOOD,
    "the order and blanks of icml_face_data": b"emotion, Usage, pixels\n3,Training,0 9 10 255\n",
    "extra column last and empty": b"emotion,pixels,Usage,\n3,0 9 10 255,Training,\n",
    "empty quoted extra column": b'emotion,pixels,Usage,x\n3,0 9 10 255,Training,""\n',
    "an extra column in Latin-1": b"emotion,pixels,Usage,ann\xe9e\n3,0 9 10 255,Training,\xe9\n",
    "a column label beside emotion": b"label,emotion,pixels,Usage\nx,3,0 9 10 255,Training\n",
    "another word for the split": HEADER + b"3,0 9 10 255,TRAIN\n",
    "leading zeros": HEADER + b"3,000 09 010 255,Training\n",
}


@pytest.mark.parametrize("content", HARMLESS.values(), ids=HARMLESS.keys())
def test_harmless_layouts_are_accepted(tmp_path: Path, content: bytes) -> None:
    assert read(write(tmp_path, content)) == [GOOD_ROW]


def test_every_emotion_and_usage(tmp_path: Path) -> None:
    lines = [b"%d,7,%s\n" % (emotion, usage.encode()) for emotion in range(-1, 7) for usage in USAGES]
    expected = [(emotion, usage, [7]) for emotion in range(-1, 7) for usage in range(3)]
    assert read(write(tmp_path, HEADER + b"".join(lines))) == expected


def test_an_empty_label_is_none(tmp_path: Path) -> None:
    rows = read(
        write(tmp_path, HEADER + b",1 2 3 4,Training\nsad,1 2 3 4,Training\n" + b",5 6 7 8,PublicTest\n")
    )
    assert rows == [(-1, 0, [1, 2, 3, 4]), (0, 0, [1, 2, 3, 4]), (-1, 1, [5, 6, 7, 8])]


@pytest.mark.parametrize("label", ["label", "Labels"])
def test_label_and_split_as_in_parquet(tmp_path: Path, label: str) -> None:
    """Codes in such a column are none of FER2013's."""
    path = write(tmp_path, f"{label},pixels,Split\n5,1,valid\n3,2,train\n".encode())
    assert read(path) == [(1, 1, [1]), (0, 0, [2])]
    assert problems_of(write(tmp_path, f"{label},pixels\n03,1\n".encode())) == [
        f"line 2: column '{label.lower()}': '03' is no label;"
        " write a whole number from 0, or a name, or -1 for none"
    ]
    assert problems_of(write(tmp_path, b"pixels,split\n1,x\n"))[0].startswith(
        "line 2: column 'split': 'x' is no"
    )


SPLIT_WORDS = {
    0: (
        "train",
        "Training",
        "FER2013Train",
        "fer2013_training",
        "train_set",
        "train_images",
        "train-data",
        "TrainSet",
    ),
    1: (
        "PublicTest",
        "Public Test",
        "val",
        "valid",
        "validation",
        "validate",
        "dev",
        "eval",
        "val_set",
        "val faces",
    ),
    2: ("PrivateTest", "private_test", "test", "testing", "test_image", "FER2013Test"),
    None: ("", "set", "images", "faces", "trial", "tests", "settrain", "testfer2013"),
}


@pytest.mark.parametrize(
    ("code", "word"), [(code, word) for code, words in SPLIT_WORDS.items() for word in words]
)
def test_words_for_splits(code: int | None, word: str) -> None:
    assert split_code(word) == code


def test_a_word_for_a_split_where_the_file_ends(tmp_path: Path) -> None:
    """Known from another line, it is whole; else it may be cut off."""
    assert len(read(write(tmp_path, HEADER + b"3,1,train\n3,2,train"))) == 2
    (problem,) = problems_of(write(tmp_path, HEADER + b"3,1,test\n3,2,train"))
    assert problem.startswith("line 3: column 'Usage': 'train' is no split; write")
    assert "may be cut off" in problem


def test_rows_without_label_or_split(tmp_path: Path) -> None:
    assert read(write(tmp_path, b'"pixels"\n"0 9 10 255"\n')) == [(-1, None, GOOD_ROW[2])]


def zipped(content: bytes, *names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in (("fer2013/README", b"text"), ("fer2013/fer2013.csv", content)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def test_links_and_folders_in_a_tar_are_no_files(tmp_path: Path) -> None:
    folder, link, file = (tarfile.TarInfo(name) for name in ("a.csv", "b.csv", "a.csv/c.csv"))
    folder.type, link.type, link.linkname, file.size = (
        tarfile.DIRTYPE,
        tarfile.SYMTYPE,
        "/d",
        len(HEADER + GOOD),
    )
    for members, expected in (([folder, link], None), ([folder, link, file], [GOOD_ROW])):
        with tarfile.open(tmp_path / "faces.tar", "w") as archive:
            for member in members:
                archive.addfile(member, io.BytesIO(HEADER + GOOD))
        if expected:
            assert read(tmp_path / "faces.tar") == expected
        else:
            assert problems_of(tmp_path / "faces.tar")[0].startswith("an archive without a CSV; unpack")


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zip": lambda content: zipped(content, "faces.csv", "__MACOSX/._faces.csv", "readme.txt"),
    ".tar.gz": tarred,
}


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_compressed_files_are_read_as_they_are(tmp_path: Path, suffix: str) -> None:
    content = COMPRESSORS[suffix](HEADER + GOOD * 100_000)
    assert read(write(tmp_path, content, "faces.csv" + suffix)) == [GOOD_ROW] * 100_000


NO_NUMBERS = b'-1 1_0 12.5 1e2 nan 0x1F 1\t2 1\r2 1"2 / \xff\x80'.split(b" ")
OTHER_DIGITS = [digits.encode() for digits in ("\u0661\u0662", "\uff11", "\u00b2", "1\u00a02")]
BAD_PIXELS = [b"", b"256", b"999", b"1" * 5000, *NO_NUMBERS, *OTHER_DIGITS]


@pytest.mark.parametrize("pixel", BAD_PIXELS, ids=lambda pixel: ascii(pixel[:9]))
def test_a_bad_pixel_is_named(tmp_path: Path, pixel: bytes) -> None:
    for position in (1, 2):  # at the end of the field, no pixel is a blank around it
        pixels = [b"1", b"2", b"3", b"4"]
        pixels[position] = pixel
        bad = b"0," + b" ".join(pixels) + b",Training\n"
        (problem,) = problems_of(write(tmp_path, HEADER + GOOD + bad + GOOD))
        shown = ascii(pixel.decode("utf-8", "replace").replace("\ufffd", "?")[:24])
        assert problem.startswith(f"line 3: column 'pixels': pixel {position + 1} is {shown}")


NO_ROWS, NUL, QUOTE = "line 1: a header without rows", "line 2: a NUL byte", "line 2: a misplaced or unclosed"
NO_PIXELS = "line 1: 0 columns of pictures (pixels, or bytes) among"
PIXELS, EMOTION, USAGE = "line 2: column 'pixels': ", "line 2: column 'emotion': ", "line 2: column 'Usage': "
NO_CODES, NO_SPLITS = ("-2", "1.0", "03", "nan"), ("Trai", "trainings", "")
MALFORMED = {
    "empty": (b"", "line 1: this is an empty file, which is not read; get it again"),
    "header only": (HEADER, NO_ROWS),
    "header only, no line end": (HEADER[:-1], NO_ROWS),
    "only blank lines below the header": (HEADER + b"\n\r\n", NO_ROWS),
    "no header": (GOOD, NO_PIXELS),
    "blank first line": (
        b"\n" + HEADER + GOOD,
        "line 1: a comment or a blank line above the header; take it out",
    ),
    "CRLF in the first line": (
        b"\r\n" + HEADER + GOOD,
        "line 1: a comment or a blank line above the header; take it",
    ),
    "bars": (
        (HEADER + GOOD).replace(b",", b"|"),
        "line 1: fields that are not parted by commas; part them so",
    ),
    "a column a pixel": (
        b"emotion,pixel0,pixel1,Usage\n3,0,9,Training\n",
        "line 1: a column for each pixel;",
    ),
    "a column a pixel, numbered from 1": (
        b"pixel_1,pixel_2\n3,0\n",
        "line 1: a column for each pixel; write",
    ),
    "semicolons": (
        (HEADER + GOOD).replace(b",", b";"),
        "line 1: fields that are not parted by commas; part them",
    ),
    "tabs": ((HEADER + GOOD).replace(b",", b"\t"), "line 1: fields that are not parted by commas; part them"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "line 1: a Git-LFS pointer"),
    "DVC with the sum of its own": (
        b"md5: 0\nouts:\n- md5: 0\n",
        "line 1: a DVC pointer, not the file itself; `dvc pull` brings",
    ),
    "DVC": (b"outs:\n- md5: 0\n  path: faces.csv\n", "line 1: a DVC pointer"),
    "names among codes": (
        HEADER + GOOD + b"sad,1 2 3 4,Training\n",
        "line 3: column 'emotion': 'sad' is no la",
    ),
    "codes among names": (
        HEADER + b"sad,1 2 3 4,Training\n" + GOOD,
        "line 3: column 'emotion': '3' is no label",
    ),
    "duplicate column": (
        b"pixels,emotion,pixels,Usage\n",
        "line 1: 2 columns of pictures (pixels, or bytes) among 'pixels,emotion,pixels,Us'...; give one",
    ),
    "unclosed quote in the header": (b'emotion,pixels,"Usage\n', "line 1: a misplaced or unclosed quote"),
    "fewer pixels": (HEADER + GOOD + b"0,1,Training\n", "line 3: column 'pixels': 1 pixels; give each"),
    "more pixels": (HEADER + GOOD + GOOD[:-10] + b" 7,Training\n", "line 3: column 'pixels': 5 pixels"),
    "a bad first row": (
        HEADER + b"0,1 2,Training\n" + GOOD,
        PIXELS + "2 pixels; give each image 4, as others",
    ),
    "not a square": (HEADER + b"0,1 2 3,Training\n", PIXELS + "3 pixels; give each image a square"),
    "empty pixels": (HEADER + b"0,,Training\n" + GOOD, PIXELS + "pixel 1 is ''"),
    "quoted empty pixels": (HEADER + b'0,"",Training\n' + GOOD, PIXELS + "pixel 1 is ''"),
    **{
        f"Usage {word}": (HEADER + f"0,1,{word}\n".encode(), f"{USAGE}'{word}' is no split")
        for word in NO_SPLITS
    },
    **{
        f"emotion {word}": (HEADER + f"{word},1,Training\n".encode(), f"{EMOTION}'{word}'")
        for word in NO_CODES
    },
    "missing field": (HEADER + b"0,1\n", "line 2: 2 fields, the header has 3"),
    "surplus field": (HEADER + b"0,1,Training,\n", "line 2: 4 fields, the header has 3"),
    "a blank alone": (HEADER + b" \n" + GOOD, "line 2: 1 fields, the header has 3"),
    "unclosed quote": (HEADER + b'0,"1,Training\n' + GOOD, QUOTE),
    "text after a quoted field": (HEADER + b'0,"1"2,Training\n', QUOTE),
    "field over two lines": (HEADER + b'0,"1\n2",Training\n', QUOTE),
    "NUL in the pixels": (HEADER + b"0,1 2 3\x00 4,Training\n", NUL),
    "NUL in an extra column": (b"x," + HEADER + b"\x00," + GOOD, NUL),
    "NUL block at the end": (HEADER + bytes(100_000), NUL),
    "binary junk": (bytes(range(256)) * 64, "line 1: a NUL byte: no UTF-8 text"),
    "binary junk without NUL": (bytes(range(128, 256)) * 64, NO_PIXELS),
    "binary junk below the header": (HEADER + b"\x89\xfe\n", "line 2: 1 fields, the header has 3"),
    "UTF-16": ((HEADER + GOOD).decode().encode("utf-16"), "line 1: a NUL byte: no UTF-8 text"),
    "UTF-32": ((HEADER + GOOD).decode().encode("utf-32"), "line 1: a NUL byte: no UTF-8 text"),
    "HTML": (
        b"<!DOCTYPE html>\n<p>log in",
        "line 1: this is a page of the web, which is not read; get it again",
    ),
    "old Macintosh line ends": (
        (HEADER + GOOD).replace(b"\n", b"\r"),
        "line 1: line ends of old Macs (CR alone); save it with",
    ),
    "old Macintosh line ends, pixels last": (
        b"emotion,pixels\r3,0 9 10 255\r",
        "line 1: line ends of old Macs (CR alone); save it with",
    ),
    "a comment": (
        b"# FER2013\n" + HEADER + GOOD,
        "line 1: a comment or a blank line above the header; take it out",
    ),
    "7-Zip": (
        b"7z\xbc\xaf\x27\x1c junk",
        "line 1: this is an archive, which is not read; get it again, unpack it",
    ),
    "RAR": (
        b"Rar!\x1a\x07\x01 junk",
        "line 1: this is an archive, which is not read; get it again, unpack it",
    ),
    "Zstandard": (
        b"\x28\xb5\x2f\xfd junk",
        "line 1: this is an archive, which is not read; get it again, unpack it",
    ),
    "old LZMA": (lzma.compress(HEADER, lzma.FORMAT_ALONE), "line 1: this is an archive, which is not read"),
    "half a ZIP": (
        zipped(HEADER + GOOD, "faces.csv")[:-30],
        "line 1: this is a ZIP archive, which is not read; get it again",
    ),
    "PDF": (
        b"%PDF-1.4\n",
        "line 1: this is a PDF, which is not read; get it again, unpack it, or export a CSV",
    ),
    "pickle": (
        b"\x80\x04\x95abc\n",
        "line 1: this is a pickle, which can run programs, which is not read; get it again",
    ),
    "HDF5": (
        b"\x89HDF\r\n\x1a\n\0",
        "line 1: this is HDF5, which is not read; get it again, unpack it, or export a CSV",
    ),
    "NumPy": (
        b"\x93NUMPY\x01\0v\0",
        "line 1: this is an array of NumPy, which is not read; get it again, unpack it, or export a CSV",
    ),
    "Excel": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "line 1: this is a workbook of Excel, or another old",
    ),
    "SQLite": (
        b"SQLite format 3\0" + bytes(90),
        "line 1: this is an SQLite database, which is not read; get it again, unpack it, or export a CSV",
    ),
    "JSON": (
        b'[{"emotion": 0, "pixels": "1 2"}]',
        "line 1: this is JSON, which is not read; get it again, unpack it, or export a CSV",
    ),
    "a message in JSON": (
        b'{"code": 403, "message": "Forbidden"}',
        "line 1: this is JSON, which is not read; get it again, unpack it, or export a CSV",
    ),
    "a picture": (b"\x89PNG\r\n\x1a\n junk", "line 1: a picture; put it in a folder and name that"),
    "pixels that are no square": (
        b"width,height,pixels\n" + b"8,32," + b" ".join([b"1"] * 256) + b"\n",
        "line 2: width and height differ, but images are squares; give",
    ),
    "a line of 20 MB": (HEADER + b"0," + b"1 " * 10_000_000, "line 2: more than 16 MB"),
    # At the size that the blanks of the first row promise, the images would take 800 GB.
    "a huge first row": (HEADER + b"0," + b" x" * (1 << 22) + b",Training\n" + GOOD * 200_000, PIXELS),
}


@pytest.mark.parametrize(("content", "expected"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_input_is_named(tmp_path: Path, content: bytes, expected: str) -> None:
    assert problems_of(write(tmp_path, content))[0].startswith(expected)


@pytest.mark.parametrize("kept", range(1, len(GOOD) - 1))
def test_a_truncated_last_line_is_said_to_be_cut_off(tmp_path: Path, kept: int) -> None:
    (problem,) = problems_of(write(tmp_path, HEADER + GOOD + GOOD[:kept]))
    assert problem.startswith("line 3: ")
    assert "may be cut off" in problem
    (problem,) = problems_of(write(tmp_path, HEADER + b"-9,1 2 3 4,Training\n" + GOOD[:-1]))
    assert "cut off" not in problem, "the last line is whole"


def test_no_file_and_an_empty_folder(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "x.csv")[0].startswith("cannot be read (No such file or directory)")
    assert problems_of(tmp_path)[0].startswith("nothing in it that can be read; give a CSV")


@pytest.mark.parametrize("suffix", list(COMPRESSORS)[1:])
def test_broken_compressed_files(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 4))
    plain = HEADER + b"".join(b"0,%d %d %d %d,Training\n" % tuple(row) for row in noise)
    whole = COMPRESSORS[suffix](plain)
    early = len(whole) // 6  # within the CSV, in all three formats
    flipped = whole[:early] + bytes([whole[early] ^ 0xFF]) + whole[early + 1 :]
    for content in (whole[: 4 * early], flipped):
        assert problems_of(write(tmp_path, content, "faces.csv" + suffix))


PART, COMPLETE = b"emotion,pixels\n3,0 9 10 255\n", HEADER + GOOD
TRAIN_AND_TEST = {"train.csv": PART, "test.csv": b"pixels\n1 2 3 4\n", "votes.csv": b"a,b\n1,2\n"}


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_the_challenge_s_files(tmp_path: Path, form: str) -> None:
    """Train and test alone are read together; the complete one, if there is one, is read instead."""
    source = tmp_path / "challenge"
    for more, expected in (({}, [GOOD_ROW, (-1, 2, [1, 2, 3, 4])]), ({"icml.csv": COMPLETE}, [GOOD_ROW])):
        files = TRAIN_AND_TEST | more
        if form == "folder":
            source.mkdir(exist_ok=True)
            for name, content in files.items():
                write(source, content, name)
        else:
            with zipfile.ZipFile(source, "w") as archive:
                for name, content in files.items():
                    archive.writestr(name, content)
        assert read(source) == expected


def test_archives_that_leave_open_what_to_read(tmp_path: Path) -> None:
    two = write(tmp_path, zipped(COMPLETE, "a.csv", "b.csv"), "two.zip")
    assert problems_of(two)[0].startswith("these tables are no parts of one: a.csv, b.csv; take out and name")
    none = write(tmp_path, zipped(b"", "a.png"), "none.zip")
    assert problems_of(none)[0].startswith("an archive without a CSV; unpack it")


@pytest.mark.parametrize(
    ("mark", "offset", "patched", "reason"),
    [
        (b"PK\x01\x02", 6, b"\xe7", "zip file version"),
        (b"PK\x01\x02", 8, b"\x01", "encrypted"),
        (b"PK\x01\x02", 10, b"\x63", "compression method"),
        (b"PK\x01\x02", 46, b"\xff", "differ"),  # the name
        (b"PK\x05\x06", 12, b"\xff\xff\xff\xff", "Bad"),  # size of the directory
        (b"PK\x01\x02", 42, b"\xff\xff\xff\x7f", "Bad|Truncated"),  # place of the entry
    ],
)
def test_nonsense_in_a_zip_s_directory(
    tmp_path: Path, mark: bytes, offset: int, patched: bytes, reason: str
) -> None:
    content = bytearray(zipped(HEADER + GOOD, "faces.csv"))
    start = content.index(mark) + offset
    content[start : start + len(patched)] = patched
    (problem,) = problems_of(write(tmp_path, bytes(content), "faces.csv.zip"))
    assert re.search(rf"^cannot be read \(.*({reason})", problem)


def test_up_to_ten_problems_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    bad = [b"-9,1 2 3 4,Training\n", b"0,1 2 3 x,Training\n", b"0,1,Training\n", b"0,1 2 3 4\n"]
    problems = problems_of(write(tmp_path, HEADER + GOOD + b"".join(bad) * 2000))
    assert len(problems) == MAX_PROBLEMS
    assert [problem.split(":")[0] for problem in problems] == [f"line {number}" for number in range(3, 13)]


def test_ten_equal_problems_are_told_once(tmp_path: Path) -> None:
    bad = b"0,1  2,Training\n"
    path = write(tmp_path, HEADER + GOOD + bad * 2000)
    assert problems_of(path) == [
        "line 3: column 'pixels': pixel 2 is ''; write whole numbers from 0 to 255, one blank between two"
        " (likewise in the next 9, up to line 12)"
    ]
    assert len(problems_of(write(tmp_path, HEADER + GOOD + bad * 9 + b"0,1 2 x,Training\n"))) == 10
    assert len(problems_of(write(tmp_path, HEADER + GOOD + bad * 9))) == 9
    fractions = b"".join(b"0,%.3f 0,Training\n" % (number / 9) for number in range(10))
    (problem,) = problems_of(write(tmp_path, HEADER + GOOD + fractions))
    assert problem.startswith("line 3: column 'pixels': pixel 1 is '0.000'; write whole")
    assert problem.endswith(" (likewise in the next 9, up to line 12)")


def test_problems_far_apart_are_gathered(tmp_path: Path) -> None:
    bad = b"0,1 2 3,Training\n"
    problems = problems_of(write(tmp_path, HEADER + (GOOD * 49_999 + bad) * 3))
    assert [problem.split(":")[0] for problem in problems] == ["line 50001", "line 100001", "line 150001"]


def test_blank_lines_count_as_lines_but_not_as_rows(tmp_path: Path) -> None:
    assert read(write(tmp_path, HEADER + b"\n" + GOOD + b"\r\n" + GOOD)) == [GOOD_ROW] * 2
    (problem,) = problems_of(write(tmp_path, HEADER + b"\n" + GOOD + b"\n-7,1 2 3 4,Training\n"))
    assert problem.startswith("line 5:")


@pytest.mark.parametrize("side", [1, 7, 48, 500])
def test_any_square_size(tmp_path: Path, side: int) -> None:
    images = np.random.default_rng(side).integers(0, 256, (3, side * side), dtype=np.uint8)
    for quote in ("", '"'):
        lines = [f"-1,{quote}{' '.join(map(str, image))}{quote},PrivateTest\n" for image in images]
        rows = read(write(tmp_path, HEADER + "".join(lines).encode()))
        assert rows == [(-1, 2, image.tolist()) for image in images]


def slow_read(content: bytes) -> Rows | None:
    """Read a file without quotes as the reader should, one plain step after the other; None if malformed."""
    header, *lines = (line.removesuffix("\r") for line in content.decode("latin-1").split("\n"))
    names = [name.strip(" ").lower() for name in header.removeprefix("\xef\xbb\xbf").split(",")]
    if (
        b"\0" in content
        or names.count("pixels") != 1
        or names.count("emotion") > 1
        or names.count("usage") > 1
    ):
        return None
    rows: Rows = []
    known = {*USAGES}  # words that are whole
    for fields, is_last in rows_of(lines):
        row = dict(zip(names, fields, strict=False))
        pixels = row.get("pixels", "").split(" ")
        label, split = row.get("emotion", "-1"), row.get("usage", "Training")
        good = (
            len(fields) == len(names)
            and re.fullmatch("|-1|0|[1-9][0-9]{0,8}", label)
            and split_code(split) is not None
            and (split in known or not is_last)
            and all(re.fullmatch(r"\+?[0-9]+", pixel) and int(pixel) < 256 for pixel in pixels)
            and isqrt(len(pixels)) ** 2 == len(pixels)
        )
        if not good:
            return None
        known.add(split)
        code = split_code(split) if "usage" in names else None
        rows.append((int(label or -1), code, [int(pixel) for pixel in pixels]))
    return with_codes(rows) if len({len(pixels) for _, _, pixels in rows}) == 1 else None


def rows_of(lines: list[str]) -> list[tuple[list[str], bool]]:
    """Return the fields of each row, and whether its line has no end."""
    rows = [(line, number == len(lines)) for number, line in enumerate(lines, 1) if line]
    return [([field.strip(" ") for field in line.split(",")], is_last) for line, is_last in rows]


def with_codes(rows: Rows) -> Rows:
    """Count the labels in their order, unless all are FER2013's."""
    labels = sorted({label for label, _, _ in rows if label >= 0})
    if labels and labels[-1] >= len(EMOTIONS):
        return [(labels.index(label) if label >= 0 else -1, code, pixels) for label, code, pixels in rows]
    return rows


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "faces.csv"


single_bytes = [bytes([code]) for code in b'0123456789 ,"\n\r\t-+.x\0\xff']
longer = [b"  ", b"256", b"255", b"\r\n", b"\xef\xbb\xbf", b"\xd9\xa1", b"0,1 2 3 4,Training\n"]
pieces = st.sampled_from([*single_bytes, *longer, *(usage.encode() for usage in USAGES)])


@given(st.data(), st.sampled_from([1, 2, 96]))
@settings(max_examples=600, deadline=None)
def test_a_good_file_with_a_few_changes(scratch: Path, data: st.DataObject, block: int) -> None:
    content = HEADER + b"-1,0 1 20 255,Training\n6,100 200 3 4,PublicTest\r\n" + GOOD * 2
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        stop = start + data.draw(st.integers(0, 4))
        content = content[:start] + data.draw(pieces | st.binary(max_size=40)) + content[stop:]
    scratch.write_bytes(content)
    with patch.object(pixels, "_BATCH", block):
        try:
            found = read(scratch)
        except InputError:
            assert problems_of(scratch)
            found = None
    assert b'"' in content or found == slow_read(content)


@given(st.binary(max_size=300), st.sampled_from(list(COMPRESSORS)[1:]), st.booleans(), st.data())
@settings(max_examples=300, deadline=None)
def test_any_damage_to_a_compressed_file(
    scratch: Path, junk: bytes, suffix: str, alone: bool, data: st.DataObject
) -> None:
    """Either an InputError, or, where the damage hits what the format does not need, the same rows."""
    content = COMPRESSORS[suffix](HEADER + GOOD * 3)
    start = data.draw(st.integers(0, len(content)))
    stop = start + data.draw(st.integers(0, 20))
    path = scratch.with_name("faces.csv" + suffix)
    path.write_bytes(junk if alone else content[:start] + junk + content[stop:])
    with suppress(InputError):
        assert read(path) == [GOOD_ROW] * 3


def test_damage_at_any_place_of_a_compressed_tar(scratch: Path) -> None:
    """Its checksum comes after the last member; without it some damage would pass as other rows."""
    content = COMPRESSORS[".tar.gz"](HEADER + GOOD * 3)
    path = scratch.with_name("faces.csv.tar.gz")
    refused = 0
    for place in range(len(content)):
        path.write_bytes(content[:place] + b"\xb8A" + content[place:])
        try:
            assert read(path) == [GOOD_ROW] * 3
        except InputError:
            refused += 1
    assert refused > len(content) / 2
