"""The figures that the README and docs/benchmarks.md quote are those of the results in the repository."""

import json
from statistics import median
from typing import Any

import pytest
from documents import ROOT

from facedenoise.params import TASKS

README, BENCHMARKS = "README.md", "docs/benchmarks.md"
GAUSSIAN, CHAINED = TASKS[:2], TASKS[1:]


def result(name: str) -> Any:
    return json.loads((ROOT / f"benchmarks/results/{name}.json").read_text())


def ways(rows: list[dict[str, Any]], key: str) -> dict[tuple[str, str], float]:
    """Give the figures of a table, by task and way."""
    return {(row["task"], row["way"]): row[key] for row in rows}


def plain(document: str) -> str:
    """Give a document without its emphasis."""
    return (ROOT / document).read_text().replace("**", "")


def require(document: str, *texts: str) -> None:
    """Find each text in a document, whose emphasis and line ends do not count."""
    content = " ".join(plain(document).split())
    for text in texts:
        assert text in content


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
    for scores in (metrics[task] for task in TASKS):
        for method in ("noisy", "classical", "unet", "gan"):
            psnr, ssim, accuracy = (scores[method][name] for name in ("psnr", "ssim", "emotion_accuracy"))
            require(README, f"| {psnr:.2f} / {ssim:.4f} / {accuracy:.1%}")


def test_inference() -> None:
    speed = ways(result("inference")["ways"], "median")
    for model in ("unet", "released_unet"):
        speeds = [f"{speed[task, model]:,.0f} / {speed[task, 'bm3d']:.1f}" for task in GAUSSIAN]
        require(README, cells(speeds))
    low, high, salt = (f"{speed[task, 'unet']:,.0f}" for task in TASKS)
    require(BENCHMARKS, f"{low} (low Gaussian), {high} (high) and {salt} (salt-and-pepper) faces")
    rest = listing([f"{speed[task, 'released_unet']:,.0f}" for task in TASKS])
    bm3d, exact, fast = (
        f"{speed['low_gaussian', way]:.{digits}f} and {speed['high_gaussian', way]:.{digits}f}"
        for way, digits in (("bm3d", 1), ("nonlocal_means", 0), ("nonlocal_means_fast", 0))
    )
    rivals = f"BM3D {bm3d}, scikit-image's non-local means {exact}, in its fast mode {fast}."
    require(BENCHMARKS, f"that of the package {rest}; {rivals}")


def test_time_to_quality() -> None:
    tasks = result("time_to_quality")["tasks"]
    ours = [f"{row['seconds']:.0f}" for row in tasks]
    recipe = [f"{row['reference_seconds'] / 60:.0f}" for row in tasks]
    times = [f"{row['times_faster_with_before']:.0f}" for row in tasks]
    require(
        README, cells([f"{seconds} s" for seconds in ours]), cells([f"{minutes} min" for minutes in recipe])
    )
    require(README, cells(times))
    require(BENCHMARKS, listing(ours, " s"), listing(recipe, " minutes"), listing(times, " times as long"))


def test_equal_budgets() -> None:
    psnr = ways(result("equal_budgets")["tasks"], "test_psnr")
    ours, recipe = ([f"{psnr[task, way]:.2f}" for task in TASKS] for way in ("ours", "reference"))
    require(README, cells([f"{mine} / {its} dB" for mine, its in zip(ours, recipe, strict=True)]))
    require(BENCHMARKS, f"{listing(ours, ' dB')} against {listing(recipe, ' dB')}")


def test_chain() -> None:
    psnr = {task: {way: of["test_psnr"] for way, of in found.items()} for task, found in chain().items()}
    gains = [psnr[task]["previous"] - psnr[task]["scratch"] for task in CHAINED]
    require(README, cells([signed(gain) for gain in gains]))
    for task, gain in zip(CHAINED, gains, strict=True):
        half = psnr[task]["previous, half the budget"] - psnr[task]["scratch"]
        require(BENCHMARKS, f"{gain:.2f} dB higher ({psnr[task]['previous']:.2f})", f"{abs(half):.2f} dB")


def test_chain_reaches_what_scratch_ends_with() -> None:
    high, salt = (
        (found["previous"]["reached"], found["scratch"]["curve"][-1]["seconds"]) for found in chain().values()
    )
    require(
        BENCHMARKS, f"after {high[0]:.0f} s", f"after {high[1]:.0f} s", f"{salt[0]:.0f} of {salt[1]:.0f} s"
    )


def chain() -> dict[str, Any]:
    tasks: dict[str, Any] = result("chain")["tasks"]
    return tasks


def test_attention() -> None:
    gates, none = result("attention")["ways"]
    require(README, signed(gates["test_psnr"] - none["test_psnr"]))
    require(BENCHMARKS, f"{none['test_psnr']:.3f} dB, with them at {gates['test_psnr']:.3f}")
    require(BENCHMARKS, f"{none['steps'] / gates['steps'] - 1:.0%} more steps")


def test_gan() -> None:
    told = []
    for task, measured in result("gan")["tasks"].items():
        names = ("unet", "blend", "gan", "gan_weight_zero")
        require(BENCHMARKS, f"| `{task}` {cells([of_gan(measured[name]) for name in names])}")
        told.append(" / ".join(f"{measured[name]['two_sample']:.0%}" for name in names[:3]))
    require(README, cells(told))


def test_released_gan() -> None:
    for task, measured in result("gan_released")["tasks"].items():
        figures = [of_gan(measured[name]) for name in ("unet", "blend", "gan")]
        require(BENCHMARKS, f"| `{task}`, in the package {cells(figures)}")


def of_gan(measured: dict[str, float]) -> str:
    return f"{measured['psnr']:.2f} / {measured['spectrum_error']:.4f} / {measured['two_sample']:.0%}"


def test_throughput() -> None:
    throughput = result("throughput")
    images = throughput["images_a_second"]["pipeline"]
    times = f"{throughput['over_plain_float32']:.1f} times"
    require(README, f"{images['median']:.0f} images/s, {times}")
    require(BENCHMARKS, f"{images['median']:.0f} images/s, {times}")
    rate = images["best"] * throughput["operations_an_image"] / throughput["matrix_operations_a_second"]
    require(BENCHMARKS, f"at its best {images['best']:.0f}, which is {rate:.0%}")


def test_pipeline() -> None:
    pipeline = result("pipeline")
    minutes, peak = sum(pipeline["seconds"].values()) / 60, pipeline["peak_mb"] / 1000
    require(README, f"{minutes:.0f} minutes and at most {peak:.1f} GB")
    require(BENCHMARKS, f"{minutes:.0f} minutes, at most {peak:.1f} GB")


def test_ingest() -> None:
    ours, pandas = (
        {key: median(run[key] for run in result("ingest")["runs"][way]) for key in ("seconds", "peak_mb")}
        for way in ("facedenoise", "pandas")
    )
    require(BENCHMARKS, f"read in {ours['seconds']:.2f} s and {ours['peak_mb']:.0f} MB of memory")
    require(BENCHMARKS, f"by pandas in {pandas['seconds']:.1f} s and {pandas['peak_mb']:.0f} MB")
    once, five, ten = result("ingest_growth")["runs"]
    seconds = f"{once['seconds']:.1f}, {five['seconds']:.0f} and {ten['seconds']:.0f} s"
    require(BENCHMARKS, f"{seconds}, in {once['peak_mb']:.0f} to {ten['peak_mb']:.0f} MB")
