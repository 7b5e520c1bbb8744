"""Score every denoiser of every task on the test faces and their fixed noise.

Reads the test split, its noisy variants and the trained weights; writes `reports/eval/TASK.csv`, one
row per image, and `reports/metrics.json`, the means. Denoised images are scored in floating point,
clipped to [0, 1] and not rounded to 8 bits: what a network does, not what a file format keeps of it.
"""

import json

import pandas as pd
import torch

from facedenoise.data.tensors import read_tensors, to_float
from facedenoise.evaluation.classical import median_filter
from facedenoise.evaluation.panel import mean_scores, score_images
from facedenoise.files import replacing
from facedenoise.inference import denoise, load_denoiser
from facedenoise.params import TASKS
from stages import run
from stages.paths import METRICS, noisy_file, scores_file, split_file, weights_file
from stages.settings import load_params


def main() -> None:
    """Score each task, write its table, then the means of all."""
    load_params()  # a bad param stops here as in every stage, before any work
    test = read_tensors(split_file("test"))
    clean = to_float(test["images"])
    means: dict[str, dict[str, dict[str, float]]] = {}
    for task in TASKS:
        table = score_images(clean, test["row"], estimates(task))
        with replacing(scores_file(task)) as path:
            table.to_csv(path, index=False, lineterminator="\n")
        means[task] = mean_scores(table)
    with replacing(METRICS) as path:
        path.write_text(json.dumps(means, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    print(readable(means))


def estimates(task: str) -> dict[str, torch.Tensor]:
    """Give what each method makes of a task's noisy test faces."""
    noisy = to_float(read_tensors(noisy_file(task, "test"))["images"])
    return {
        "noisy": noisy,
        "classical": median_filter(noisy),
        "unet": denoise(load_denoiser(weights_file(task, "unet")), noisy),
        "gan": denoise(load_denoiser(weights_file(task, "gan")), noisy),
    }


def readable(means: dict[str, dict[str, dict[str, float]]]) -> str:
    """Lay out the means as a table for the terminal."""
    lines = {(task, method): scores for task, methods in means.items() for method, scores in methods.items()}
    table = pd.DataFrame.from_dict(lines, orient="index", columns=["psnr", "ssim"])
    return table.rename_axis(["task", "method"]).to_string(float_format="%.4f")


if __name__ == "__main__":
    run(main)
