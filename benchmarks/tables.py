"""Write the tables of the documents from the results of the benchmarks.

python benchmarks/tables.py      # or `make docs`: writes them anew between the marks in README.md and docs/

A mark is a comment: `<!-- table: quality -->` before the table, and `<!-- table: end -->` after it.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import pandas as pd
from common import RESULTS, ROOT

from facedenoise.files import replacing
from facedenoise.models import MODELS

DOCUMENTS = (
    "README.md", "docs/benchmarks.md", "docs/many-machines.md", "docs/reproducible.md", "docs/scale.md",
)  # fmt: skip
MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- table: end -->)", re.DOTALL)
Cells = Sequence[object]
LEVELS = {
    "gaussian": "Gaussian, sigma {}",
    "salt_pepper": "impulses, {:.0%}",
    "poisson": "Poisson, {} photons",
    "gaussian_0.03_salt_pepper": "Gaussian, sigma 0.03, then impulses, {:.0%}",
}
LEVEL_COLUMNS = (
    ("noisy",),
    ("bm3d", "nonlocal_means", "biharmonic"),
    ("ffdnet", "anscombe_ffdnet"),
    ("low_gaussian", "high_gaussian", "salt_pepper"),
    ("told",),
    ("chosen",),
)
PLANNED = 100  # million rows
TASKS = {
    "low_gaussian": "low Gaussian",
    "high_gaussian": "high Gaussian",
    "salt_pepper": "salt-and-pepper",
}
METHODS = {
    "bm3d": "BM3D",
    "biharmonic": "biharmonic inpainting",
    "nonlocal_means": "non-local means",
    "nonlocal_means_fast": "non-local means, fast mode",
    "unet": "U-Net",
    "gan": "GAN",
    "released_unet": "U-Net in the package",
    "blend": "U-Net blended with its input",
    "gan_weight_zero": "GAN, adversarial weight 0",
}
PARTS = {
    "no-gates": "the attention gates",
    "no-chain": "the chain: untrained at first",
    "one-noise": "fresh noise: the same in every epoch",
}
SCORES = {"psnr": "PSNR, dB", "spectrum_error": "spectrum error", "two_sample": "told from clean"}
SPREAD = ("mean", "standard deviation", "lowest", "highest")


def main() -> None:
    """Write the tables of all documents."""
    for name in DOCUMENTS:
        document = ROOT / name
        content = with_tables(document.read_text(encoding="utf-8"))
        with replacing(document) as temporary:
            temporary.write_text(content, encoding="utf-8")


def with_tables(document: str) -> str:
    """Return a document with the tables that its marks ask for; KeyError for one that does not exist."""
    return MARKED.sub(lambda mark: f"{mark[1]}{TABLES[mark[2]]()}\n{mark[3]}", document)


def result(name: str) -> Any:  # noqa: ANN401
    """Return what a benchmark has measured."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def markdown(head: Cells, rows: Iterable[Cells], measured: dict[str, Any]) -> str:
    """Write a table, and below it the processor that it was measured on."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    table = "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)
    return f"{table}\n\n*{machine(measured)}.*"


def machine(measured: dict[str, Any]) -> str:
    """Name the processor, and how PyTorch uses it."""
    cpu = measured["machine"]["cpu"].replace("(R)", "").replace(" Processor", "")
    name = f"{cpu}, {measured['machine']['cores']} cores"
    return f"{name} ({measured['device']})" if "device" in measured else name


def quality() -> str:
    """Return PSNR and SSIM of the pipeline's networks beside the best classical denoiser."""
    measured, rows = result("quality"), []
    for task, of in measured["tasks"].items():
        rival = next(name for name in ("bm3d", "biharmonic") if name in of["methods"])
        scores = [_quality(of["methods"][name]) for name in ("noisy", rival, "unet", "gan")]
        rows.append(
            [TASKS[task], scores[0], f"{scores[1]} ({METHODS[rival]})", f"**{scores[2]}**", scores[3]]
        )
    return markdown(["PSNR in dB / SSIM", "noisy", "best classical", "U-Net", "GAN"], rows, measured)


