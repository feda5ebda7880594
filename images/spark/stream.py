"""The main file of a pipeline's job: `local:///opt/yeoul/stream.py --pipeline ...`."""

import sys

from yeoul_stream.__main__ import main

sys.exit(main())
