"""The scores of the default run over seeds, which benchmarks/seeds.py has measured."""

from collections.abc import Mapping, Sequence

from facedenoise.files import md5_of, read_json
from facedenoise.models import MODELS
from stages.paths import SEEDS, noisy_file, split_file

OverSeeds = Mapping[str, Mapping[str, Sequence[float]]]
"""By model and score, the mean over the test faces in each of the runs."""


def over_seeds(task: str, faces: Mapping[str, str]) -> OverSeeds:
    """Return the scores of a task; none if they were not measured on these faces under this noise."""
    entry = read_json(SEEDS)["tasks"].get(task) if SEEDS.is_file() else None
    return {model: entry[model] for model in MODELS} if entry and entry["test_md5"] == faces else {}


def faces_here(task: str) -> dict[str, str]:
    """Return the hashes of the test faces: `clean`, and `noisy` with the noise of a task."""
    return {"clean": md5_of(split_file("test")), "noisy": md5_of(noisy_file(task, "test"))}
