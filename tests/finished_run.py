"""A finished run in a folder, with made-up numbers and tiny networks, for the tests of what reads it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from helpers import write_tensors

from facedenoise.data.fer2013 import EMOTIONS
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import write_weights
from facedenoise.params import TASKS, Params, parse_params

ROOT = Path(__file__).resolve().parents[1]

SCORES = {"psnr": 34.0, "ssim": 0.93, "gmsd": 0.05, "haarpsi": 0.9}
STRENGTHS = {"median": 3.0, "nlm": 0.08, "tv": 0.0566, "wavelet": 0.04}
GAINS = {
    "noisy": 0.0,
    "median": 1.1,
    "nlm": 2.6,
    "tv": 3.0,
    "wavelet": 2.1,
    "biharmonic": 3.7,
    "unet": 5.9,
    "gan": 5.2,
}
BEYOND_THE_UNET = 6.0  # the gain of a GAN that gives up no PSNR
START = {"low_gaussian": 33.0, "high_gaussian": 24.5, "salt_pepper": 15.0}


def methods(task: str) -> tuple[str, ...]:
    repair = ("biharmonic",) if task == "salt_pepper" else ()
    return ("noisy", *STRENGTHS, *repair, "unet", "gan")


def best_classical(task: str) -> str:
    return "biharmonic" if task == "salt_pepper" else "tv"


def interval(mean: float, width: float) -> dict[str, float]:
    return {"mean": round(mean, 4), "low": round(mean - width, 4), "high": round(mean + width, 4)}


def gain_of(method: str, *, equal: bool) -> float:
    return BEYOND_THE_UNET if method == "gan" and not equal else GAINS[method]


def scores(task: str, method: str, *, labels: bool, equal: bool) -> dict[str, Any]:
    gain = gain_of(method, equal=equal)
    likeness = gain + (1.2 if method == "gan" else 0)  # to clean faces as such
    given: dict[str, Any] = {
        "psnr": interval(START[task] + 1.3 * gain, 0.12),
        "ssim": interval(0.78 + 0.03 * gain, 0.002),
        "gmsd": interval(0.12 - 0.015 * gain, 0.001),
        "haarpsi": interval(0.62 + 0.05 * gain, 0.003),
        "spectrum_error": round(0.9 - 0.12 * likeness, 4),
        "two_sample": round(0.99 - 0.05 * likeness, 4),
        "frechet": round(9.1 * 0.6**likeness, 4),
    }
    if method in STRENGTHS:
        given["strength"] = STRENGTHS[method]
    if method in (*STRENGTHS, "biharmonic"):
        given["val_psnr"] = round(given["psnr"]["mean"] - 0.05, 4)
    if labels:
        given["emotion_accuracy"] = interval(0.41 + 0.055 * gain, 0.021)
        given["emotion_agreement"] = interval(0.47 + 0.08 * gain, 0.019)
    return given


def evaluation(task: str, *, labels: bool, copies: bool, equal: bool) -> dict[str, Any]:
    result: dict[str, Any] = {
        method: scores(task, method, labels=labels, equal=equal) for method in methods(task)
    }
    names = ("psnr", "ssim", *(("emotion_accuracy",) if labels else ()))
    best = best_classical(task)
    pairs = {
        "unet_minus_noisy": ("unet", "noisy"),
        "unet_minus_classical": ("unet", best),
        "gan_minus_unet": ("gan", "unet"),
    }
    result["differences"] = {
        pair: {
            name: interval(result[one][name]["mean"] - result[other][name]["mean"], 0.0025) for name in names
        }
        for pair, (one, other) in pairs.items()
    }
    if copies:
        left = {method: {name: result[method][name] for name in ("psnr", "ssim")} for method in methods(task)}
        result["without_copies"] = {"faces": 2, **left}
    return result


def headline(task: str, panel: dict[str, Any], *, labels: bool) -> dict[str, Any]:
    best = best_classical(task)
    behind = {"noisy": "noisy", "classical": best, "unet": "unet", "gan": "gan"}
    names = ("psnr", "ssim", *(("emotion_accuracy",) if labels else ()))
    result: dict[str, Any] = {
        column: {name: panel[method][name]["mean"] for name in names} for column, method in behind.items()
    }
    result["classical"] = {"method": best, **result["classical"]}
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


def across(trained: str, own: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Score a network on every noise; on its own as its panel says."""
    scores: dict[str, dict[str, float]] = {
        noise: {"psnr": START[noise] + 1.0 - place, "ssim": 0.9} for place, noise in enumerate(TASKS)
    }
    return {**scores, trained: {name: own[name]["mean"] for name in ("psnr", "ssim")}}