def leads() -> str:
    """Return the difference in PSNR from the best classical denoiser, with its interval."""
    head = ["PSNR minus that of the best classical, dB", *TASKS.values()]
    return "\n\n".join(
        markdown(head, [_lead(measured, model, where) for model in MODELS], measured)
        for measured, where in ((result("quality"), ""), (result("quality_released"), ", in the package"))
    )


def _lead(measured: dict[str, Any], model: str, where: str) -> Cells:
    intervals = [_interval(of["over_classical"][model]["psnr"]) for of in measured["tasks"].values()]
    return [METHODS[model] + where, *intervals]


def seeds() -> str:
    """Return how far seeds move the PSNR of the default run."""
    measured = result("seeds")
    rows = []
    for (task, of), model in product(measured["tasks"].items(), MODELS):
        rows.append([f"{TASKS[task]}, {METHODS[model]}", *_spread(of[model]["psnr"])])
    return markdown([f"PSNR in dB, {len(measured['seeds'])} runs", *SPREAD], rows, measured)


def chain() -> str:
    """Return how far seeds move the PSNR of a task's U-Net, after the tasks before it and without them."""
    measured = result("chain")
    psnr: dict[str, list[float]] = {}
    for row in measured["trainings"]:
        before = row["chain"].split()[: row["chain"].split().index(row["task"])]
        start = f"after {', '.join(TASKS[task] for task in before)}" if before else "untrained at first"
        psnr.setdefault(f"{TASKS[row['task']]}, {start}", []).append(row["test_psnr"])
    runs = max(map(len, psnr.values()))
    rows = [[name, *_spread(scores, digits=3)] for name, scores in psnr.items()]
    return markdown([f"PSNR in dB, {runs} runs", *SPREAD], rows, measured)


def _spread(scores: Sequence[float], *, digits: int = 2) -> Cells:
    series = pd.Series(scores)
    return [f"{value:.{digits}f}" for value in (series.mean(), series.std(), series.min(), series.max())]


def levels() -> str:
    """Return the PSNR under each noise; each column has the best of its methods."""
    measured, rows = result("levels"), []
    for name, series in measured["series"].items():
        for row in series:
            found = [
                [row["psnr"][method]["mean"] for method in of if method in row["psnr"]]
                for of in LEVEL_COLUMNS
            ]
            cells = [f"{max(psnr):.2f}" if psnr else "" for psnr in found]
            rows.append([LEVELS[name].format(row["strength"]), *cells])
    head = [
        "noise: PSNR in dB",
        "noisy",
        "classical",
        "FFDNet, told",
        "trained at one strength",
        "`any`, told",
    ]
    return markdown([*head, "by estimate"], rows, measured)


def time_to_quality() -> str:
    """Return how long a training takes to reach the reference's published PSNR."""
    measured = result("time_to_quality")
    rows = [
        [
            TASKS[row["task"]],
            f"{row['published']:.2f}",
            f"{row['seconds']:.0f} s",
            f"{row['reference_seconds'] / 60:.0f} min",
            f"{row['times_faster_with_before']:.0f}",
        ]
        for row in measured["tasks"]
    ]
    head = ["noise", "published PSNR, dB", "U-Net passes it after", "20 epochs of the recipe take"]
    return markdown([*head, "times as long, with our tasks before"], rows, measured)


def equal_budgets() -> str:
    """Return the PSNR of ours and of the reference's recipe after the same time."""
    measured = result("equal_budgets")
    psnr = {(row["task"], row["way"]): f"{row['test_psnr']:.2f}" for row in measured["tasks"]}
    rows = [[TASKS[task], psnr[task, "ours"], psnr[task, "reference"]] for task in TASKS]
    head = [f"PSNR after {measured['budget'] / 60:.0f} minutes a task, dB", "U-Net", "the recipe"]
    return markdown(head, rows, measured)


def pipeline() -> str:
    """Return how long each stage takes on the real faces."""
    measured = result("pipeline")
    seconds = pd.Series(measured["seconds"])
    minutes = (seconds.groupby(seconds.index.str.split("@").str[0], sort=False).sum() / 60).to_dict()
    rows = [*minutes.items(), ("all", sum(minutes.values()))]
    cells = [[stage, f"{value:.1f}"] for stage, value in rows]
    head = ["stage, all tasks", f"minutes (at most {measured['peak_mb'] / 1000:.1f} GB in one process)"]
    return markdown(head, cells, measured)


