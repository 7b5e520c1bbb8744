"""How the trainings went, as charts of the page."""

import pandas as pd

from facedenoise.report.chart import Chart, Line, Mark, draw_chart
from facedenoise.report.results import Results
from facedenoise.report.style import series_class

Curve = tuple[str, str, "pd.Series[float]"]  # name, look, values by epoch


def training_charts(results: Results) -> list[Chart]:
    """Draw score and loss of every training over its epochs.

    The validation scores come first, then the losses, in the same order of networks. The classifier has
    charts only if it was trained.
    """
    scores = [
        _chart("U-Net, validation", "PSNR, dB", _curves(results, "unet", "val_psnr")),
        _chart("GAN, validation", "PSNR, dB", _curves(results, "gan", "val_psnr")),
    ]
    losses = [
        _chart("U-Net, training", "minus PSNR, dB", _curves(results, "unet", "loss")),
        _chart("GAN, training", "generator loss, dB", _curves(results, "gan", "generator_loss")),
    ]
    if results.classifier_is_trained:
        history = results.classifier_history.set_index("epoch")
        accuracies: list[Curve] = [
            ("Accuracy", "plain", history["val_accuracy"]),
            ("Balanced accuracy", "plain dashed", history["val_balanced_accuracy"]),
        ]
        scores.append(_chart("Classifier, validation", "accuracy; dashed: balanced", accuracies))
        losses.append(_chart("Classifier, training", "loss", [("Loss", "plain", history["loss"])]))
    return scores + losses


def _curves(results: Results, model: str, column: str) -> list[Curve]:
    """Return one column of the history of each task."""
    return [
        (results.titles[task], series_class(place), history.set_index("epoch")[column])
        for place, (task, history) in enumerate(results.histories[model].items())
    ]


def _chart(title: str, measure: str, curves: list[Curve]) -> Chart:
    """Draw curves, with a dot at the last epoch of each."""
    lines, marks, spoken = [], [], []
    for name, kind, values in curves:
        points = [(float(x), float(y)) for x, y in zip(values.index, values, strict=True)]
        (_, first), (epoch, last) = points[0], points[-1]
        lines.append(Line(kind, points))
        marks.append(Mark(kind, f"{name}: {last:.4g} after epoch {epoch:g}", epoch, last))
        spoken.append(f"{name}: from {first:.4g} to {last:.4g} in {epoch:g} epochs.")
    axes = ("epoch", measure)
    return draw_chart(title, " ".join(spoken), axes, lines, marks, whole=True)
