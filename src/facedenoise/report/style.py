"""The names and colours that the page and the pictures share."""

from collections.abc import Sequence

from facedenoise.images.tensors import NO_LABEL

METHOD_TITLES = {
    "noisy": "Noisy",
    "median": "Median",
    "nlm": "Non-local means",
    "tv": "Total variation",
    "wavelet": "Wavelet",
    "biharmonic": "Biharmonic inpainting",
    "unet": "U-Net",
    "gan": "GAN",
}
COLUMN_TITLES = {"noisy": "Noisy", "classical": "Best classical", "unet": "U-Net", "gan": "GAN"}
"""The four that the headline compares; `classical` is the method that is best on validation."""

INK, QUIET = "#1f2328", "#656d76"

# The palette of Okabe & Ito, without its yellow and black. Readers with any kind of colour vision can tell
# its colours apart. Beside each colour is a lighter one for a dark page.
SERIES = (
    ("#0072B2", "#5ab4f0"),
    ("#D55E00", "#ff9a57"),
    ("#009E73", "#3ec79b"),
    ("#CC79A7", "#e79ac6"),
    ("#E69F00", "#f0e442"),
    ("#56B4E9", "#b9e2ff"),
)


def label_name(labels: Sequence[str], code: int) -> str:
    """Name the label of a face by its code."""
    return "no label" if code == NO_LABEL else labels[code]


def capitalised(name: str) -> str:
    """Begin a name with a capital, and leave the rest as it is."""
    return name[:1].upper() + name[1:]


def series_class(place: int) -> str:
    """Return the CSS classes of a task's curves; where the colours begin again, the lines are dashed."""
    again, colour = divmod(place, len(SERIES))
    return f"series-{colour} dashed" if again else f"series-{colour}"