def parts() -> str:
    """Return what the U-Net's PSNR gains or loses without each part of the method."""
    rows = [
        [PARTS[row["without"]], TASKS[row["task"]], *_finding(row, 2)]
        for row in _parts("unet", "psnr")
        if row["without"] in PARTS
    ]
    head = ["without", "noise", "PSNR, dB", "seeds alone move it by up to", ""]
    return markdown(head, rows, result("parts"))


def weight_zero() -> str:
    """Return what the GAN's scores are without its adversarial loss."""
    rows = [
        [TASKS[row["task"]], SCORES[score], f"{row['default']:.{digits}f}", *_finding(row, digits)]
        for score, digits in (("psnr", 2), ("spectrum_error", 4), ("two_sample", 3))
        for row in _parts("gan", score)
        if row["without"] == "weight-zero"
    ]
    head = ["noise", "score", "GAN", "without the loss", "seeds alone move it by up to", ""]
    return markdown(head, rows, result("parts"))


def _parts(model: str, score: str) -> list[dict[str, Any]]:
    """Return the findings on a score of a model, but for the tasks that a part does not change."""
    return [
        {"without": name.rpartition("-")[0], **row}
        for name, of in result("parts")["parts"].items()
        for row in of["scores"]
        if (row["model"], row["score"]) == (model, score) and row["verdict"] != "the same"
    ]


def _finding(row: dict[str, Any], digits: int) -> Cells:
    return [_signed(row["mean"], digits), f"{row['seeds']:.{digits}f}", row["verdict"]]


def gan() -> str:
    """Return PSNR, spectrum error and the share told from clean faces, for the GAN and its rivals."""
    methods = ("unet", "blend", "gan", "gan_weight_zero")
    rows = [
        [f"{TASKS[task]}{where}", *(_perception(of[method]) if method in of else "" for method in methods)]
        for name, where in (("gan", ""), ("gan_released", ", in the package"))
        for task, of in result(name)["tasks"].items()
    ]
    head = ["PSNR in dB / spectrum error / told from clean", *(METHODS[method] for method in methods)]
    return markdown(head, rows, result("gan"))


def inference() -> str:
    """Return the images per second of each denoiser."""
    measured = result("inference")
    speed = {(row["task"], row["way"]): _speed(row["median"]) for row in measured["ways"]}
    ways = dict.fromkeys(way for _, way in speed)
    rows = [[METHODS[way], *(speed.get((task, way), "") for task in TASKS)] for way in ways]
    return markdown(["images a second", *TASKS.values()], rows, measured)


def throughput() -> str:
    """Return the training images per second, as the pipeline trains and in two other ways."""
    measured = result("throughput")
    rows = [
        [way.replace("_", " "), f"{speed['median']:.0f}", f"{speed['best']:.0f}"]
        for way, speed in measured["images_a_second"].items()
    ]
    return markdown(["training images a second", "median", "best"], rows, measured)


def ingest() -> str:
    """Return time and memory of reading FER2013's CSV."""
    measured = result("ingest")
    runs = {name: pd.DataFrame(runs).median() for name, runs in measured["runs"].items()}
    rows = [[name, f"{run['seconds']:.1f}", f"{run['peak_mb']:.0f}"] for name, run in runs.items()]
    head = [f"reads {measured['bytes'] / 1e6:.0f} MB of CSV", "seconds", "peak memory, MB"]
    return markdown(head, rows, measured)


def ingest_growth() -> str:
    """Return time and memory of the split over the size of the CSV."""
    measured = result("ingest_growth")
    rows = [
        [f"{run['rows']:,}", f"{run['seconds']:.0f}", f"{run['peak_mb']:.0f}"] for run in measured["runs"]
    ]
    return markdown(["rows split and given their noise", "seconds", "peak memory, MB"], rows, measured)


def scale() -> str:
    """Return time and memory of each stage over the number of rows."""
    measured = result("scale")
    rows = [[run["stage"], f"{run['rows']:,}", *_growth(run)] for runs in by_stage(measured) for run in runs]
    head = ["stage", "rows", "seconds", "seconds a million rows", "peak memory, MB"]
    return markdown(head, rows, measured)


