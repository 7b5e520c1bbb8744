"""Score one task: every method on the same test faces under their fixed noise.

Writes `reports/eval/TASK.csv`, one row per image; `reports/eval/TASK.json`, all scores; and
`reports/shown/TASK.safetensors`, the faces that the report shows. Where the noise varies, the CSV has a
column `noise`, the kind that was drawn for the image. Denoised images are scored in floating point, clipped
to [0, 1] and not rounded to 8 bits: the scores judge the method, not a file format.
"""

import pandas as pd
from safetensors.torch import save
from torch import Tensor

from facedenoise.classifier.prediction import load_classifier
from facedenoise.evaluation.classical import Tuned, apply, methods_for, tune
from facedenoise.evaluation.judge import Judge
from facedenoise.evaluation.panel import assemble_panel, score_table
from facedenoise.evaluation.shown import shown_faces
from facedenoise.evaluation.tradeoff import perception_distortion
from facedenoise.files import replacing, sha256_of, write_json
from facedenoise.images.tensors import read_tensors, to_float
from facedenoise.models import MODELS
from facedenoise.models.inference import denoise, load_denoiser
from facedenoise.models.inputs import TaskNoise
from facedenoise.noise import Noise
from facedenoise.progress import progress_bar
from stages import run
from stages.paths import CLASSIFIER, eval_file, noisy_file, shown_file, split_file, weights_file
from stages.settings import load_task


def main() -> None:
    """Score the methods of a task, and keep the faces that are shown."""
    params, task = load_task()
    noise = TaskNoise(params.tasks[task].noise, params.noise.seed, task)
    test, noisy = read_tensors(split_file("test")), noisy_images(task, "test")
    judge = Judge(load_classifier(CLASSIFIER), to_float(test["images"]))
    classical, tuned = classical_estimates(task, noise.noise, noisy)
    own = network_estimates(noise, test["row"])
    images = {"noisy": noisy, **classical, **own}
    table = score_table(judge, test["row"], test["emotion"], images).join(drawn_kinds(noise, test["row"]))
    panel = assemble_panel(table, images, judge, tuned, test["in_train"].bool().numpy())
    panel["plane"] = perception_distortion(noisy, own["unet"], own["gan"], judge)
    panel["networks"] = {model: network_facts(task, model) for model in MODELS}
    best = classical[panel["best_classical"]]
    shown = shown_faces(table, {"noisy": noisy, **own, "classical": best, "clean": judge.clean})
    with replacing(eval_file(task, "csv")) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    with replacing(shown_file(task)) as temporary:
        temporary.write_bytes(save(shown))
    write_json(eval_file(task, "json"), panel)


def noisy_images(task: str, split: str) -> Tensor:
    """Return the noisy images of a split."""
    return to_float(read_tensors(noisy_file(task, split))["images"])


def classical_estimates(task: str, noise: Noise, noisy: Tensor) -> tuple[dict[str, Tensor], dict[str, Tuned]]:
    """Return what the classical methods make of the test faces, and how they were tuned on val."""
    clean_val, noisy_val = to_float(read_tensors(split_file("val"))["images"]), noisy_images(task, "val")
    tuned, estimates = {}, {}
    for method in progress_bar(methods_for(noise), desc=f"{task}: classical methods", unit=" methods"):
        tuned[method] = tune(method, noisy_val, clean_val)
        estimates[method] = apply(method, noisy, tuned[method].strength)
    return estimates, tuned


def network_estimates(noise: TaskNoise, rows: Tensor) -> dict[str, Tensor]:
    """Return what the networks make of the noisy test faces."""
    noisy = read_tensors(noisy_file(noise.task, "test"))["images"]
    networks = {model: load_denoiser(weights_file(noise.task, model)) for model in MODELS}
    return {
        model: denoise(network, noise.inputs(noisy, rows, told=network.level))
        for model, network in networks.items()
    }


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
