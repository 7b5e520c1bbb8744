"""What is kept of EXIF."""

from PIL import Image
from PIL.ExifTags import IFD, Base

from facedenoise.pictures.picture import INCH, Resolution

# Of the first directory; its other tags say how a TIFF is stored, or what a `Picture` says itself.
_KEPT = {
    Base.ImageDescription,
    Base.Make,
    Base.Model,
    Base.Software,
    Base.DateTime,
    Base.Artist,
    Base.HostComputer,
    Base.Rating,
    Base.Copyright,
    Base.XPTitle,
    Base.XPComment,
    Base.XPAuthor,
    Base.XPKeywords,
    Base.XPSubject,
    IFD.Exif,
    IFD.GPSInfo,
}


def kept_exif(exif: Image.Exif) -> bytes | None:
    """Return what is kept of EXIF, as `Picture.exif` has it; None if that is nothing, or EXIF is broken.

    The other tags are taken out of `exif` itself.
    """
    try:
        for tag in set(exif) - _KEPT:
            del exif[tag]
        for tag, value in exif.items():
            if isinstance(value, str) and not value.isascii():
                exif[tag] = value.encode("latin-1")  # the very bytes; Pillow would write question marks
        return exif.tobytes() if len(exif) else None
    except Exception:  # Pillow raises nearly anything on broken EXIF, and the pixels matter more
        return None


def resolution_of(image: Image.Image) -> Resolution | None:
    """Return what an opened picture says by its format's own means, or else by EXIF that is not broken."""
    if dpi := image.info.get("dpi"):
        return Resolution(float(dpi[0]), float(dpi[1]))
    exif = image.getexif()
    if Base.XResolution not in exif or Base.YResolution not in exif:
        return None
    x, y, unit = exif[Base.XResolution], exif[Base.YResolution], exif.get(Base.ResolutionUnit, INCH)
    try:
        return Resolution(float(x), float(y), int(unit))
    except (TypeError, ValueError):
        return None


def with_resolution(exif: bytes | None, dpi: tuple[float, float]) -> bytes:
    """Return EXIF that says the resolution, too, for a format that has no other place for it."""
    written = loaded(exif)
    written[Base.XResolution], written[Base.YResolution], written[Base.ResolutionUnit] = *dpi, INCH
    return written.tobytes()


def loaded(exif: bytes | None) -> Image.Exif:
    """Return EXIF's tags; none for no EXIF."""
    tags = Image.Exif()
    tags.load(exif or b"")
    return tags
