"""`python -m facedenoise`: the command, also where it is not installed."""

import sys

from facedenoise.cli.main import main

sys.exit(main())