def score_table(task: str, faces: int, seed: int, *, labels: bool) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    columns: dict[str, Any] = {"row": np.arange(faces) + 32298}
    for method in methods(task):
        for name, value in SCORES.items():
            columns[f"{method}_{name}"] = (value * random.uniform(0.8, 1.0, faces)).round(4)
    columns["emotion"] = random.integers(0, 7, faces) if labels else np.full(faces, -1)
    for seen in ("clean", *methods(task)):
        columns[f"{seen}_emotion"] = random.integers(0, 7, faces)
    return pd.DataFrame(columns)


def write_evaluations(
    reports: Path, faces: int, *, labels: bool = True, copies: bool = True, equal: bool = True
) -> None:
    """Write all that `evaluate` writes, of so many test faces."""
    panels = {task: evaluation(task, labels=labels, copies=copies, equal=equal) for task in TASKS}
    metrics: dict[str, Any] = {task: headline(task, panel, labels=labels) for task, panel in panels.items()}
    metrics["clean"] = {"emotion_accuracy": 0.7712} if labels else {}
    cross = {
        model: {trained: across(trained, panels[trained][model]) for trained in TASKS}
        for model in ("unet", "gan")
    }
    write_json(reports / "metrics.json", metrics)
    write_json(reports / "cross_noise.json", cross)
    planes = {task: plane(panel) for task, panel in panels.items()}
    write_json(reports / "perception_distortion.json", planes)
    for place, task in enumerate(TASKS):
        write_json(reports / f"eval/{task}.json", panels[task])
        table = score_table(task, faces, place, labels=labels)
        table.to_csv(reports / f"eval/{task}.csv", index=False)


def write_run(
    folder: Path,
    faces: torch.Tensor,
    *,
    labels: bool = True,
    trained: bool = True,
    copies: bool = True,
    equal: bool = True,
) -> None:
    """Write the splits, noisy faces, weights and reports of a run whose test faces are these.

    The faces may have `labels`, the emotion classifier may be `trained`, some faces may be `copies` of
    training faces, and the U-Net may have a blend with its noisy input that is `equal` in PSNR to the GAN.
    """
    generator = torch.Generator().manual_seed(0)
    emotion = torch.arange(len(faces)) % 7 if labels else torch.full((len(faces),), -1)
    for split in ("train", "val", "test"):
        write_tensors(folder / f"data/splits/{split}.safetensors", {"images": faces, "emotion": emotion})
    for task in TASKS:
        noise = torch.randint(-20, 21, faces.shape, generator=generator)
        noisy = (faces + noise).clamp(0, 255).to(torch.uint8)
        write_tensors(folder / f"data/noisy/{task}/test.safetensors", {"images": noisy})
        for model in ("unet", "gan"):
            write_network(folder / f"models/{task}/{model}.safetensors")
            write_history(folder / f"reports/history/{task}/{model}.csv")
    write_network(folder / "models/emotion.safetensors")
    write_history(folder / "reports/history/emotion.csv", epochs=4 if labels and trained else 0)
    write_json(folder / "reports/data.json", audit(faces, labels=labels))
    write_evaluations(folder / "reports", len(faces), labels=labels, copies=copies, equal=equal)


def write_network(path: Path) -> None:
    """Write an untrained denoiser: it gives back what it is given."""
    settings = {"widths": [2, 2], "blocks": [1, 1], "attention": True, "keep_unsaturated": False}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = AttentionUNet([2, 2], [1, 1])
    write_weights(path, network.state_dict(), {"attention_unet": settings})


def write_history(path: Path, epochs: int = 4) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    falling = 0.03 * 0.8 ** np.arange(epochs)
    columns = {
        "loss": falling,
        "generator_loss": falling,
        "val_psnr": 30 - falling,
        "val_accuracy": 0.8 - falling,
    }
    pd.DataFrame({"epoch": np.arange(1, epochs + 1), **columns}).to_csv(path, index=False)


def audit(faces: torch.Tensor, *, labels: bool) -> dict[str, Any]:
    emotions = dict.fromkeys(EMOTIONS, 1 if labels else 0) | {"none": 0 if labels else len(faces)}
    rows = {"rows": 1234, "kept": len(faces), "left_out": 7, "constant": 3, "copies": 5, "emotions": emotions}
    shared = {"train_val": 11, "train_test": 13, "val_test": 17}
    splits = dict.fromkeys(("train", "val", "test"), rows)
    return {"image_size": faces.shape[-1], **splits, "copies_across": shared}


def run_params(csv: str = "data/raw/sample.csv") -> Params:
    """Give the project's params with another CSV."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["data"]["csv"] = csv
    return parse_params(content, "params.yaml")


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))
