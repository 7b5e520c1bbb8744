"""The figures that the README and docs/benchmarks.md quote are those of the results in the repository."""

import json
from itertools import product
from typing import Any

import pandas as pd
import pytest
from documents import ROOT

README, BENCHMARKS = "README.md", "docs/benchmarks.md"
TASKS = ("low_gaussian", "high_gaussian", "salt_pepper")
GAUSSIAN, CHAINED = TASKS[:2], TASKS[1:]


def result(name: str) -> Any:
    return json.loads((ROOT / f"benchmarks/results/{name}.json").read_text())


def ways(rows: list[dict[str, Any]], key: str) -> dict[tuple[str, str], float]:
    """Return the figures of a table, by task and way."""
    return {(row["task"], row["way"]): row[key] for row in rows}


def plain(document: str) -> str:
    """Return a document without its emphasis."""
    return (ROOT / document).read_text().replace("**", "")


def require(document: str, *texts: str) -> None:
    """Find each text in a document, whose emphasis and line ends do not count."""
    content = " ".join(plain(document).split())
    assert [text for text in texts if text not in content] == []


def listing(figures: list[str], unit: str = "") -> str:
    """Write "1, 2 and 3"."""
    return f"{', '.join(figures[:-1])} and {figures[-1]}{unit}"


def cells(figures: list[str]) -> str:
    """Write cells of a table."""
    return f"| {' | '.join(figures)} |"


def signed(figure: float) -> str:
    return f"{figure:+.2f} dB".replace("-", "\N{MINUS SIGN}")


@pytest.mark.parametrize("model", ["unet", "released_unet"])
def test_quality(model: str) -> None:
    quality = result("quality")
    leads = [quality["tasks"][task]["over_classical"][model]["psnr"]["mean"] for task in TASKS]
    require(README, cells([signed(lead) for lead in leads]))
    require(BENCHMARKS, listing([f"{lead:.2f}" for lead in leads], " dB"))


@pytest.mark.parametrize(
    ("table", "methods"),
    [("real faces", ["noisy", "unet", "gan"]), ("in the package", ["released_unet", "released_gan"])],
)
def test_real_faces(table: str, methods: list[str]) -> None:
    lines = plain(README).split(f"| {table} |")[1].split("\n\n")[0].splitlines()
    for task, measured in result("quality")["tasks"].items():
        [row] = [line for line in lines if task in line]
        for method in methods:
            psnr, ssim = (measured["methods"][method][metric]["mean"] for metric in ("psnr", "ssim"))
            assert f"| {psnr:.2f} / {ssim:.4f} / " in row


def test_drawn_faces() -> None:
    metrics = json.loads((ROOT / "reports/metrics.json").read_text())
    for task, method in product(TASKS, ("noisy", "classical", "unet", "gan")):
        require(README, "| {psnr:.2f} / {ssim:.4f} / {label_accuracy:.1%}".format(**metrics[task][method]))


def test_inference() -> None:
    speed = ways(result("inference")["ways"], "median")
    for model in ("unet", "released_unet"):
        speeds = [f"{speed[task, model]:,.0f} / {speed[task, 'bm3d']:.1f}" for task in GAUSSIAN]
        require(README, cells(speeds))
    low, high, salt = (f"{speed[task, 'unet']:,.0f}" for task in TASKS)
    require(BENCHMARKS, f"{low} (low Gaussian), {high} (high) and {salt} (salt-and-pepper) faces")
    rest = listing([f"{speed[task, 'released_unet']:,.0f}" for task in TASKS])
    bm3d = listing([f"{speed[task, 'bm3d']:.1f}" for task in GAUSSIAN])
    exact, fast = (
        listing([f"{speed[task, way]:.0f}" for task in GAUSSIAN])
        for way in ("nonlocal_means", "nonlocal_means_fast")
    )
    rivals = f"BM3D {bm3d}, scikit-image's non-local means {exact}, in its fast mode {fast}."
    require(BENCHMARKS, f"that of the package {rest}; {rivals}")


def test_time_to_quality() -> None:
    tasks = result("time_to_quality")["tasks"]
    ours = [f"{row['seconds']:.0f}" for row in tasks]
    recipe = [f"{row['reference_seconds'] / 60:.0f}" for row in tasks]
    times = [f"{row['times_faster_with_before']:.0f}" for row in tasks]
    require(README, cells([f"{each} s" for each in ours]), cells([f"{each} min" for each in recipe]))
    require(README, cells(times))
    require(BENCHMARKS, listing(ours, " s"), listing(recipe, " minutes"), listing(times, " times as long"))


