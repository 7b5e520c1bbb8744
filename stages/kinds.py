"""Write for each task which code makes its noise: a hash of the files of all kinds of noise in its entry.

The stages of a task track this hash as a param. So a changed kind reruns the tasks that use it, also in a
mixture, and a new kind reruns no task.
"""

import inspect
from hashlib import sha256
from pathlib import Path

from facedenoise.files import write_json
from facedenoise.noise import Noise, kinds
from stages import run
from stages.paths import KINDS
from stages.settings import load_params


def main() -> None:
    """Write reports/kinds.json."""
    write_json(KINDS, {name: digest(used(task.noise)) for name, task in load_params().tasks.items()})


def used(noise: Noise) -> set[str]:
    """Return the kinds of a noise and of all its parts."""
    return {noise.kind}.union(*map(used, noise.parts))


def digest(names: set[str]) -> str:
    """Return the hash of the files of these kinds."""
    files = {each.kind: Path(inspect.getfile(each)) for each in kinds()}
    return sha256(b"".join(files[name].read_bytes() for name in sorted(names))).hexdigest()[:16]


if __name__ == "__main__":
    run(main)
