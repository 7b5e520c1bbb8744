"""What docs/sharing.md says works, on a folder and on a server that really runs."""

import hashlib
import shutil
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import yaml
from clones import TASKS, Clone
from documents import ROOT, blocks
from object_store import CREDENTIALS, Server

pytestmark = pytest.mark.slow

PAGE = "docs/sharing.md"
SOMEONE = {f"GIT_{role}_{what}": "t" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def recipe(heading: str) -> list[str]:
    return blocks(PAGE, heading, "bash")


def follow(clone: Clone, block: str, status: int | None = 0) -> str:
    """Run a shell block of the page; return what it printed."""
    return clone.run("bash", "-euo", "pipefail", "-c", block, status=status)


@pytest.fixture
def ours(clone: Clone, tmp_path: Path) -> Clone:
    """Return a copy of the tiny clone, `facedenoise`, with values for the page's variables."""
    folder = tmp_path / "facedenoise"
    shutil.copytree(clone.folder, folder)
    copy = Clone(folder)
    without_account = {name: value for name, value in copy.environment.items() if not name.startswith("AWS_")}
    without_account |= {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    copy.environment = without_account | SOMEONE | {"REPO": str(folder), "SHARED": str(tmp_path / "shared")}
    return copy


@pytest.fixture
def elsewhere(ours: Clone, tmp_path: Path) -> Clone:
    """Return an empty folder in the same environment."""
    (tmp_path / "elsewhere").mkdir()
    folder = Clone(tmp_path / "elsewhere")
    folder.environment = ours.environment
    return folder


@pytest.fixture
def server(ours: Clone) -> Iterator[Server]:
    started = Server()
    ours.environment |= {"ENDPOINT": f"http://127.0.0.1:{started.port}", "AWS_MAX_ATTEMPTS": "1"}
    yield started
    started.stop()


def assert_up_to_date(output: str) -> None:
    assert "Data and pipelines are up to date." in output
    assert "Running stage" not in output


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def objects(remote: Path) -> set[str]:
    """Return the hashes of what was pushed to a folder."""
    return {path.parent.name + path.name for path in (remote / "files/md5").glob("*/*")}


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of every file in a folder."""
    return {str(path.relative_to(folder)): md5(path) for path in folder.rglob("*") if path.is_file()}


def test_through_a_folder_the_other_side_trains_nothing_not_even_for_earlier_params(
    ours: Clone, elsewhere: Clone
) -> None:
    add, push, pull = recipe("Share through a folder")
    [bring_back] = recipe("Go back to earlier params")
    earlier, theirs = "tasks.salt_pepper.gan.lr=0.00007", Clone(elsewhere.folder / "faces")
    follow(ours, add)
    ours.set(earlier)
    ours.repro()
    trained = contents(ours.folder / "models")
    follow(ours, push)
    ours.restore()
    follow(ours, push)
    output = follow(elsewhere, pull)
    assert output.count("Data and pipelines are up to date.") == 2
    assert_up_to_date(output)
    for folder in ("models", "reports"):
        assert contents(theirs.folder / folder) == contents(ours.folder / folder)
    assert contents(theirs.folder / "models") != trained
    theirs.set(earlier)
    assert theirs.ran(follow(theirs, bring_back)) == {"kinds", "compare"}
    assert contents(theirs.folder / "models") == trained


def test_through_a_server_the_other_side_trains_nothing(
    ours: Clone, elsewhere: Clone, server: Server
) -> None:
    add, credentials = recipe("Share through an S3-compatible server")
    _, push, pull = recipe("Share through a folder")
    # pip finds all that the extra needs installed already, or fails.
    ours.environment |= {"PIP_NO_INDEX": "yes", "PIP_DRY_RUN": "yes", "PIP_NO_BUILD_ISOLATION": "no"}
    follow(ours, add)
    assert "Unable to locate credentials" in follow(ours, push, status=255)
    ours.environment |= {"KEY_ID": "testing", "SECRET": "very-secret"}
    follow(ours, credentials)
    assert ours.run("git", "status", "--porcelain") == ""
    assert "very-secret" not in ours.run("git", "grep", "-h", "remote", "HEAD", "--", ".dvc")
    follow(ours, push)
    assert {name.split("/")[1] for name in server.objects()} == {"files", "runs"}
    elsewhere.environment |= CREDENTIALS
    assert_up_to_date(follow(elsewhere, pull))


def test_a_server_that_dies_midway_loses_nothing(ours: Clone, elsewhere: Clone, server: Server) -> None:
    add, _ = recipe("Share through an S3-compatible server")
    _, push, pull = recipe("Share through a folder")
    ours.environment |= CREDENTIALS
    follow(ours, add.split("\n", 1)[1])  # without the pip install
    before = contents(ours.folder / ".dvc/cache")
    server.objects_left = 30
    assert "failed to" in follow(ours, push, status=None)  # 1 or 255: it depends on what was under way
    arrived = server.objects()
    assert 0 < len(arrived) <= 30
    assert contents(ours.folder / ".dvc/cache") == before
    assert_up_to_date(ours.run("dvc", "repro"))
    server.start()
    follow(ours, push)
    assert server.objects() > arrived
    assert_up_to_date(follow(elsewhere, pull))


def test_private_faces_stay_here_and_the_other_side_is_up_to_date(
    ours: Clone, elsewhere: Clone, tmp_path: Path
) -> None:
    add, push, _ = recipe("Share through a folder")
    train, pull = recipe("Keep raw faces private")
    drawn, csv = (ours.folder / f"data/raw/{name}.csv" for name in ("sample", "fer2013"))
    csv.write_bytes(drawn.read_bytes().replace(b"\n", b"\r\n"))  # the same faces: nothing is trained again
    follow(ours, add)
    assert not ours.ran(follow(ours, train)) - {"split", "compare", "report"}
    outs = [path for top in ("data", "reports") for path in (ours.folder / top).rglob("*.*")]
    faces = [path for path in outs if path.suffix in {".safetensors", ".png", ".html"}]
    assert len(faces) == 3 + 5 * len(TASKS) + 3
    assert not objects(tmp_path / "shared") & {md5(path) for path in (csv, *faces)}
    assert_up_to_date(follow(elsewhere, pull))
    theirs = elsewhere.folder / "faces"
    assert contents(theirs / "models") == contents(ours.folder / "models")
    assert not (theirs / "data/raw/fer2013.csv").exists()
    follow(ours, push)  # of everything
    assert md5(csv) not in objects(tmp_path / "shared")
    assert {md5(path) for path in (drawn, *faces)} <= objects(tmp_path / "shared")


def test_registered_networks_are_there_for_any_directory(ours: Clone, elsewhere: Clone) -> None:
    register, get = recipe("Register networks")
    [load] = blocks(PAGE, "Register networks", "python")
    follow(ours, register)
    follow(elsewhere, get)
    for name in ("unet", "gan"):
        file = f"{name}.safetensors"
        assert md5(elsewhere.folder / file) == md5(ours.folder / "models/low_gaussian" / file)
    elsewhere.environment["PYTHONPATH"] = str(ours.folder / "src")
    use = "import numpy as np\nassert denoise(np.zeros((48, 48))).shape == (48, 48)\n"
    elsewhere.run(sys.executable, "-c", load + use)


def test_every_denoiser_is_an_artifact_with_type_and_labels() -> None:
    artifacts = yaml.safe_load((ROOT / "dvc.yaml").read_text())["artifacts"]
    for task, model in product(TASKS, ("unet", "gan")):
        name = task.replace("_", "-")
        path, labels = f"models/{task}/{model}.safetensors", ["denoiser", name]
        assert artifacts[f"{name}-{model}"] == {"path": path, "type": "model", "labels": labels}
