"""Name what a file is by its first line, where it is no CSV of faces."""

import re

from facedenoise.files import LFS_POINTER

OLD_MAC = "line ends of old Macs (CR alone); save it with those of Unix or Windows"

_EXPORT = "export a CSV from it"
_PARTED = "[^,]*pixels[^,]*{0}|[^,]*{0}[^,]*pixels"
_KINDS = {  # by how the line begins, in any case; bytes that are no UTF-8 are surrogates there
    r"\Z": "an empty file; get it again",
    r"\s*\Z": "a blank line above the header; take it out",
    "version https://git-lfs": LFS_POINTER,
    "(outs|md5|deps|frozen|meta|wdir):": (
        "a DVC pointer; `dvc pull` brings the file, whose name has no .dvc at its end"
    ),
    "PK[\1-\10]": "a ZIP archive, cut off or damaged; get it again",
    "7z\udcbc|Rar!|BZh[1-9]|[(]\udcb5/|]\0\0": "an archive of a kind that is not read; unpack it",
    "PAR1": "a Parquet file; only the pipeline reads it, as data.source",
    "\udc89PNG|\udcff\udcd8|GIF8": "a picture; put it in a folder and name that",
    "%PDF": f"a PDF; {_EXPORT}",
    "\udc80[\2-\5]": f"a pickle, which can run programs and is not read; {_EXPORT}",
    "\udc89HDF": f"HDF5; {_EXPORT}",
    "\udc93NUMPY": f"an array of NumPy; {_EXPORT}",
    "\udcd0\udccf\x11": f"a workbook of Excel, or another old file of Office; {_EXPORT}",
    "SQLite format": f"an SQLite database; {_EXPORT}",
    r"\s*[\[{]": f"JSON; {_EXPORT}",
    r"\s*<(!doctype|html|\?xml)": "a web page; log in where it came from and get the file again",
    r"\s*(#|//|%)": "a comment above the header; take it out",
    _PARTED.format(";"): "fields parted by semicolons; part them by commas",
    _PARTED.format("\t"): "fields parted by tabs; part them by commas",
    _PARTED.format("[|]"): "fields parted by |; part them by commas",
    r"(.*,)?\W?pixel[-_ ]?[0-9]": "a column for each pixel; write all into one, pixels, with blanks between",
    "[^\n]*\r.": OLD_MAC,
}


def kind_of(line: str) -> str | None:
    """Return what begins with this line, and what to do; None if that is unknown."""
    kinds = (kind for start, kind in _KINDS.items() if re.match(start, line, re.IGNORECASE))
    return next(kinds, None)
