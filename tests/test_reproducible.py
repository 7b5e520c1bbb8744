"""Another clone, run stage by stage with another hash seed: the same bytes for every out."""

import sys
from hashlib import md5
from pathlib import Path

import yaml
from clones import Clone, make_clone

ORDER = (
    ("sample",),
    ("split",),
    ("noise", "salt_pepper"),
    ("noise", "low_gaussian"),
    ("noise", "high_gaussian"),
    ("train", "low_gaussian"),
    ("gan", "low_gaussian"),
    ("train", "high_gaussian"),
    ("gan", "high_gaussian"),
    ("train", "salt_pepper"),
    ("gan", "salt_pepper"),
    ("evaluate",),
    ("report",),
)


def recorded_hashes(clone: Clone) -> dict[str, str]:
    stages = yaml.safe_load((clone.folder / "dvc.lock").read_text())["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}


def test_every_out_has_the_same_bytes_in_another_clone(clone: Clone, tmp_path: Path) -> None:
    other = make_clone(tmp_path)
    other.environment["PYTHONHASHSEED"] = "7"
    for stage, *task in ORDER:
        other.run(sys.executable, "-m", f"stages.{stage}", *task)
    expected = recorded_hashes(clone)
    assert len(expected) > 30
    made = {path: md5((tmp_path / path).read_bytes(), usedforsecurity=False).hexdigest() for path in expected}
    assert made == expected
