"""The stages of dvc.yaml, one thin script each: read params, call the library, write the outs.

Run as `python -m stages.NAME` from the root of the checkout.
"""

import sys
from collections.abc import Callable
from pathlib import Path

# This checkout's library comes first, so that the temporary checkouts of `dvc exp run --temp`
# and `--queue` run their own snapshot of the code, whatever pip installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from facedenoise.errors import InputError


def run(main: Callable[[], None]) -> None:
    """Run a stage; print errors that the user can mend as plain lines, and exit with status 1."""
    try:
        main()
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
