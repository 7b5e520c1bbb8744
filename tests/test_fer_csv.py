"""The CSV reader: what it accepts, what it refuses and in which words, and that it agrees with a slow one."""

import gzip
import io
import lzma
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from math import isqrt
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facedenoise.data import csv_lines, pixel_text
from facedenoise.data.fer2013 import EMOTIONS, USAGES
from facedenoise.data.fer_csv import MAX_PROBLEMS, Block, read_blocks
from facedenoise.errors import InputError

HEADER = b"emotion,pixels,Usage\n"
GOOD = b"3,0 9 10 255,Training\n"
GOOD_ROW = (3, 0, [0, 9, 10, 255])

Rows = list[tuple[int, int, list[int]]]


def write(folder: Path, content: bytes, name: str = "faces.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows_of(blocks: list[Block]) -> Rows:
    """Flatten blocks to (emotion, usage, pixels), and check shapes and types on the way."""
    rows: Rows = []
    for block in blocks:
        count, channels, height, width = block.images.shape
        assert (channels, height) == (1, width)
        assert count > 0
        assert block.images.dtype == block.usage.dtype == np.uint8
        assert block.emotion.dtype == block.row.dtype == np.int64
        assert block.emotion.shape == block.usage.shape == block.row.shape == (count,)
        assert block.row.tolist() == list(range(len(rows), len(rows) + count))
        pixels = block.images.reshape(count, -1).tolist()
        rows += zip(block.emotion.tolist(), block.usage.tolist(), pixels, strict=True)
    return rows


def read(path: Path) -> Rows:
    return rows_of(list(read_blocks(path)))


def problems_of(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(path)
    lines = str(caught.value).split("\n")
    assert all(line.startswith(f"{path}: ") for line in lines)
    assert all(";" in line for line in lines), "each says what to do"
    return [line.removeprefix(f"{path}: ") for line in lines]


HARMLESS = {
    "plain": HEADER + GOOD,
    "byte order mark": b"\xef\xbb\xbf" + HEADER + GOOD,
    "CRLF": (HEADER + GOOD).replace(b"\n", b"\r\n"),
    "quoted pixels": HEADER + b'3,"0 9 10 255",Training\n',
    "all quoted": b'"emotion","pixels","Usage"\n"3","0 9 10 255","Training"\n',
    "quoted last field and no line end": HEADER + b'3,0 9 10 255,"Training"',
    "blank last line": HEADER + GOOD + b"\n",
    "several blank last lines, CRLF": HEADER + GOOD + b"\r\n\r\n",
    "no last line end": HEADER + GOOD[:-1],
    "no last line end, CR": HEADER + GOOD[:-1] + b"\r",
    "blank before names": b"emotion, Usage, pixels\n3,Training,0 9 10 255\n",
    "blanks around names and fields": b" emotion ,pixels , Usage\n3 , 0 9 10 255 , Training\n",
    "blanks around quotes": HEADER + b'3, "0 9 10 255" ,Training\n',
    "other order": b"Usage,emotion,pixels\nTraining,3,0 9 10 255\n",
    "extra columns": b"id,emotion,note,pixels,Usage\n7,3,hi,0 9 10 255,Training\n",
    "extra column twice": b"x,emotion,x,pixels,Usage\n7,3,hi,0 9 10 255,Training\n",
    "comma and doubled quote in an extra column": (
        b'note,emotion,pixels,Usage\n"a, ""b"" c",3,0 9 10 255,Training\n'
    ),
    "extra column last and empty": b"emotion,pixels,Usage,\n3,0 9 10 255,Training,\n",
    "empty quoted extra column last": b'emotion,pixels,Usage,x\n3,0 9 10 255,Training,""\n',
    "an extra column in Latin-1": b"emotion,pixels,Usage,ann\xe9e\n3,0 9 10 255,Training,\xe9\n",
    "leading zeros": HEADER + b"3,000 09 010 255,Training\n",
}


@pytest.mark.parametrize("content", HARMLESS.values(), ids=HARMLESS.keys())
def test_harmless_layouts_are_accepted(tmp_path: Path, content: bytes) -> None:
    assert read(write(tmp_path, content)) == [GOOD_ROW]


def test_every_emotion_and_usage(tmp_path: Path) -> None:
    lines = [b"%d,7,%s\n" % (emotion, usage.encode()) for emotion in range(-1, 7) for usage in USAGES]
    expected = [(emotion, usage, [7]) for emotion in range(-1, 7) for usage in range(3)]
    assert read(write(tmp_path, HEADER + b"".join(lines))) == expected
    assert len(EMOTIONS) == 7


def test_every_pixel_value(tmp_path: Path) -> None:
    pixels = b" ".join(b"%d" % value for value in range(256))
    assert read(write(tmp_path, HEADER + b"0," + pixels + b",PublicTest\n")) == [(0, 1, list(range(256)))]


def zipped(content: bytes, *names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zip": lambda content: zipped(content, "faces.csv", "__MACOSX/._faces.csv", "readme.txt"),
}


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_compressed_files_are_read_as_they_are(tmp_path: Path, suffix: str) -> None:
    content = COMPRESSORS[suffix](HEADER + GOOD * 20_000)
    path = write(tmp_path, content, "faces.csv" + suffix)
    blocks = list(read_blocks(path))
    assert rows_of(blocks) == [GOOD_ROW] * 20_000
    offsets = [block.offset for block in blocks]
    assert offsets == sorted(offsets)
    assert 0 < offsets[-1] <= len(content)


BAD_PIXELS = {
    "beyond 255": b"256",
    "beyond a byte's wrap": b"999",
    "negative": b"-1",
    "plus sign": b"+7",
    "underscore": b"1_0",
    "decimal point": b"12.5",
    "exponent": b"1e2",
    "nan": b"nan",
    "hexadecimal": b"0x1F",
    "four digits": b"0007",
    "many digits": b"1" * 5000,
    "Arabic digits": "\u0661\u0662".encode(),
    "full-width digits": "\uff11".encode(),
    "superscript": "\u00b2".encode(),
    "tab": b"1\t2",
    "no-break space": "1\u00a02".encode(),
    "carriage return": b"1\r2",
    "slash": b"/",
    "colon": b":",
    "binary": b"\xff\x80",
}


@pytest.mark.parametrize("pixel", BAD_PIXELS.values(), ids=BAD_PIXELS.keys())
@pytest.mark.parametrize("position", range(4))
def test_a_bad_pixel_is_named(tmp_path: Path, pixel: bytes, position: int) -> None:
    pixels = [b"1", b"2", b"3", b"4"]
    pixels[position] = pixel
    bad = b"0," + b" ".join(pixels) + b",Training\n"
    (problem,) = problems_of(write(tmp_path, HEADER + GOOD + bad + GOOD))
    shown = ascii(pixel[:24].decode("utf-8", "replace"))
    assert problem.startswith(f"line 3, column 'pixels': pixel {position + 1} is {shown}")
    assert problem.isascii()
    assert problem.isprintable()


MALFORMED = {
    "header only": (HEADER, "line 1: a header without rows"),
    "header only, no line end": (HEADER[:-1], "line 1: a header without rows"),
    "only blank lines below the header": (HEADER + b"\n\n", "line 1: a header without rows"),
    "missing column": (b"emotion,pixels\n0,1\n", "line 1, column 'Usage': missing"),
    "no header": (GOOD, "line 1, column 'emotion': missing"),
    "blank first line": (b"\n" + HEADER + GOOD, "line 1, column 'emotion': missing"),
    "other case": (HEADER.lower() + GOOD, "line 1, column 'Usage': missing"),
    "semicolons": (HEADER.replace(b",", b";") + GOOD, "line 1, column 'emotion': missing"),
    "duplicate column": (
        b"pixels,emotion,pixels,Usage\n",
        "line 1, column 'pixels': 2 columns have this name",
    ),
    "unclosed quote in the header": (
        b'emotion,pixels,"Usage\n',
        "line 1: field 3 has a misplaced or unclosed quote",
    ),
    "fewer pixels": (
        HEADER + GOOD + b"0,1 2 3,Training\n",
        "line 3, column 'pixels': 3 pixels, line 2 has 4 (2 x 2)",
    ),
    "more pixels": (
        HEADER + GOOD + b"0,1 2 3 4 5,Training\n",
        "line 3, column 'pixels': 5 pixels, line 2 has 4",
    ),
    "another size": (
        HEADER + GOOD + b"0,1,Training\n",
        "line 3, column 'pixels': 1 pixels, line 2 has 4 (2 x 2)",
    ),
    "not a square": (
        HEADER + b"0,1 2 3,Training\n",
        "line 2, column 'pixels': 3 pixels make no square image",
    ),
    "empty pixels": (HEADER + b"0,,Training\n" + GOOD, "line 2, column 'pixels': empty"),
    "quoted empty pixels": (HEADER + b'0,"",Training\n' + GOOD, "line 2, column 'pixels': empty"),
    "blank pixels": (HEADER + GOOD + b"0,  ,Training\n", "line 3, column 'pixels': empty"),
    "two blanks": (HEADER + b"0,1  2 3,Training\n", "line 2, column 'pixels': two blanks before pixel 2"),
    "unknown Usage": (HEADER + b"0,1,Train\n", "line 2, column 'Usage': 'Train' is unknown"),
    "lower-case Usage": (HEADER + b"0,1,training\n", "line 2, column 'Usage': 'training' is unknown"),
    "empty Usage": (HEADER + b"0,1,\n", "line 2, column 'Usage': '' is unknown"),
    "emotion 7": (HEADER + b"7,1,Training\n", "line 2, column 'emotion': '7' is no emotion"),
    "emotion -2": (HEADER + b"-2,1,Training\n", "line 2, column 'emotion': '-2' is no emotion"),
    "emotion 1.0": (HEADER + b"1.0,1,Training\n", "line 2, column 'emotion': '1.0' is no emotion"),
    "emotion 03": (HEADER + b"03,1,Training\n", "line 2, column 'emotion': '03' is no emotion"),
    "emotion happy": (HEADER + b"happy,1,Training\n", "line 2, column 'emotion': 'happy' is no emotion"),
    "empty emotion": (HEADER + b",1,Training\n", "line 2, column 'emotion': '' is no emotion"),
    "missing field": (HEADER + b"0,1\n", "line 2: 2 fields, the header has 3"),
    "surplus field": (HEADER + b"0,1,Training,\n", "line 2: 4 fields, the header has 3"),
    "unclosed quote": (
        HEADER + b'0,"1,Training\n' + GOOD,
        "line 2: field 2 has a misplaced or unclosed quote",
    ),
    "quote inside a field": (
        HEADER + b'0,1"2,Training\n',
        "line 2: field 2 has a misplaced or unclosed quote",
    ),
    "text after a quoted field": (HEADER + b'0,"1"2,Training\n', "line 2: field 2 has a misplaced"),
    "field over two lines": (
        HEADER + b'0,"1\n2",Training\n',
        "line 2: field 2 has a misplaced or unclosed quote",
    ),
    "NUL in the pixels": (HEADER + GOOD + b"0,1 2 3\x00 4,Training\n", "line 3: a NUL byte"),
    "NUL in an extra column": (b"x," + HEADER + b"\x00," + GOOD, "line 2: a NUL byte"),
    "NUL block at the end": (HEADER + GOOD + bytes(100_000), "line 3: a NUL byte"),
    "binary junk": (bytes(range(256)) * 64, "line 1: UTF-16 or binary data"),
    "binary junk without NUL": (bytes(range(128, 256)) * 64, "line 1, column 'emotion': missing"),
    "binary junk below the header": (HEADER + b"\x89\xfe\n", "line 2: 1 fields, the header has 3"),
    "UTF-16": ((HEADER + GOOD).decode().encode("utf-16"), "line 1: UTF-16 or binary data"),
    "UTF-16 without its mark": (
        (HEADER + GOOD).decode().encode("utf-16-le"),
        "line 1: UTF-16 or binary data",
    ),
    "UTF-32": ((HEADER + GOOD).decode().encode("utf-32"), "line 1: UTF-16 or binary data"),
    "HTML": (b"\n <!DOCTYPE html>\n<p>log in".lstrip(b"\n"), "line 1: HTML or XML"),
    "old Macintosh line ends": ((HEADER + GOOD).replace(b"\n", b"\r"), "line 1, column 'Usage': missing"),
}


@pytest.mark.parametrize(("content", "expected"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_input_is_named(tmp_path: Path, content: bytes, expected: str) -> None:
    problems = problems_of(write(tmp_path, content))
    assert problems[0].startswith(expected)
    assert all(problem.isascii() and problem.isprintable() for problem in problems)


@pytest.mark.parametrize("kept", range(1, len(GOOD) - 1))
def test_a_truncated_last_line_is_said_to_be_cut_off(tmp_path: Path, kept: int) -> None:
    (problem,) = problems_of(write(tmp_path, HEADER + GOOD + GOOD[:kept]))
    assert problem.startswith("line 3")
    assert "may be cut off" in problem


def test_a_complete_last_line_is_not_said_to_be_cut_off(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, HEADER + b"9,1 2 3 4,Training\n" + GOOD[:-1]))
    assert "cut off" not in problem


def test_missing_file(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "faces.csv")
    assert problem.startswith("no such file")


def test_directory(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path)
    assert problem.startswith("is a directory")


@pytest.mark.parametrize("suffix", ["", *COMPRESSORS])
def test_empty_file(tmp_path: Path, suffix: str) -> None:
    content = COMPRESSORS[suffix](b"") if suffix else b""
    (problem,) = problems_of(write(tmp_path, content, "faces.csv" + suffix))
    assert problem.startswith("is empty")


def test_a_line_without_end_takes_no_memory(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + b"0," + b"1 " * 10_000_000)
    with pytest.raises(InputError, match="line 2 is longer than 16 MB"):
        read(path)


def test_a_huge_first_row_claims_no_memory_for_the_others(tmp_path: Path) -> None:
    """All rows at the size that the blanks of the first one promise would be 17 TB."""
    content = HEADER + b"0," + b" x" * (1 << 22) + b",Training\n" + GOOD * 1_000_000
    (problem,) = problems_of(write(tmp_path, content))
    assert problem.startswith("line 2, column 'pixels': pixel 1 is 'x'")


@pytest.mark.parametrize("suffix", COMPRESSORS)
@pytest.mark.parametrize("damage", ["truncated", "flipped", "foreign", "no bytes"])
def test_broken_compressed_files(tmp_path: Path, suffix: str, damage: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 4))
    plain = HEADER + b"".join(b"0,%d %d %d %d,Training\n" % tuple(row) for row in noise)
    whole = COMPRESSORS[suffix](plain)
    early = len(whole) // 6  # within the CSV, in all three formats
    content = {
        "truncated": whole[: 4 * early],
        "flipped": whole[:early] + bytes([whole[early] ^ 0xFF]) + whole[early + 1 :],
        "foreign": plain,
        "no bytes": b"",
    }[damage]
    path = write(tmp_path, content, "faces.csv" + suffix)
    with pytest.raises(InputError, match=re.escape(str(path))):
        read(path)


def test_zip_with_two_csvs(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, zipped(HEADER + GOOD, "a.csv", "b.csv"), "faces.csv.zip"))
    assert problem.startswith("holds 2 CSV files")


ZIP_NONSENSE = {
    "version": (b"PK\x01\x02", 6, b"\xe7", "broken .zip file"),
    "encrypted": (b"PK\x01\x02", 8, b"\x01", "is encrypted"),
    "name that is no UTF-8": (b"PK\x01\x02", 8, b"\x00\x08" + bytes(36) + b"\xff", "broken .zip file"),
    "method": (b"PK\x01\x02", 10, b"\x63", "broken .zip file"),
    "size of the directory": (b"PK\x05\x06", 12, b"\xff\xff\xff\xff", "broken .zip file"),
    "offset of the entry": (b"PK\x01\x02", 42, b"\xff\xff\xff\x7f", "broken .zip file"),
}


@pytest.mark.parametrize(("mark", "offset", "patched", "expected"), ZIP_NONSENSE.values(), ids=ZIP_NONSENSE)
def test_nonsense_in_a_zip_s_directory(
    tmp_path: Path, mark: bytes, offset: int, patched: bytes, expected: str
) -> None:
    content = bytearray(zipped(HEADER + GOOD, "faces.csv"))
    start = content.index(mark) + offset
    content[start : start + len(patched)] = patched
    (problem,) = problems_of(write(tmp_path, bytes(content), "faces.csv.zip"))
    assert problem.startswith(expected)


def test_up_to_ten_problems_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    bad = [b"9,1 2 3 4,Training\n", b"0,1 2 3 x,Training\n", b"0,1,Training\n", b"0,1 2 3 4,Nope\n"]
    problems = problems_of(write(tmp_path, HEADER + GOOD + b"".join(bad)))
    assert [problem[:23] for problem in problems] == [
        "line 3, column 'emotion",
        "line 4, column 'pixels'",
        "line 5, column 'pixels'",
        "line 6, column 'Usage':",
    ]
    many = problems_of(write(tmp_path, HEADER + GOOD + b"".join(bad) * 2000))
    assert len(many) == MAX_PROBLEMS
    assert [int(re.findall(r"line (\d+)", problem)[0]) for problem in many] == list(range(3, 13))


def test_problems_far_apart_are_gathered(tmp_path: Path) -> None:
    bad = b"0,1 2 3,Training\n"
    problems = problems_of(write(tmp_path, HEADER + (GOOD * 9_999 + bad) * 3))
    assert [problem.split(",")[0] for problem in problems] == ["line 10001", "line 20001", "line 30001"]


def test_blank_lines_count_as_lines_but_not_as_rows(tmp_path: Path) -> None:
    assert read(write(tmp_path, HEADER + b"\n" + GOOD + b"\r\n" + GOOD)) == [GOOD_ROW] * 2
    (problem,) = problems_of(write(tmp_path, HEADER + b"\n" + GOOD + b"\n7,1 2 3 4,Training\n"))
    assert problem.startswith("line 5,")


def test_a_bad_first_row_does_not_decide_the_size(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, HEADER + b"0,1 2 3,Training\n" + GOOD * 3))
    assert problem.startswith("line 2, column 'pixels': 3 pixels make no square image")


