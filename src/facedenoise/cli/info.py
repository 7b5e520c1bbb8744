"""`facedenoise info`: which networks there are, trained on what, with which scores."""

import json
from argparse import Namespace
from pathlib import Path
from textwrap import shorten
from typing import Any

from pandas import DataFrame

from facedenoise.denoise.networks import PIPELINE, find_tasks, find_weights, trained
from facedenoise.errors import InputError
from facedenoise.files import read_json
from facedenoise.models import KIND, MODELS
from facedenoise.models.weights import read_weights

_LEGEND = """\
validation, test: PSNR in dB / SSIM; seeds: the standard deviation of test over trainings with other seeds;
data: SHA-256 of the CSV, its start; -: not known"""
_METRICS = Path("reports/metrics.json")  # the pipeline's scores, seen from the top of a checkout
_WORDS_SHOWN = 64  # characters of a noise; a mixture can have many more
_HASH_SHOWN = 12  # characters: enough to tell two apart


def run(options: Namespace) -> int:
    """Print what is known; return the exit status."""
    tasks = find_tasks(options.weights)
    files = [find_weights(task, model, options.weights) for task in tasks for model in MODELS]
    networks = [_describe(file) for file in files if file.is_file()]
    lines = [_table(networks), "", _LEGEND]
    if any(_evaluation(file) for file in files):
        lines.append(f"test, of the networks in {PIPELINE}/: what {_METRICS} says")
    lines += [f"missing: {file}" for file in files if not file.is_file()]
    print(json.dumps(networks, indent=2) if options.json else "\n".join(lines))  # noqa: T201
    return 0


def _describe(file: Path) -> dict[str, Any]:
    """Return all that the weights' description says, and what can be seen from outside."""
    weights, description = read_weights(file)
    if not isinstance(description, dict):
        raise InputError(f"{file}: these weights are not of this project (no description in them)")
    parameters = sum(tensor.numel() for tensor in weights.values())
    try:
        noise = trained(file).noise.description
    except InputError:
        noise = None
    seen = {"file": str(file), "parameters": parameters, "noise": noise, "colour": _colour(description)}
    return {**seen, **_evaluation(file), **description}


def _colour(description: dict[str, Any]) -> str:
    """Return which pictures a network sees; one that does not say is for grey."""
    settings = description.get(KIND)
    channels = settings.get("channels") if isinstance(settings, dict) else None
    return "RGB" if channels == 3 else "grey"  # noqa: PLR2004


def _evaluation(file: Path) -> dict[str, Any]:
    """Return the test scores of a network of the pipeline, which its file cannot know, if there are any."""
    if not (file.is_relative_to(PIPELINE) and _METRICS.is_file()):
        return {}
    try:
        scores = read_json(_METRICS)[file.parent.name][file.stem]
        return {"test": {"psnr": scores["psnr"], "ssim": scores["ssim"]}}
    except (ValueError, KeyError, TypeError):
        return {}


def _table(networks: list[dict[str, Any]]) -> str:
    rows = [
        {
            "task": network.get("task", "-"),
            "model": network.get("model", "-"),
            "colour": network["colour"],
            "parameters": f"{network['parameters']:,}",
            "validation": _scores(network.get("val")),
            "test": _scores(network.get("test")),
            "seeds": _scores(network.get("seed_sd")),
            "data": str(network.get("data_sha256") or "-")[:_HASH_SHOWN],
            "commit": str(network.get("commit") or "-")[:_HASH_SHOWN],
            "noise": shorten(network["noise"] or "-", _WORDS_SHOWN, placeholder=" ..."),
            "file": network["file"],
        }
        for network in networks
    ]
    return DataFrame(rows).to_string(index=False)


def _scores(scores: Any) -> str:  # noqa: ANN401 - a file may say anything
    try:
        return f"{scores['psnr']:.2f} / {scores['ssim']:.4f}"
    except (KeyError, TypeError, ValueError):
        return "-"
