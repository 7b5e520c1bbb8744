"""The perception-distortion plane: fidelity to the face against likeness to clean faces.

Blau & Michaeli, "The perception-distortion tradeoff", CVPR 2018: a gain in one is a loss in the other.
"""

from collections.abc import Mapping

from facedenoise.report.chart import Chart, Line, Mark, draw_chart
from facedenoise.report.results import Results
from facedenoise.report.score import SCORES
from facedenoise.report.style import METHOD_TITLES

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


def point_title(name: str, point: Point) -> str:
    """Name a point of a plane: `unet_gan_25` is a U-Net blended with 25% of the GAN."""
    kind, share = _kind_and_share(name, point)
    if kind == EQUAL:
        return f"U-Net with {share:.1%} noisy input, at the GAN's PSNR"
    return METHOD_TITLES.get(kind) or f"U-Net with {share:.0%} {LEGEND[kind].removeprefix('U-Net with ')}"


def plane_chart(title: str, points: Points) -> Chart:
    """Draw the plane of a task.

    Parameters
    ----------
    title : str
        The title of the task.
    points : mapping of str to mapping of str to float
        For `noisy`, `unet`, `gan` and the blends: `psnr` and `frechet`.

    Returns
    -------
    Chart
        PSNR to the right, Fréchet distance upwards, by factors where all distances are positive. Two lines
        join the U-Net, through its blends, with the GAN and with the noisy image.
    """
    marks = {name: _mark(name, point) for name, point in points.items()}
    lines = [_line(other, points) for other in ("noisy", "gan")]
    spoken = " ".join(f"{marks[name].text}." for name in ("noisy", "unet", "gan"))
    axes = (SCORES["psnr"].title, SCORES["frechet"].title)
    return draw_chart(title, spoken, axes, lines, [*marks.values()][::-1], logarithmic=True)


def plane_legend(results: Results) -> dict[str, str]:
    """Name the kinds of points that are drawn, in the order of the legend."""
    planes = [panel["plane"] for panel in results.panels.values()]
    drawn = {_kind_and_share(name, point)[0] for points in planes for name, point in points.items()}
    return {kind: title for kind, title in LEGEND.items() if kind in drawn}


def plane_verdicts(results: Results) -> list[tuple[str, str]]:
    """Return the title of each task and the verdict on it."""
    return [
        (results.titles[task], plane_verdict(panel["plane"], panel["gan"]["two_sample"]))
        for task, panel in results.panels.items()
    ]


def plane_verdict(points: Points, two_sample: float) -> str:
    """Say whether the GAN beats the U-Net blended with its noisy input, at equal PSNR.

    Distances count as equal if they are written alike. The blend, `unet_noisy_equal`, exists only if the
    GAN's PSNR is between those of the noisy faces and of the U-Net. The two-sample score is the GAN's.
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


def _kind_and_share(name: str, point: Point) -> tuple[str, float]:
    """Return a point's key of `LEGEND`, and which share of it is not the U-Net."""
    if name == EQUAL:
        return name, point["share"]
    if name in METHOD_TITLES:
        return name, float(name != "unet")
    kind, share = name.rsplit("_", 1)
    return kind, int(share) / 100


def _mark(name: str, point: Point) -> Mark:
    distance = f"Fréchet distance {SCORES['frechet'].write(point['frechet'])}"
    text = f"{point_title(name, point)}: {point['psnr']:.2f} dB, {distance}"
    return Mark(_kind_and_share(name, point)[0], text, point["psnr"], point["frechet"])


def _line(other: str, points: Points) -> Line:
    """Join the U-Net, through its blends with another image, with that image."""
    names = [name for name in points if name in {"unet", other} or name.startswith(f"unet_{other}_")]
    ordered = sorted(names, key=lambda name: _kind_and_share(name, points[name])[1])
    return Line(f"unet_{other}", [(points[name]["psnr"], points[name]["frechet"]) for name in ordered])
