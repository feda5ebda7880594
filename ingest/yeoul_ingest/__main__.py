"""`python -m yeoul_ingest poll|simulate`."""

from __future__ import annotations

import sys

from yeoul_ingest.cli import main

if __name__ == "__main__":
    sys.exit(main())
