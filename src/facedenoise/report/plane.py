"""The perception-distortion plane: fidelity to the face against likeness to clean faces.

Blau & Michaeli, "The perception-distortion tradeoff", CVPR 2018: what is gained in one is lost in the other.
"""

from collections.abc import Mapping

from facedenoise.report.chart import Chart, Line, Mark, draw_chart
from facedenoise.report.score import SCORES
from facedenoise.report.style import METHOD_TITLES, TASK_TITLES

Points = Mapping[str, Mapping[str, float]]
EQUAL = "unet_noisy_equal"


def point_titles(points: Points) -> dict[str, str]:
    """Name the points of a plane: `unet_gan_25` is a U-Net blended with 25% of the GAN."""
    return {name: _title(name, points[name]) for name in points}


def plane_chart(task: str, points: Points) -> Chart:
    """Draw the plane of a task.

    Parameters
    ----------
    task : str
        Its name.
    points : mapping of str to mapping of str to float
        For `noisy`, `unet`, `gan` and the blends: `psnr` and `frechet`.

    Returns
    -------
    Chart
        PSNR to the right, Fréchet distance upwards, by factors where all distances are positive. Two lines
        join the U-Net, through its blends, with the GAN and with the noisy image.
    """
    titles = point_titles(points)
    marks = [
        Mark(_kind(name), f"{titles[name]}: {_describe(point)}", point["psnr"], point["frechet"])
        for name, point in points.items()
    ]
    to_gan, to_noisy = (_line(other, points) for other in ("gan", "noisy"))
    spoken = ". ".join(f"{titles[name]}: {_describe(points[name])}" for name in ("noisy", "unet", "gan"))
    axes = (SCORES["psnr"].title, SCORES["frechet"].title)
    lines = [to_noisy, to_gan]
    return draw_chart(TASK_TITLES[task], f"{spoken}.", axes, lines, marks[::-1], logarithmic=True)


def plane_verdict(points: Points) -> str:
    """Say whether the GAN beats the U-Net blended with its noisy input, at equal PSNR.

    Parameters
    ----------
    points : mapping of str to mapping of str to float
        As for `plane_chart`. Without `unet_noisy_equal` no blend has the GAN's PSNR.

    Returns
    -------
    str
        One sentence.
    """
    gan, unet, equal = points["gan"], points["unet"], points.get(EQUAL)
    distance = SCORES["frechet"].write
    if equal is not None:
        blend = (
            f"the U-Net blended with {equal['share']:.1%} of its noisy input ({distance(equal['frechet'])})"
        )
        reach = f"At the same PSNR of {gan['psnr']:.2f} dB the GAN ({distance(gan['frechet'])})"
        if gan["frechet"] < equal["frechet"]:
            return f"{reach} is nearer to the clean faces than {blend}: a gain."
        return f"{reach} is no nearer to the clean faces than {blend}: no gain."
    if gan["psnr"] >= unet["psnr"]:
        nearer = "nearer to" if gan["frechet"] < unet["frechet"] else "no nearer to"
        return (
            f"The GAN gives up no PSNR, so there is no blend to compare with; it is {nearer} the clean faces "
            f"than the U-Net ({distance(gan['frechet'])} against {distance(unet['frechet'])})."
        )
    return "The GAN's PSNR is not above that of the noisy faces, so no blend reaches it: no gain."


def _title(name: str, point: Mapping[str, float]) -> str:
    if name == EQUAL:
        return f"U-Net with {point['share']:.1%} noisy input, at the GAN's PSNR"
    if name in METHOD_TITLES:
        return METHOD_TITLES[name]
    other, share = name.removeprefix("unet_").rsplit("_", 1)
    return f"U-Net with {share}% {'GAN' if other == 'gan' else 'noisy input'}"


def _kind(name: str) -> str:
    """Give the look of a point: one of the three methods, the equal blend, or a step of a line."""
    return name if name in {*METHOD_TITLES, EQUAL} else name.rsplit("_", 1)[0]


def _describe(point: Mapping[str, float]) -> str:
    return f"{point['psnr']:.2f} dB, Fréchet distance {SCORES['frechet'].write(point['frechet'])}"


def _line(other: str, points: Points) -> Line:
    """Join the U-Net, through its blends with another image, with that image."""
    blends = [name for name in points if name.startswith(f"unet_{other}_")]
    ends = {"unet", other}
    ordered = sorted({*blends} | ends, key=lambda name: points[name]["psnr"])
    return Line(f"unet_{other}", [(points[name]["psnr"], points[name]["frechet"]) for name in ordered])
