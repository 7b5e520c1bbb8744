"""What docs/sharing.md says works as it stands there, on a folder and on a server that really runs."""

import hashlib
import http.client
import re
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
import yaml
from clones import Clone
from documents import ROOT, blocks

from facedenoise.params import TASKS

PAGE = "docs/sharing.md"
SOMEONE = {f"GIT_{role}_{what}": "t" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def recipe(heading: str) -> list[str]:
    return blocks(PAGE, heading, "bash")


def follow(clone: Clone, block: str, status: int | None = 0) -> str:
    """Run a shell block as it stands; give what it printed."""
    return clone.run("bash", "-euo", "pipefail", "-c", block, status=status)


@pytest.fixture
def ours(clone: Clone, tmp_path: Path) -> Clone:
    """Give a copy of the tiny clone, `facedenoise`, with what the page's variables stand for."""
    folder = tmp_path / "facedenoise"
    shutil.copytree(clone.folder, folder)
    copy = Clone(folder)
    without_account = {name: value for name, value in copy.environment.items() if not name.startswith("AWS_")}
    without_account |= {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    copy.environment = without_account | SOMEONE | {"REPO": str(folder), "SHARED": str(tmp_path / "shared")}
    return copy


@pytest.fixture
def elsewhere(ours: Clone, tmp_path: Path) -> Clone:
    """Give an empty folder in the same environment."""
    (tmp_path / "elsewhere").mkdir()
    folder = Clone(tmp_path / "elsewhere")
    folder.environment = ours.environment
    return folder


@dataclass
class Server:
    """An S3-compatible server that keeps its objects in memory."""

    port: int

    def request(self, method: str, path: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path)
        with connection.getresponse() as response:
            assert response.status == 200
            return response.read().decode()

    def objects(self) -> set[str]:
        return set(re.findall(r"<Key>(.+?)</Key>", self.request("GET", "/faces?list-type=2")))


@pytest.fixture
def server(ours: Clone, tmp_path: Path) -> Iterator[Server]:
    """Start a server with an empty bucket `faces`."""
    log = tmp_path / "server.log"
    with log.open("w") as output:
        command = [str(Path(sys.executable).parent / "moto_server"), "-p", "0"]
        process = subprocess.Popen(command, env=ours.environment, stdout=output, stderr=output)
    while not (found := re.search(r"Running on http://127\.0\.0\.1:(\d+)", log.read_text())):
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    started = Server(int(found[1]))
    started.request("PUT", "/faces")
    ours.environment |= {"ENDPOINT": f"http://127.0.0.1:{started.port}", "AWS_MAX_ATTEMPTS": "1"}
    yield started
    process.kill()
    process.wait()


class DyingProxy(socketserver.ThreadingTCPServer):
    """Passes everything on to a server, until it dies with so many objects put."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, server: Server, objects: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.behind = server.port
        self.objects_left = objects
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def dead(self) -> bool:
        return self.objects_left < 0

    def see(self, sent: bytes) -> None:
        self.objects_left -= sent.startswith(b"PUT ")
        if self.dead:
            self.shutdown()
            self.server_close()


class _Connection(socketserver.BaseRequestHandler):
    """One connection to the proxy."""

    server: DyingProxy

    def handle(self) -> None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.server.behind)) as behind:
            threading.Thread(target=_forward, args=(behind, self.request), daemon=True).start()
            while sent := self.request.recv(1 << 16):
                self.server.see(sent)
                if self.server.dead:
                    return
                behind.sendall(sent)


def _forward(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while sent := source.recv(1 << 16):
            target.sendall(sent)


def assert_up_to_date(output: str) -> None:
    assert "Data and pipelines are up to date." in output
    assert "Running stage" not in output


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def objects(remote: Path) -> set[str]:
    """Give the hashes of what was pushed to a folder."""
    return {path.parent.name + path.name for path in (remote / "files/md5").glob("*/*")}


def contents(folder: Path) -> dict[str, str]:
    """Give the hash of every file in a folder."""
    return {str(path.relative_to(folder)): md5(path) for path in folder.rglob("*") if path.is_file()}


def test_through_a_folder_the_other_side_trains_nothing(ours: Clone, elsewhere: Clone) -> None:
    add, push, pull = recipe("Share through a folder")
    follow(ours, add)
    follow(ours, push)
    output = follow(elsewhere, pull)
    assert output.count("Data and pipelines are up to date.") == 2
    assert_up_to_date(output)
    theirs = elsewhere.folder / "faces"
    assert contents(theirs / "models") == contents(ours.folder / "models")
    assert contents(theirs / "reports") == contents(ours.folder / "reports")


def test_earlier_params_come_back_without_training(ours: Clone, elsewhere: Clone) -> None:
    add, push, pull = recipe("Share through a folder")
    earlier = "gan.salt_pepper.lr=0.00007"
    follow(ours, add)
    ours.set(earlier)
    ours.repro("gan@salt_pepper")
    trained = contents(ours.folder / "models")
    follow(ours, push)
    ours.restore()
    follow(ours, push)
    follow(elsewhere, pull)
    theirs = Clone(elsewhere.folder / "faces")
    assert contents(theirs.folder / "models") != trained
    theirs.set(earlier)
    [bring_back] = recipe("Go back to earlier params")
    output = follow(theirs, bring_back)
    assert set(re.findall(r"Running stage '(.+?)'", output)) == {"evaluate", "report"}
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
    proxy = DyingProxy(server, objects=30)
    address = ("--local", "shared", "endpointurl")
    ours.run("dvc", "remote", "modify", *address, f"http://127.0.0.1:{proxy.server_address[1]}")
    assert "failed to" in follow(ours, push, status=None)  # 1 or 255: it depends on what was under way
    assert proxy.dead
    arrived = server.objects()
    assert 0 < len(arrived) <= 30
    assert contents(ours.folder / ".dvc/cache") == before
    assert_up_to_date(ours.run("dvc", "repro"))
    ours.run("dvc", "remote", "modify", "--unset", *address)
    follow(ours, push)
    assert server.objects() > arrived
    assert_up_to_date(follow(elsewhere, pull))


def test_private_faces_stay_here_and_the_other_side_is_up_to_date(
    ours: Clone, elsewhere: Clone, tmp_path: Path
) -> None:
    add, *_ = recipe("Share through a folder")
    train, pull = recipe("Keep raw faces private")
    csv = ours.folder / "data/raw/fer2013.csv"
    shutil.copy(ours.folder / "data/raw/sample.csv", csv)  # the same faces, so nothing is trained again
    follow(ours, add)
    follow(ours, train)
    tensors = list(ours.folder.glob("data/**/*.safetensors"))
    pictures = [*ours.folder.glob("reports/figures/*.png"), ours.folder / "reports/index.html"]
    assert len(tensors) == 12
    assert not objects(tmp_path / "shared") & {md5(path) for path in (csv, *tensors, *pictures)}
    assert_up_to_date(follow(elsewhere, pull))
    theirs = elsewhere.folder / "faces"
    assert contents(theirs / "models") == contents(ours.folder / "models")
    assert not (theirs / "data/raw/fer2013.csv").exists()


def test_not_even_a_push_of_everything_takes_the_private_csv_along(ours: Clone, tmp_path: Path) -> None:
    add, push, _ = recipe("Share through a folder")
    train, _ = recipe("Keep raw faces private")
    csv = ours.folder / "data/raw/fer2013.csv"
    csv.write_text("its own bytes")
    follow(ours, add)
    follow(ours, "".join(train.splitlines(keepends=True)[:2]))  # `dvc add` and `push: false`
    follow(ours, push)
    assert md5(ours.folder / "data/raw/sample.csv") in objects(tmp_path / "shared")
    assert md5(csv) not in objects(tmp_path / "shared")


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


@pytest.mark.parametrize(("task", "model"), list(product(TASKS, ("unet", "gan"))))
def test_every_denoiser_is_an_artifact_with_type_labels_and_description(task: str, model: str) -> None:
    artifacts = yaml.safe_load((ROOT / "dvc.yaml").read_text())["artifacts"]
    artifact = artifacts[f"{task}-{model}".replace("_", "-")]
    assert artifact["path"] == f"models/{task}/{model}.safetensors"
    assert artifact["type"] == "model"
    assert artifact["labels"] == ["denoiser", task.replace("_", "-")]
    assert task in artifact["desc"]