def scale_plan() -> str:
    """Return space and time for many more rows, in proportion to the largest set that was measured."""
    measured = result("scale")
    csv = ["CSV", *_space(measured["csv_bytes_a_row"]), ""]
    rows = [csv, *(_plan(runs[-1]) for runs in by_stage(measured))]
    return markdown(["", "bytes a row", f"{PLANNED} million rows: GB", "hours"], rows, measured)


def memory() -> str:
    """Return the peak memory of each stage over the number of rows, and what follows for many more."""
    measured = result("memory")
    counts = sorted({run["rows"] for run in measured["runs"]})
    rows = []
    for runs in by_stage(measured):
        peaks = {run["rows"]: run["peak_mb"] for run in runs}
        cells = [f"{peaks[count]:.0f}" if count in peaks else "" for count in counts]
        is_whole = len(peaks) == len(counts)  # else nothing is known of large sets
        rows.append([runs[0]["stage"], *cells, *(_memory_plan(peaks) if is_whole else ["", ""])])
    planned = f"{PLANNED} million rows, computed: GB"
    head = ["peak memory, MB", *(f"{count:,} rows" for count in counts), "bytes a row", planned]
    return markdown(head, rows, measured)


def _memory_plan(peaks: dict[int, float]) -> list[str]:
    """Continue the line through the two largest sets."""
    (fewer, less), (more, most) = sorted(peaks.items())[-2:]
    slope = max(0.0, (most - less) * 1e6 / (more - fewer))
    return [f"{slope:.0f}", f"{(most * 1e6 + slope * (PLANNED * 1e6 - more)) / 1e9:.1f}"]


def scale_out() -> str:
    """Return what a second thread, and workers of a Ray cluster, give."""
    measured = result("scale_out")
    speed = {(row["work"], row["way"], row["size"]): row["images_a_second"] for row in measured["ways"]}
    columns = [*product(("loop", "workers"), (1, 2))]
    rows = [
        [
            row["work"],
            *(f"{speed[row['work'], *column]:.0f}" for column in columns),
            f"{row['workers_2_by_1']:.2f}",
        ]
        for row in measured["compared"]
    ]
    head = ["images a second", "one thread", "two threads", "one worker", "two workers", "times one worker"]
    return markdown(head, rows, measured)


def by_stage(measured: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the runs of each stage."""
    stages = dict.fromkeys(run["stage"] for run in measured["runs"])
    return [[run for run in measured["runs"] if run["stage"] == stage] for stage in stages]


def _growth(run: dict[str, Any]) -> list[str]:
    seconds, rate = run["seconds"], run["seconds"] / run["rows"] * 1e6
    return [f"{seconds:.1f}", f"{rate:,.0f}", f"{run['peak_mb']:.0f}"]


def _plan(run: dict[str, Any]) -> list[str]:
    hours = run["seconds"] / run["rows"] * PLANNED * 1e6 / 3600
    written = ["", ""] if run["stage"] == "train" else _space(run["bytes"] / run["rows"])
    return [run["stage"], *written, f"{hours:.1f}"]


def _space(bytes_a_row: float) -> list[str]:
    return [f"{bytes_a_row:,.0f}", f"{bytes_a_row * PLANNED * 1e6 / 1e9:,.0f}"]


def _quality(scores: dict[str, Any]) -> str:
    return f"{scores['psnr']['mean']:.2f} / {scores['ssim']['mean']:.4f}"


def _speed(images: float) -> str:
    return f"{images:,.0f}" if images >= 100 else f"{images:.1f}"  # noqa: PLR2004


def _interval(of: dict[str, float]) -> str:
    return f"{_signed(of['mean'])} ({_signed(of['low'])} to {_signed(of['high'])})"


def _signed(figure: float, digits: int = 2) -> str:
    return f"{figure:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _perception(scores: dict[str, float]) -> str:
    return "{psnr:.2f} / {spectrum_error:.4f} / {two_sample:.0%}".format(**scores)


TABLES: dict[str, Callable[[], str]] = {
    table.__name__: table
    for table in (
        quality, leads, seeds, levels, time_to_quality, equal_budgets, pipeline, chain, parts, weight_zero,
        gan, inference, throughput, ingest, ingest_growth, scale, scale_plan, scale_out, memory,
    )
}  # fmt: skip

if __name__ == "__main__":
    main()
