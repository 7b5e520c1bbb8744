"""How the trainings went, as charts of the page."""

from collections.abc import Mapping

import pandas as pd

from facedenoise.report.chart import Chart, Line, Mark, draw_chart
from facedenoise.report.results import Results
from facedenoise.report.style import TASK_TITLES


def training_charts(results: Results) -> list[Chart]:
    """Draw score and loss of every training over its epochs.

    Parameters
    ----------
    results : Results
        Its histories are drawn; that of the emotion classifier only where it has epochs.

    Returns
    -------
    list of Chart
        First the validation scores, then the losses, in the same order of networks.
    """
    unet, gan = results.histories["unet"], results.histories["gan"]
    scores = [
        _chart("U-Net, validation", "PSNR, dB", unet, "val_psnr"),
        _chart("GAN, validation", "PSNR, dB", gan, "val_psnr"),
    ]
    losses = [
        _chart("U-Net, training", "loss, by factors", unet, "loss", logarithmic=True),
        _chart("GAN, training", "generator loss", gan, "generator_loss"),
    ]
    if len(results.emotion_history):
        emotion = {"emotion": results.emotion_history}
        scores.append(_chart("Emotion classifier, validation", "accuracy", emotion, "val_accuracy"))
        losses.append(_chart("Emotion classifier, training", "loss", emotion, "loss"))
    return scores + losses


def _chart(
    title: str,
    measure: str,
    histories: Mapping[str, pd.DataFrame],
    column: str,
    *,
    logarithmic: bool = False,
) -> Chart:
    """Draw one column of each history, with a dot at its last epoch."""
    lines, marks, spoken = [], [], []
    for kind, history in histories.items():
        points = [(float(x), float(y)) for x, y in zip(history["epoch"], history[column], strict=True)]
        (_, first), (epoch, last) = points[0], points[-1]
        name = TASK_TITLES.get(kind, "Emotion classifier")
        lines.append(Line(kind, points))
        marks.append(Mark(kind, f"{name}: {last:.4g} after epoch {epoch:g}", epoch, last))
        spoken.append(f"{name}: from {first:.4g} to {last:.4g} in {epoch:g} epochs.")
    axes = ("epoch", measure)
    return draw_chart(title, " ".join(spoken), axes, lines, marks, whole=True, logarithmic=logarithmic)
