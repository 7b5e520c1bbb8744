"""Where the stages read and write."""

from pathlib import Path

SPLIT_NAMES = ("train", "val", "test")

SAMPLE = Path("data/raw/sample.csv")
SPLITS = Path("data/splits")
NOISY = Path("data/noisy")
MODELS_FOLDER = Path("models")
CLASSIFIER = MODELS_FOLDER / "classifier.safetensors"

REPORTS = Path("reports")
KINDS = REPORTS / "kinds.json"
DATA_AUDIT = REPORTS / "data.json"
METRICS = REPORTS / "metrics.json"
CROSS_NOISE = REPORTS / "cross_noise.json"
PLANE = REPORTS / "perception_distortion.json"
HISTORY = REPORTS / "history"
CLASSIFIER_HISTORY = HISTORY / "classifier.csv"
EVAL = REPORTS / "eval"
SHOWN = REPORTS / "shown"
FIGURES = REPORTS / "figures"
PAGE = REPORTS / "index.html"
MODEL_CARD = REPORTS / "model_card.md"

SEEDS = Path("benchmarks/results/seeds.json")


def split_file(split: str) -> Path:
    """Return the file of a split's clean tensors."""
    return SPLITS / f"{split}.safetensors"


def noisy_file(task: str, split: str) -> Path:
    """Return the file of a split's noisy tensors under a task's noise."""
    return NOISY / task / f"{split}.safetensors"


def weights_file(task: str, model: str) -> Path:
    """Return the file of the weights of a task's `unet`, `gan` or `discriminator`."""
    return MODELS_FOLDER / task / f"{model}.safetensors"


def history_file(task: str, model: str) -> Path:
    """Return the file of the epochs of a task's `unet` or `gan`."""
    return HISTORY / task / f"{model}.csv"


def eval_file(task: str, suffix: str) -> Path:
    """Return the file of a task's scores, image by image (csv) or summed up (json)."""
    return EVAL / f"{task}.{suffix}"


def shown_file(task: str) -> Path:
    """Return the file of the faces that the report shows of a task."""
    return SHOWN / f"{task}.safetensors"
