"""The main file of a compaction: `local:///opt/yeoul/compact.py --pipeline ...`."""

import sys

from yeoul_stream.compact.__main__ import main

sys.exit(main())
