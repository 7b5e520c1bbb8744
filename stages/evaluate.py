"""Score one task: every method on the same test faces under their fixed noise.

Writes `reports/eval/TASK.csv`, one row per image; `reports/eval/TASK.json`, all scores; and
`reports/shown/TASK.safetensors`, the faces that the report shows. Where the noise varies, the CSV has a
column `noise`, the kind that was drawn for the image. Denoised images are scored in floating point, clipped
to [0, 1] and not rounded to 8 bits: the scores judge the method, not a file format.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors.torch import save
from torch import Tensor

from facedenoise.classifier.prediction import load_classifier
from facedenoise.evaluation.classical import Tuned, methods_for, tune, tuning_places
from facedenoise.evaluation.judge import distances, require_enough
from facedenoise.evaluation.panel import assemble_panel
from facedenoise.evaluation.rounding import rounded
from facedenoise.evaluation.scored import Scored
from facedenoise.evaluation.shown import shown_faces
from facedenoise.evaluation.tradeoff import EQUAL, Blend
from facedenoise.files import replacing, sha256_of, write_json
from facedenoise.images.tensors import read_tensors, to_float
from facedenoise.models import MODELS
from facedenoise.models.inputs import TaskNoise
from facedenoise.noise import Noise
from facedenoise.progress import progress_bar
from facedenoise.shards import map_shards
from facedenoise.shards.rows import shards_of
from stages import run
from stages.paths import CLASSIFIER, eval_file, noisy_file, shown_file, split_file, weights_file
from stages.scoring import Scoring
from stages.settings import load_task
from stages.states import finished_shards

SPLITS = ("val", "test")


def main() -> None:
    """Score the methods of a task, and keep the faces that are shown."""
    params, task = load_task()
    noise = TaskNoise(params.tasks[task].noise, params.noise.seed, task)
    test = read_tensors(split_file("test"))
    require_enough(len(test["row"]))
    settings = [{"noise": noise.noise.entry(), "seed": noise.seed}]
    with finished_shards(f"evaluate@{task}", settings, inputs(task)) as folder:
        tuned = tune_all(noise)
        scored = Scored(score_all(Scoring(noise, tuned, folder), len(test["row"])))
        table = scored.table().join(drawn_kinds(noise, test["row"]))
        distances, plane = judge(scored, methods(tuned))
        panel = assemble_panel(table, distances, tuned, test["in_train"].bool().numpy())
        panel["plane"] = plane
        panel["networks"] = {model: network_facts(task, model) for model in MODELS}
        shown = {"noisy": "noisy", **dict(zip(MODELS, MODELS, strict=True))}
        shown |= {"classical": panel["best_classical"], "clean": "clean"}
        faces = shown_faces(table, {name: scored.faces(method) for name, method in shown.items()})
    with replacing(eval_file(task, "csv")) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    with replacing(shown_file(task)) as temporary:
        temporary.write_bytes(save(faces))
    write_json(eval_file(task, "json"), panel)


def inputs(task: str) -> list[Path]:
    """Return the files that the scores depend on."""
    pairs = [file for split in SPLITS for file in (split_file(split), noisy_file(task, split))]
    return [*pairs, *(weights_file(task, model) for model in MODELS), CLASSIFIER]


def methods(tuned: Mapping[str, Tuned]) -> tuple[str, ...]:
    """Return what is scored, in the order of the scores."""
    return "noisy", *tuned, *MODELS


def tune_all(noise: TaskNoise) -> dict[str, Tuned]:
    """Tune the classical methods on validation faces."""
    names = methods_for(noise.noise)
    found = map_shards(partial(tune_on_val, task=noise.task), names)
    return dict(zip(names, shown_as(f"{noise.task}: tuning", found, len(names)), strict=True))


def tune_on_val(method: str, *, task: str) -> Tuned:
    """Tune a classical method on those validation faces that it looks at."""
    clean, noisy = (read_tensors(file)["images"] for file in (split_file("val"), noisy_file(task, "val")))
    places = tuning_places(len(clean))
    return tune(method, to_float(noisy[places]), to_float(clean[places]))


def score_all(scoring: Scoring, count: int) -> list[Path]:
    """Score so many test faces; return the files of the shards."""
    shards = shards_of("test", count)
    return [*shown_as(f"{scoring.noise.task}: scoring", map_shards(scoring, shards), len(shards))]


def judge(
    scored: Scored, names: Sequence[str]
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Return the distances of each method from the clean faces, and the perception-distortion plane."""
    clean, plane = scored.traits("clean"), scored.plane()
    asked, equal = {name: Blend(name, name, 0.0) for name in names}, scored.equal(plane)
    if equal:
        asked[EQUAL] = equal
    told_apart = scored.two_sample(asked)
    if equal:
        plane[EQUAL] = {
            **scored.point(equal, load_classifier(CLASSIFIER)),
            "two_sample": told_apart[EQUAL],
            "share": rounded(equal.share),
        }
    near = {name: distances(clean, scored.traits(name)) for name in names}
    return {
        name: {
            "spectrum_error": near[name]["spectrum_error"],
            "two_sample": told_apart[name],
            "frechet": near[name]["frechet"],
        }
        for name in names
    }, plane


def shown_as(title: str, results: Iterable[Any], total: int) -> Iterable[Any]:
    """Show a bar while results come."""
    return progress_bar(results, total=total, desc=title)


def drawn_kinds(noise: TaskNoise, rows: Tensor) -> pd.DataFrame:
    """Return the column `noise` of the scores, or none if the noise is the same for all images."""
    kinds = {"noise": [kind_of(each) for each in noise.drawn(rows)]} if noise.noise.varies else {}
    return pd.DataFrame(kinds, index=range(len(rows)))


def kind_of(drawn: Noise) -> str:
    """Return the kind of a noise with fixed numbers; for a sequence, the kinds of its parts joined by `+`."""
    return "+".join(kind_of(part) for part in drawn.parts) or drawn.kind


def network_facts(task: str, model: str) -> dict[str, int | str]:
    """Return the size of a network and the hash of its file."""
    file = weights_file(task, model)
    parameters = sum(tensor.numel() for tensor in read_tensors(file).values())
    return {"parameters": parameters, "sha256": sha256_of(file)}


if __name__ == "__main__":
    run(main)
