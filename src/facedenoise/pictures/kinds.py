"""Name what a file is by its first bytes, where it is nothing that is read."""

HEAD = 132
"""How many bytes tell the kind."""

_LFS = "a Git-LFS pointer, not the file itself; `git lfs pull` brings it"
_DVC = "a DVC pointer, not the file itself; `dvc pull` brings it, under the name without .dvc"
_POINTERS = {b"version https://git-lfs": _LFS} | dict.fromkeys(
    (b"outs:", b"md5:", b"deps:", b"frozen:", b"meta:", b"wdir:"), _DVC
)
_MARKS: dict[bytes, str] = {
    b"GIF8": "a GIF",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"8BPS": "a Photoshop document",
    b"%PDF": "a PDF",
    b"<svg": "an SVG, which has no pixels",
    b"<?xml": "XML",
    b"<!doctype": "a page of the web",
    b"<html": "a page of the web",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "a Radiance HDR",
    b"SIMPLE  =": "FITS",
    b"\x93NUMPY": "an array of NumPy",
    b"\x89HDF": "HDF5",
    b"SQLite format": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "a workbook of Excel, or another old file of Office",
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "packed with gzip",
    **dict.fromkeys((b"7z\xbc\xaf", b"Rar!", b"BZh", b"\x28\xb5\x2f\xfd", b"]\0\0"), "an archive"),
    **dict.fromkeys((b"\x80\2", b"\x80\3", b"\x80\4", b"\x80\5"), "a pickle, which can run programs"),
    **dict.fromkeys((b"[", b"{"), "JSON"),
    **dict.fromkeys((b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"P7", b"Pf", b"PF"), "a portable anymap"),
}
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"crx ": "a camera's raw file", b"qt  ": "a video"}
_HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def named(head: bytes, remedy: str) -> str | None:
    """Return what a file is that begins so, and what to do: `remedy`, but for pointers; None if unknown."""
    if pointer := _mark_of(head, _POINTERS):
        return pointer
    kind = _kind_of(head)
    return f"this is {kind}, which is not read; {remedy}" if kind else None


def _kind_of(head: bytes) -> str | None:
    if not head:
        return "an empty file"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return _BRANDS.get(brand, "HEIC, as phones write it" if brand in _HEIF else "a video")
    return "DICOM" if head[128:HEAD] == b"DICM" else _mark_of(head, _MARKS)


def _mark_of(head: bytes, marks: dict[bytes, str]) -> str | None:
    starts = (head.lstrip(), head.lstrip().lower())  # the marks of texts are in any case
    return next((name for mark, name in marks.items() if any(each.startswith(mark) for each in starts)), None)