def test_equal_budgets() -> None:
    psnr = ways(result("equal_budgets")["tasks"], "test_psnr")
    ours, recipe = ([f"{psnr[task, way]:.2f}" for task in TASKS] for way in ("ours", "reference"))
    require(README, cells([f"{mine} / {its} dB" for mine, its in zip(ours, recipe, strict=True)]))
    require(BENCHMARKS, f"{listing(ours, ' dB')} against {listing(recipe, ' dB')}")


def test_chain() -> None:
    gains, seconds = [], []
    for scratch, previous, half in (result("chain")["tasks"][task].values() for task in CHAINED):
        gain, of_half = (way["test_psnr"] - scratch["test_psnr"] for way in (previous, half))
        gains.append(signed(gain))
        require(BENCHMARKS, f"{gain:.2f} dB higher ({previous['test_psnr']:.2f})", f"{abs(of_half):.2f} dB")
        seconds += [f"{previous['reached']:.0f}", f"{scratch['curve'][-1]['seconds']:.0f}"]
    require(README, cells(gains))
    require(BENCHMARKS, f"after {seconds[0]} s", f"after {seconds[1]} s")
    require(BENCHMARKS, f"{seconds[2]} of {seconds[3]} s")


def test_attention() -> None:
    gates, none = result("attention")["ways"]
    require(README, signed(gates["test_psnr"] - none["test_psnr"]))
    require(BENCHMARKS, f"{none['test_psnr']:.3f} dB, with them at {gates['test_psnr']:.3f}")
    require(BENCHMARKS, f"{none['steps'] / gates['steps'] - 1:.0%} more steps")


@pytest.mark.parametrize(
    ("name", "row", "images"),
    [("gan", "", ["gan_weight_zero"]), ("gan_released", ", in the package", [])],
)
def test_gan(name: str, row: str, images: list[str]) -> None:
    for task, of in result(name)["tasks"].items():
        measured = [of[each] for each in ("unet", "blend", "gan", *images)]
        figures = ["{psnr:.2f} / {spectrum_error:.4f} / {two_sample:.0%}".format(**each) for each in measured]
        require(BENCHMARKS, f"| `{task}`{row} {cells(figures)}")


def test_gan_told_from_clean() -> None:
    tasks = result("gan")["tasks"].values()
    told = [[f"{of[name]['two_sample']:.0%}" for name in ("unet", "blend", "gan")] for of in tasks]
    require(README, cells([" / ".join(shares) for shares in told]))


def test_throughput() -> None:
    throughput = result("throughput")
    images = throughput["images_a_second"]["pipeline"]
    for document in (README, BENCHMARKS):
        require(document, f"{images['median']:.0f} images/s, {throughput['over_plain_float32']:.1f} times")
    rate = images["best"] * throughput["operations_an_image"] / throughput["matrix_operations_a_second"]
    require(BENCHMARKS, f"at its best {images['best']:.0f}, which is {rate:.0%}")


def test_pipeline() -> None:
    pipeline = result("pipeline")
    minutes, peak = sum(pipeline["seconds"].values()) / 60, pipeline["peak_mb"] / 1000
    require(README, f"{minutes:.0f} minutes and at most {peak:.1f} GB")
    require(BENCHMARKS, f"{minutes:.0f} minutes, at most {peak:.1f} GB")


def test_ingest() -> None:
    ours, pandas = (pd.DataFrame(runs).median() for runs in result("ingest")["runs"].values())
    require(BENCHMARKS, f"read in {ours['seconds']:.2f} s and {ours['peak_mb']:.0f} MB of memory")
    require(BENCHMARKS, f"by pandas in {pandas['seconds']:.1f} s and {pandas['peak_mb']:.0f} MB")
    once, five, ten = result("ingest_growth")["runs"]
    seconds = f"{once['seconds']:.1f}, {five['seconds']:.0f} and {ten['seconds']:.0f} s"
    require(BENCHMARKS, f"{seconds}, in {once['peak_mb']:.0f} to {ten['peak_mb']:.0f} MB")
