"""The model card: what the networks are for, what they can do, and what they cannot."""

from facedenoise.report import plane, run_tables, score_tables
from facedenoise.report.results import Results
from facedenoise.report.templating import render


def render_model_card(results: Results) -> str:
    """Return the model card as Markdown; its words on the data come only from the params and the counts."""
    return render(
        "model_card.md.j2",
        results=results,
        audit=results.audit,
        side=results.audit["image_size"],
        verdicts=plane.plane_verdicts(results),
        run_tables=run_tables,
        score_tables=score_tables,
    )