@pytest.mark.parametrize("side", [1, 7, 48, 96, 300])
def test_any_square_size(tmp_path: Path, side: int) -> None:
    images = np.random.default_rng(side).integers(0, 256, (5, side * side), dtype=np.uint8)
    lines = [b"-1," + " ".join(map(str, image)).encode() + b",PrivateTest\n" for image in images]
    rows = read(write(tmp_path, HEADER + b"".join(lines)))
    assert rows == [(-1, 2, image.tolist()) for image in images]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    row = b"0," + b" ".join([b"123"] * 48 * 48) + b",Training\n"
    peaks = []
    for count in (500, 2000):
        path = write(tmp_path, HEADER + row * count)
        tracemalloc.start()
        assert sum(len(block.row) for block in read_blocks(path)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
    assert peaks[1] < 8_000_000


def slow_fields(line: str) -> list[str] | None:
    """Split one line character by character; None if a quote is wrong."""
    fields, rest = [], line
    while True:
        if rest.lstrip(" ").startswith('"'):
            rest, value = rest.lstrip(" ")[1:], ""
            while True:
                head, quote, rest = rest.partition('"')
                value += head
                if not quote:
                    return None
                if not rest.startswith('"'):
                    break
                value, rest = value + '"', rest[1:]
            blanks, comma, rest = rest.partition(",")
            if blanks.strip(" "):
                return None
        else:
            value, comma, rest = rest.partition(",")
            if '"' in value:
                return None
        fields.append(value.strip(" "))
        if not comma:
            return fields


def slow_read(content: bytes) -> Rows | None:
    """Read as the reader should, one plain step after the other; None for malformed input."""
    header, *lines = (line.removesuffix("\r") for line in content.decode("latin-1").split("\n"))
    names = slow_fields(header.removeprefix("\xef\xbb\xbf"))
    if names is None or any(names.count(name) != 1 for name in ("emotion", "pixels", "Usage")):
        return None
    rows: Rows = []
    for line in filter(None, lines):
        fields = slow_fields(line)
        if fields is None or len(fields) != len(names):
            return None
        row = dict(zip(names, fields, strict=True))
        pixels = row["pixels"].split(" ")
        good = (
            row["emotion"] in {"-1", *"0123456"}
            and row["Usage"] in USAGES
            and all(re.fullmatch("[0-9]{1,3}", pixel) and int(pixel) < 256 for pixel in pixels)
            and isqrt(len(pixels)) ** 2 == len(pixels)
        )
        if not good:
            return None
        rows.append((int(row["emotion"]), USAGES.index(row["Usage"]), [int(pixel) for pixel in pixels]))
    if b"\0" in content or not rows or len({len(pixels) for _, _, pixels in rows}) > 1:
        return None
    return rows


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "faces.csv"


def assert_agrees_with_slow_reader(path: Path, content: bytes, chunk: int) -> None:
    path.write_bytes(content)
    expected = slow_read(content)
    with patch.object(csv_lines, "CHUNK_BYTES", chunk), patch.object(pixel_text, "BATCH_BYTES", chunk):
        if expected is None:
            problems_of(path)
        else:
            assert read(path) == expected


chunks = st.sampled_from([1, 2, 3, 7, 16, 64, 1 << 15])
single_bytes = [bytes([code]) for code in b'0123456789 ,"\n\r\t-+.x\0\xff']
longer = [b'""', b"  ", b"256", b"255", b"\r\n", b"\xef\xbb\xbf", b"\xd9\xa1", b"0,1 2 3 4,Training\n"]
pieces = st.sampled_from([*single_bytes, *longer, *(usage.encode() for usage in USAGES)])


@given(st.binary(max_size=200), chunks)
@settings(max_examples=150, deadline=None)
def test_any_bytes(scratch: Path, content: bytes, chunk: int) -> None:
    assert_agrees_with_slow_reader(scratch, content, chunk)


@given(st.lists(pieces, max_size=40), chunks)
@settings(max_examples=400, deadline=None)
def test_any_text_below_a_header(scratch: Path, text: list[bytes], chunk: int) -> None:
    assert_agrees_with_slow_reader(scratch, HEADER + b"".join(text), chunk)


@given(st.data(), chunks)
@settings(max_examples=600, deadline=None)
def test_a_good_file_with_a_few_bytes_changed(scratch: Path, data: st.DataObject, chunk: int) -> None:
    content = HEADER + b'-1,0 1 20 255,Training\n6,"100 200 3 4",PublicTest\r\n' + GOOD * 2
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        stop = start + data.draw(st.integers(0, 4))
        content = content[:start] + data.draw(st.just(b"") | pieces) + content[stop:]
    assert_agrees_with_slow_reader(scratch, content, chunk)


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[bytes, Rows]:
    """A well-formed file in one of the many layouts, and what it says."""
    side = draw(st.integers(1, 4))
    pixels = st.lists(st.integers(0, 255), min_size=side**2, max_size=side**2)
    rows = draw(st.lists(st.tuples(st.integers(-1, 6), st.integers(0, 2), pixels), min_size=1, max_size=8))
    names = draw(
        st.permutations(["emotion", "pixels", "Usage", *draw(st.lists(st.just("extra"), max_size=2))])
    )
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    blank, quote = draw(st.sampled_from(["", " "])), draw(st.sampled_from(["", '"']))
    extra = draw(st.sampled_from(["", "x", "0 0", "\u00e9"]))
    lines = [names] + [
        [
            {"emotion": str(emotion), "Usage": USAGES[usage], "pixels": " ".join(map(str, image))}.get(
                name, extra
            )
            for name in names
        ]
        for emotion, usage, image in rows
    ]
    text = line_end.join(f",{blank}".join(f"{quote}{field}{quote}" for field in line) for line in lines)
    text = draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", line_end, 2 * line_end]))
    return text.encode(), rows


@given(csv_files(), chunks)
@settings(max_examples=300, deadline=None)
def test_round_trip(scratch: Path, file: tuple[bytes, Rows], chunk: int) -> None:
    content, rows = file
    scratch.write_bytes(content)
    with patch.object(csv_lines, "CHUNK_BYTES", chunk), patch.object(pixel_text, "BATCH_BYTES", chunk):
        assert read(scratch) == rows


@given(st.binary(max_size=300), st.sampled_from(sorted(COMPRESSORS)), st.booleans(), st.data())
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
