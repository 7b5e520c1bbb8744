"""How the trainings went, as charts of the page."""

import pandas as pd

from facedenoise.report.chart import Chart, Line, Mark, draw_chart
from facedenoise.report.results import Results
from facedenoise.report.style import series_class

Curve = tuple[str, str, pd.DataFrame]  # name, look, history


def training_charts(results: Results) -> list[Chart]:
    """Draw score and loss of every training over its epochs.

    The validation scores come first, then the losses, in the same order of networks; the emotion classifier
    is among them only where it has epochs.
    """
    unet, gan = (
        [
            (results.titles[task], series_class(place), history)
            for place, (task, history) in enumerate(results.histories[model].items())
        ]
        for model in ("unet", "gan")
    )
    scores = [
        _chart("U-Net, validation", "PSNR, dB", unet, "val_psnr"),
        _chart("GAN, validation", "PSNR, dB", gan, "val_psnr"),
    ]
    losses = [
        _chart("U-Net, training", "loss, by factors", unet, "loss", logarithmic=True),
        _chart("GAN, training", "generator loss", gan, "generator_loss"),
    ]
    if results.classifier_is_trained:
        emotion = [("Emotion classifier", "plain", results.emotion_history)]
        scores.append(_chart("Emotion classifier, validation", "accuracy", emotion, "val_accuracy"))
        losses.append(_chart("Emotion classifier, training", "loss", emotion, "loss"))
    return scores + losses


def _chart(title: str, measure: str, curves: list[Curve], column: str, *, logarithmic: bool = False) -> Chart:
    """Draw one column of each history, with a dot at its last epoch."""
    lines, marks, spoken = [], [], []
    for name, kind, history in curves:
        points = [(float(x), float(y)) for x, y in zip(history["epoch"], history[column], strict=True)]
        (_, first), (epoch, last) = points[0], points[-1]
        lines.append(Line(kind, points))
        marks.append(Mark(kind, f"{name}: {last:.4g} after epoch {epoch:g}", epoch, last))
        spoken.append(f"{name}: from {first:.4g} to {last:.4g} in {epoch:g} epochs.")
    axes = ("epoch", measure)
    return draw_chart(title, " ".join(spoken), axes, lines, marks, whole=True, logarithmic=logarithmic)
