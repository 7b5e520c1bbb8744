"""A finished run in a folder, with made-up numbers, for the tests of what reads it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from helpers import write_tensors

from facedenoise.evaluation.shown import shown_faces
from facedenoise.images.fer2013 import EMOTIONS
from facedenoise.images.tensors import to_float
from facedenoise.report.results import Results

ROOT = Path(__file__).resolve().parents[1]
Read = Callable[..., Results]  # takes the options of `write_run`, reads what it wrote

STRENGTHS = {"median": 3.0, "nlm": 0.08, "tv": 0.0566, "wavelet": 0.04}
GAINS = {"noisy": 0.0, "unet": 5.9, "gan": 5.2}
GAINS |= {"median": 1.1, "nlm": 2.6, "tv": 3.0, "wavelet": 2.1, "biharmonic": 3.7}
BEYOND_THE_UNET = 6.0  # the gain of a GAN that gives up no PSNR
STARTS = (33.0, 24.5, 15.0)  # PSNR of the noisy faces
MIXTURE: dict[str, Any] = {
    "kind": "one_of",
    "of": [
        {"kind": "gaussian", "std": [0.0, 0.25], "factor": 2},
        {"kind": "poisson", "peak": [20, 500]},
        {
            "kind": "sequence",
            "of": [
                {"kind": "gaussian", "std": [0.0, 0.1], "factor": 2},
                {"kind": "salt_pepper", "factor": [0.0, 0.3]},
            ],
        },
    ],
}
DRAWN = ("gaussian", "poisson", "gaussian+salt_pepper")
"""What `evaluate` calls its parts."""


def run_content(
    csv: str = "data/raw/sample.csv",
    tasks: int = 3,
    title: str | None = None,
    noise: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the project's params with another CSV, so many tasks, another title and noise of the first."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["data"]["source"] = csv
    own = content["tasks"]
    more = {f"task_{place}": {**own["low_gaussian"], "title": None} for place in range(len(own), tasks)}
    content["tasks"] = dict([*own.items(), *more.items()][:tasks])
    if title is not None:
        own["low_gaussian"]["title"] = title
    if noise is not None:
        own["low_gaussian"]["noise"] = noise
    return content


def methods(place: int) -> tuple[str, ...]:
    """Name the methods of a task; every third has the one that repairs salt and pepper."""
    repair = ("biharmonic",) if place % 3 == 2 else ()
    return ("noisy", *STRENGTHS, *repair, "unet", "gan")


def interval(mean: float, width: float) -> dict[str, float]:
    return {"mean": round(mean, 4), "low": round(mean - width, 4), "high": round(mean + width, 4)}


def scores(place: int, method: str, *, labels: bool, equal: bool) -> dict[str, Any]:
    gain = BEYOND_THE_UNET if method == "gan" and not equal else GAINS[method]
    likeness = gain + (1.2 if method == "gan" else 0)  # to clean faces as such
    given: dict[str, Any] = {
        "psnr": interval(STARTS[place % 3] + 1.3 * gain, 0.12),
        "ssim": interval(0.78 + 0.03 * gain, 0.002),
        "gmsd": interval(0.12 - 0.015 * gain, 0.001),
        "haarpsi": interval(0.62 + 0.05 * gain, 0.003),
        "spectrum_error": round(0.9 - 0.12 * likeness, 4),
        "two_sample": round(0.99 - 0.05 * likeness, 4),
        "frechet": round(9.1 * 0.6**likeness, 4),
    }
    if method in STRENGTHS:
        given["strength"] = STRENGTHS[method]
    if labels:
        given["label_accuracy"] = interval(0.41 + 0.055 * gain, 0.021)
        given["balanced_accuracy"] = interval(0.36 + 0.045 * gain, 0.026)
        given["label_agreement"] = interval(0.47 + 0.08 * gain, 0.019)
    return given


def panel_of(place: int, *, labels: bool, copies: bool, equal: bool) -> dict[str, Any]:
    panel = {method: scores(place, method, labels=labels, equal=equal) for method in methods(place)}
    result: dict[str, Any] = {**panel, "plane": plane(panel), "best_classical": methods(place)[-3]}
    result["clean"] = {"label_accuracy": 0.7712, "balanced_accuracy": 0.6934} if labels else {}
    facts = {"parameters": 1000 + place, "sha256": "a" * 64}
    result["networks"] = {"unet": facts, "gan": facts}
    names = ("psnr", "ssim", *(("label_accuracy", "balanced_accuracy") if labels else ()))
    pairs = {
        "unet_minus_noisy": ("unet", "noisy"),
        "unet_minus_classical": ("unet", result["best_classical"]),
        "gan_minus_unet": ("gan", "unet"),
    }
    result["differences"] = {
        pair: {
            name: interval(panel[one][name]["mean"] - panel[other][name]["mean"], 0.0025) for name in names
        }
        for pair, (one, other) in pairs.items()
    }
    if copies:
        left = {method: {name: panel[method][name] for name in ("psnr", "ssim")} for method in panel}
        result["without_copies"] = {"faces": 2, **left}
    return result


def plane(panel: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Place the panel's methods on the plane; a blend has the GAN's PSNR where the U-Net's is above it."""
    noisy, unet, gan = (point(panel[method]) for method in ("noisy", "unet", "gan"))
    points = {"noisy": noisy, "unet": unet, "gan": gan}
    points |= {f"unet_gan_{share}": blend(unet, gan, share / 100) for share in (25, 50, 75)}
    points |= {f"unet_noisy_{share}": blend(unet, noisy, share / 100) for share in (5, 10, 20, 40)}
    if gan["psnr"] < unet["psnr"]:
        share = round((unet["psnr"] - gan["psnr"]) / (unet["psnr"] - noisy["psnr"]), 4)
        equal = blend(unet, noisy, share) | {"psnr": gan["psnr"]}
        points["unet_noisy_equal"] = {**equal, "two_sample": 0.83, "share": share}
    return points


