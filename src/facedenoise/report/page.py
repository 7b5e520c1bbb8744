"""The report as one page that loads nothing: styles, script and pictures are inside."""

import base64
import hashlib

from markupsafe import Markup

from facedenoise.report import plane, run_tables, score_tables, strength
from facedenoise.report.gallery import AFTER_TITLES, build_gallery, build_hero, room_for
from facedenoise.report.over_seeds import over_seeds_table
from facedenoise.report.results import Results
from facedenoise.report.style import INK, METHOD_TITLES, QUIET, SERIES, series_class
from facedenoise.report.templating import render
from facedenoise.report.training_charts import training_charts


def render_page(results: Results) -> str:
    """Return the report as HTML that loads nothing from outside; its policy forbids the browser to do so.

    The page leaves out what the results lack (labels, copies, a blend at the GAN's PSNR). The same results
    give the same page. Every string from the user is escaped.
    """
    style = render("style.css", ink=INK, quiet=QUIET, series=SERIES)
    script = render("slider.js")
    room = room_for(len(results.titles), results.audit["image_size"], results.params.data.channels)
    return render(
        "index.html.j2",
        style=Markup(style),  # noqa: S704  # our own files, not escaped: the hashes are those of their text
        script=Markup(script),  # noqa: S704
        style_hash=_policy_hash(style),
        script_hash=_policy_hash(script),
        results=results,
        side=results.audit["image_size"],
        room=room,
        hero=build_hero(results, room),
        galleries={task: build_gallery(results, task, room) for task in results.titles},
        after_titles=AFTER_TITLES,
        charts=training_charts(results),
        strength_curves=strength.curves_by_task(results),
        method_titles=METHOD_TITLES,
        verdicts=plane.plane_verdicts(results),
        series_class=series_class,
        over_seeds=over_seeds_table(results),
        plane=plane,
        run_tables=run_tables,
        score_tables=score_tables,
        strength=strength,
    )


def _policy_hash(text: str) -> str:
    """Return the hash by which the page's policy lets its own style or script pass."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
