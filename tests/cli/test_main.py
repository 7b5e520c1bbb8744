"""The command line as a whole: its help, and options that no command takes."""

import os
import resource
import subprocess
import sys

import pytest

from facedenoise.cli.main import main


def test_help_comes_at_once_and_imports_nothing_heavy() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = (
        "import sys, contextlib\nfrom facedenoise.cli.main import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "print({'torch', 'numpy', 'scipy', 'PIL', 'pydantic', 'dvc'} & set(sys.modules))"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert all(name in done.stdout for name in ("denoise", "info", "noise", "export", "demo"))
    assert done.stdout.splitlines()[-1] == "set()"
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3


@pytest.mark.parametrize(
    "arguments",
    [
        *(("denoise", *option) for option in (("--batch", "0"), ("--threads", "none"), ("--model", "vae"))),
        *(("denoise", "--device", name) for name in ("abacus", "meta", "mps", "", "cuda:", "cuda:-1")),
        ("noise",),  # the task has to be named
    ],
)
def test_wrong_options_end_with_2(arguments: tuple[str, ...]) -> None:
    command, *options = arguments
    with pytest.raises(SystemExit) as caught:
        main([command, "in", "out", *options])
    assert caught.value.code == 2