def point(scores: dict[str, Any]) -> dict[str, float]:
    distances = {name: scores[name] for name in ("frechet", "spectrum_error")}
    return {"psnr": scores["psnr"]["mean"], **distances}


def blend(one: dict[str, float], other: dict[str, float], share: float) -> dict[str, float]:
    return {name: round(one[name] + share * (other[name] - one[name]), 4) for name in one}


def score_table(place: int, faces: int, labels: int) -> pd.DataFrame:
    random = np.random.default_rng(place)
    columns: dict[str, Any] = {"row": np.arange(faces) + 32298}
    for method in methods(place):
        columns[f"{method}_psnr"] = random.uniform(27, 34, faces).round(4)
        columns[f"{method}_ssim"] = random.uniform(0.7, 0.9, faces).round(4)
    columns["label"] = random.integers(0, labels, faces) if labels else np.full(faces, -1)
    return pd.DataFrame(columns)


def versions(place: int, faces: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return what each method makes of the faces: "denoised" ones are noisy ones that are turned."""
    generator = torch.Generator().manual_seed(place)
    noise = torch.randint(-20, 21, faces.shape, generator=generator)
    noisy = (faces + noise).clamp(0, 255).to(torch.uint8)
    turned = {
        name: noisy.rot90(turns, (2, 3)) for turns, name in enumerate(("noisy", "unet", "gan", "classical"))
    }
    return {**turned, "clean": faces}


def write_run(
    folder: Path,
    faces: torch.Tensor,
    *,
    labels: Sequence[str] = EMOTIONS,
    trained: bool = True,
    copies: bool = True,
    equal: bool = True,
    **params: Any,
) -> None:
    """Write the params, splits and reports of a run whose test faces are these.

    The faces may have `labels` of these names, the classifier may be `trained`, some faces may be `copies` of
    training faces, and the U-Net may have a blend with its noisy input that is `equal` in PSNR to the GAN.
    The params are those of `run_content`.
    """
    content, reports = run_content(**params), folder / "reports"
    content["data"]["colour"] = "rgb" if faces.shape[1] == 3 else "grey"
    (folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    label = torch.arange(len(faces)) % len(labels) if labels else torch.full((len(faces),), -1)
    for split in ("train", "val", "test"):
        tensors = {"images": faces, "emotion": label}
        write_tensors(folder / f"data/splits/{split}.safetensors", tensors, labels)
    write_tensors(folder / "models/classifier.safetensors", {"weight": torch.zeros(1)})
    trained = trained and len(labels) > 1
    write_history(reports / "history/classifier.csv", epochs=4 if trained else 0)
    write_json(reports / "data.json", audit(faces, labels))
    write_json(
        reports / "cross_noise.json",
        {model: cross_noise(list(content["tasks"])) for model in ("unet", "gan")},
    )
    for place, task in enumerate(content["tasks"]):
        for model in ("unet", "gan"):
            write_history(reports / f"history/{task}/{model}.csv")
        write_json(reports / f"eval/{task}.json", panel_of(place, labels=trained, copies=copies, equal=equal))
        table = score_table(place, len(faces), len(labels))
        if content["tasks"][task]["noise"] == MIXTURE:
            table["noise"] = [DRAWN[face % len(DRAWN)] for face in range(len(faces))]
        table.to_csv(reports / f"eval/{task}.csv", index=False)
        images = {name: to_float(batch) for name, batch in versions(place, faces).items()}
        write_tensors(reports / f"shown/{task}.safetensors", shown_faces(table, images))
        write_tensors(folder / f"data/noisy/{task}/test.safetensors", {"images": images["noisy"]})


def cross_noise(tasks: list[str]) -> dict[str, Any]:
    """Score the network of each task on every noise, best on its own."""
    return {
        trained: {
            noise: {"psnr": STARTS[place % 3] + (7.6 if noise == trained else 1.0 - place), "ssim": 0.9}
            for place, noise in enumerate(tasks)
        }
        for trained in tasks
    }


def write_history(path: Path, epochs: int = 4) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    falling = 0.03 * 0.8 ** np.arange(epochs)
    losses, rising = dict.fromkeys(("loss", "generator_loss"), falling), 30 - falling
    columns = {"epoch": np.arange(1, epochs + 1), **losses, "val_psnr": rising}
    columns |= {"val_accuracy": rising / 40, "val_balanced_accuracy": rising / 50}
    pd.DataFrame(columns).to_csv(path, index=False)


def audit(faces: torch.Tensor, labels: Sequence[str]) -> dict[str, Any]:
    emotions = dict.fromkeys(labels, 1) | {"none": 0 if labels else len(faces)}
    rows = {"rows": 1234, "kept": len(faces), "left_out": 7, "constant": 3, "copies": 5, "emotions": emotions}
    shared = {"train_val": 11, "train_test": 13, "val_test": 17}
    splits = dict.fromkeys(("train", "val", "test"), rows)
    return {"image_size": faces.shape[-1], **splits, "copies_across": shared}


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))
