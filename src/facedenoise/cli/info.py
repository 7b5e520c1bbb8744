"""`facedenoise info`: which networks there are, trained on what, with which scores."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facedenoise.cli.choices import TASKS
from facedenoise.errors import InputError
from facedenoise.released import MODELS, PIPELINE, find_weights

_EXAMPLES = """\
examples: facedenoise info
          facedenoise info --json | jq -c '.[] | {task, model, test}'"""
_LEGEND = "validation, test: PSNR in dB / SSIM; data: SHA-256 of the CSV, its start; -: not known"
_METRICS = Path("reports/metrics.json")  # the pipeline's scores, seen from the top of a checkout
_METRICS_LEGEND = f"test, of the networks in {PIPELINE}/: what {_METRICS} says"
_HASH_SHOWN = 12  # characters: enough to tell two apart


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "info",
        help="say which networks there are, trained on what, with which scores",
        description="Say which networks there are, trained on what, with which scores.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--weights", type=Path, metavar="DIR", help="where TASK/MODEL.safetensors are")
    parser.add_argument("--json", action="store_true", help="print all that is known, as a JSON array")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    files = [find_weights(task, model, options.weights) for task in TASKS for model in MODELS]
    networks = [_describe(file) for file in files if file.is_file()]
    if not networks:
        raise InputError(
            f"{files[0]}: no such file, nor any other weights; `dvc repro` or `dvc pull` brings them"
        )
    if options.json:
        print(json.dumps(networks, indent=2))  # noqa: T201
        return 0
    print(_table(networks), _LEGEND, sep="\n\n")  # noqa: T201
    if any(_evaluation(file) for file in files):
        print(_METRICS_LEGEND)  # noqa: T201
    for file in files:
        if not file.is_file():
            print(f"missing: {file}")  # noqa: T201
    return 0


def _describe(file: Path) -> dict[str, Any]:
    """Give all that the weights' description says, and what can be seen from outside."""
    from facedenoise.models.weights import read_weights  # noqa: PLC0415 - slow

    weights, description = read_weights(file)
    if not isinstance(description, dict):
        raise InputError(f"{file}: these weights are not of this project (no description in them)")
    parameters = sum(tensor.numel() for tensor in weights.values())
    return {"file": str(file), "parameters": parameters, **_evaluation(file), **description}


def _evaluation(file: Path) -> dict[str, Any]:
    """Give the test scores of a network of the pipeline, which its file cannot know, where they are there."""
    if not (file.is_relative_to(PIPELINE) and _METRICS.is_file()):
        return {}
    try:
        scores = json.loads(_METRICS.read_text(encoding="utf-8"))[file.parent.name][file.stem]
        return {"test": {"psnr": scores["psnr"], "ssim": scores["ssim"]}}
    except (ValueError, KeyError, TypeError):
        return {}


def _table(networks: Sequence[dict[str, Any]]) -> str:
    from pandas import DataFrame  # noqa: PLC0415 - slow

    rows = [
        {
            "task": network.get("task", "-"),
            "model": network.get("model", "-"),
            "parameters": f"{network['parameters']:,}",
            "validation": _scores(network.get("val")),
            "test": _scores(network.get("test")),
            "data": str(network.get("data_sha256") or "-")[:_HASH_SHOWN],
            "commit": str(network.get("commit") or "-")[:_HASH_SHOWN],
            "file": network["file"],
        }
        for network in networks
    ]
    return DataFrame(rows).to_string(index=False)


def _scores(scores: Any) -> str:  # noqa: ANN401 - a file may say anything
    if not isinstance(scores, dict):
        return "-"
    return f"{_number(scores.get('psnr'), 2)} / {_number(scores.get('ssim'), 4)}"


def _number(value: Any, digits: int) -> str:  # noqa: ANN401
    return f"{value:.{digits}f}" if isinstance(value, int | float) else "-"
