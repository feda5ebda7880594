"""The main file of the proof: `spark-submit local:///opt/yeoul/verify.py --pipeline ... --json`."""

import sys

from yeoul_stream.verify.__main__ import main

sys.exit(main())
