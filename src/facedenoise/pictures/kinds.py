"""Name what a file is by its first bytes, where it is no picture that is read."""

from pathlib import Path

_HEAD = 132  # bytes
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
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "packed with gzip",
    **dict.fromkeys((b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"P7", b"Pf", b"PF"), "a portable anymap"),
}
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"crx ": "a camera's raw file", b"qt  ": "a video"}
_HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def kind_of(path: Path) -> str | None:
    """Return what a file is, in words after "this is"; None if that is unknown."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        return "an empty file"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return _BRANDS.get(brand, "HEIC, as phones write it" if brand in _HEIF else "a video")
    if head[128:132] == b"DICM":
        return "DICOM"
    starts = (head.lstrip(), head.lstrip().lower())  # the marks of texts are in any case
    return next(
        (name for mark, name in _MARKS.items() if any(each.startswith(mark) for each in starts)), None
    )
