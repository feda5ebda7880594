"""The main file of compaction: `local:///opt/yeoul/compact.py` of a SparkApplication."""

import runpy

runpy.run_module("yeoul_stream.compact", run_name="__main__", alter_sys=True)
