"""The report as one page that loads nothing: styles, script and pictures are inside."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import asdict

from markupsafe import Markup

from facedenoise.params import TASKS
from facedenoise.report import run_tables, score_tables
from facedenoise.report.gallery import AFTER_TITLES, WIDEST, Face, Gallery
from facedenoise.report.plane import plane_chart, plane_legend, plane_verdicts, point_titles
from facedenoise.report.results import Results
from facedenoise.report.style import HAIRLINE, INK, QUIET, TASK_COLOURS, TASK_TITLES
from facedenoise.report.templating import render
from facedenoise.report.training_charts import training_charts


def render_page(results: Results, hero: Sequence[Face], galleries: Sequence[Gallery]) -> str:
    """Lay out the report.

    Parameters
    ----------
    results : Results
        All numbers. What they do not hold (labels, copies, a blend at the GAN's PSNR) is left out.
    hero : sequence of Face
        One face, for each task noisy and denoised by the U-Net.
    galleries : sequence of Gallery
        One for each task.

    Returns
    -------
    str
        HTML that refers to nothing outside itself, and whose policy forbids it to. The same for the same
        values. Every string of the user's is escaped.
    """
    palette = {"ink": INK, "quiet": QUIET, "hairline": HAIRLINE, **TASK_COLOURS}
    style, script = render("style.css", palette=palette), render("slider.js")
    return render(
        "index.html.j2",
        style=Markup(style),  # noqa: S704  # our own files, not escaped: the hashes are those of their text
        script=Markup(script),  # noqa: S704
        style_hash=_policy_hash(style),
        script_hash=_policy_hash(script),
        results=results,
        hero=hero,
        galleries=galleries,
        tasks=TASKS,
        task_titles=TASK_TITLES,
        after_titles=AFTER_TITLES,
        side=results.audit["image_size"],
        widest=WIDEST,
        charts=training_charts(results),
        **_score_parts(results),
        **_run_parts(results),
    )


def _score_parts(results: Results) -> dict[str, object]:
    return {
        "headline": score_tables.headline_table(results),
        "emotion": score_tables.emotion_table(results),
        "panels": [score_tables.panel_table(task, results.evaluations[task]) for task in TASKS],
        "differences": score_tables.difference_table(results),
        "cross_noise": [score_tables.cross_noise_table(model, results) for model in results.cross_noise],
        "planes": [plane_chart(task, points) for task, points in results.planes.items()],
        "legend": plane_legend(results.planes),
        "verdicts": plane_verdicts(results),
        "plane_tables": [
            score_tables.plane_table(task, points, point_titles(points))
            for task, points in results.planes.items()
        ],
        "without_copies": score_tables.without_copies_table(results),
    }


def _run_parts(results: Results) -> dict[str, object]:
    return {
        "splits": run_tables.split_table(results.audit),
        "shared": run_tables.shared_table(results.audit),
        "classes": run_tables.class_table(results.audit),
        "params": run_tables.params_table(asdict(results.params)),
        "hashes": run_tables.hash_table(results.hashes),
    }


def _policy_hash(text: str) -> str:
    """Give the hash by which the page's policy lets its own style or script pass."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
