"""``python -m emrcore`` is the ``emrcore`` command."""

import sys

from emrcore.cli.main import main

sys.exit(main())
