"""The run beside the published runs of the default params, which differ in their seeds alone."""

from collections.abc import Iterator, Sequence

from facedenoise.evaluation.difference import difference, pooled_spread
from facedenoise.report.results import Results
from facedenoise.report.score import SCORES, mean
from facedenoise.report.style import METHOD_TITLES
from facedenoise.report.table import Cell, Row, RowGroup, Table


def over_seeds_table(results: Results) -> Table | None:
    """Say for each score whether it differs from the published ones; None if no task has any."""
    known = [task for task, published in results.over_seeds.items() if published]
    groups = [RowGroup(list(_rows(results, task)), results.titles[task]) for task in known]
    heads = [("This run", ""), ("Default run", "mean over seeds"), ("Is it a difference?", "")]
    return Table("Beside the default run over seeds", "Score", heads, groups) if groups else None


def _rows(results: Results, task: str) -> Iterator[Row]:
    for model, published in results.over_seeds[task].items():
        here = results.panels[task][model]
        for name in results.headline_scores:
            if name in published:
                yield Row(
                    f"{METHOD_TITLES[model]}: {SCORES[name].title}",
                    _cells(name, mean(here[name]), published[name]),
                )


def _cells(name: str, here: float, published: Sequence[float]) -> list[Cell]:
    score, others = SCORES[name], sum(published) / len(published)
    found = difference([here], published, None, pooled_spread(published))
    verdict, _, rest = score.write_finding(found).partition(": ")
    return [Cell(score.write(here)), Cell(score.write(others)), Cell(verdict, rest)]
