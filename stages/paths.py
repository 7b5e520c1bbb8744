"""Where the outs lie."""

from pathlib import Path

SAMPLE = Path("data/raw/sample.csv")
SPLITS = Path("data/splits")
DATA_AUDIT = Path("reports/data.json")
METRICS = Path("reports/metrics.json")
CROSS_NOISE = Path("reports/cross_noise.json")
PLANE = Path("reports/perception_distortion.json")
EMOTION = Path("models/emotion.safetensors")
EMOTION_HISTORY = Path("reports/history/emotion.csv")
FIGURES = Path("reports/figures")
PAGE = Path("reports/index.html")
MODEL_CARD = Path("reports/model_card.md")


def split_file(split: str) -> Path:
    """Give the clean tensors of a split."""
    return SPLITS / f"{split}.safetensors"


def noisy_file(task: str, split: str) -> Path:
    """Give the noisy tensors of a split under a task's noise."""
    return Path(f"data/noisy/{task}/{split}.safetensors")


def weights_file(task: str, model: str) -> Path:
    """Give the weights of a task's `unet`, `gan` or `discriminator`."""
    return Path(f"models/{task}/{model}.safetensors")


def history_file(task: str, model: str) -> Path:
    """Give the epochs of a task's `unet` or `gan`."""
    return Path(f"reports/history/{task}/{model}.csv")


def scores_file(task: str) -> Path:
    """Give the scores of a task, image by image."""
    return Path(f"reports/eval/{task}.csv")


def panel_file(task: str) -> Path:
    """Give all scores of a task, summed up."""
    return Path(f"reports/eval/{task}.json")
