"""The perception-distortion plane: fidelity to the face against likeness to clean faces.

Blau & Michaeli, "The perception-distortion tradeoff", CVPR 2018: what is gained in one is lost in the other.
"""

from collections.abc import Mapping

from facedenoise.report.chart import Chart, Line, Mark, draw_chart
from facedenoise.report.results import Results
from facedenoise.report.score import SCORES
from facedenoise.report.style import METHOD_TITLES, TASK_TITLES

Point = Mapping[str, float]
Points = Mapping[str, Point]
EQUAL = "unet_noisy_equal"
LEGEND = {
    "noisy": METHOD_TITLES["noisy"],
    "unet": METHOD_TITLES["unet"],
    "gan": METHOD_TITLES["gan"],
    "unet_gan": "U-Net with GAN",
    "unet_noisy": "U-Net with noisy input",
    EQUAL: "the same at the GAN's PSNR",
}
NEARER, FURTHER = "nearer to the clean faces than", "further from the clean faces than"


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


def plane_legend(planes: Mapping[str, Points]) -> dict[str, str]:
    """Name the kinds of points that are drawn, in the order of the legend."""
    drawn = {_kind(name) for points in planes.values() for name in points}
    return {kind: title for kind, title in LEGEND.items() if kind in drawn}


def plane_verdicts(results: Results) -> dict[str, str]:
    """Give each task's verdict, by its name."""
    return {
        task: plane_verdict(points, results.evaluations[task]["gan"]["two_sample"])
        for task, points in results.planes.items()
    }


def plane_verdict(points: Points, two_sample: float) -> str:
    """Say whether the GAN beats the U-Net blended with its noisy input, at equal PSNR.

    Distances that are written alike count as equal.

    Parameters
    ----------
    points : mapping of str to mapping of str to float
        As for `plane_chart`. The blend with the GAN's PSNR, `unet_noisy_equal`, is missing where that PSNR
        does not lie between those of the noisy faces and of the U-Net.
    two_sample : float
        The GAN's two-sample score.

    Returns
    -------
    str
        One sentence, or two.
    """
    gan = points["gan"]
    if EQUAL in points:
        return _against_blend(gan, points[EQUAL], two_sample)
    if gan["psnr"] <= points["noisy"]["psnr"]:
        psnr, noisy = (SCORES["psnr"].write(point["psnr"]) for point in (gan, points["noisy"]))
        return f"The GAN's PSNR ({psnr} dB) is not above that of the noisy faces ({noisy} dB): no gain."
    return _against_unet(gan, points["unet"])


def _against_blend(gan: Point, blend: Point, two_sample: float) -> str:
    distance, told, error = (SCORES[name].write for name in ("frechet", "two_sample", "spectrum_error"))
    nearness = _nearness(gan, blend)
    return (
        f"At the same PSNR of {gan['psnr']:.2f} dB the GAN (Fréchet distance {distance(gan['frechet'])}) is "
        f"{nearness} the U-Net blended with {blend['share']:.1%} of its noisy input "
        f"({distance(blend['frechet'])}): {'a gain' if nearness == NEARER else 'no gain'}. "
        f"Two-sample score: {told(two_sample)} against {told(blend['two_sample'])}; "
        f"spectrum error: {error(gan['spectrum_error'])} against {error(blend['spectrum_error'])}."
    )


def _against_unet(gan: Point, unet: Point) -> str:
    distance = SCORES["frechet"].write
    nearness = _nearness(gan, unet)
    return (
        f"The GAN's PSNR ({gan['psnr']:.2f} dB) is not below that of the U-Net ({unet['psnr']:.2f} dB), "
        f"{'but' if nearness == FURTHER else 'and'} it is {nearness} the U-Net "
        f"(Fréchet distance {distance(gan['frechet'])} against {distance(unet['frechet'])})."
    )


def _nearness(point: Point, other: Point) -> str:
    """Compare two Fréchet distances as they are written."""
    written = [SCORES["frechet"].write(each["frechet"]) for each in (point, other)]
    if written[0] == written[1]:
        return "as near to the clean faces as"
    return NEARER if point["frechet"] < other["frechet"] else FURTHER


def _title(name: str, point: Point) -> str:
    if name == EQUAL:
        return f"U-Net with {point['share']:.1%} noisy input, at the GAN's PSNR"
    if name in METHOD_TITLES:
        return METHOD_TITLES[name]
    other, share = name.removeprefix("unet_").rsplit("_", 1)
    return f"U-Net with {share}% {'GAN' if other == 'gan' else 'noisy input'}"


def _share(name: str, point: Point) -> float:
    """Give how much of a blend is not the U-Net: 0 for the U-Net itself, 1 for the other image alone."""
    if name in METHOD_TITLES:
        return float(name != "unet")
    return point["share"] if name == EQUAL else int(name.rsplit("_", 1)[1]) / 100


def _kind(name: str) -> str:
    """Give the look of a point: one of the three methods, the equal blend, or a step of a line."""
    return name if name in {*METHOD_TITLES, EQUAL} else name.rsplit("_", 1)[0]


def _describe(point: Point) -> str:
    return f"{point['psnr']:.2f} dB, Fréchet distance {SCORES['frechet'].write(point['frechet'])}"


def _line(other: str, points: Points) -> Line:
    """Join the U-Net, through its blends with another image, with that image."""
    names = [name for name in points if name in {"unet", other} or name.startswith(f"unet_{other}_")]
    ordered = sorted(names, key=lambda name: _share(name, points[name]))
    return Line(f"unet_{other}", [(points[name]["psnr"], points[name]["frechet"]) for name in ordered])
