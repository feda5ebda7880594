"""Spark's Python daemon, with the workers' imports done before it forks them.

Spark starts one daemon an executor and forks a worker for each concurrent task. Arrow, pandas
(which pyarrow imports on first use) and our own modules take about two CPU seconds to import: here
they are paid once, and the pages are shared. Chosen by `spark.python.daemon.module`.
"""

import os

# The workers do no linear algebra; OpenBLAS would start threads at import, before the fork.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pandas  # noqa: F401
import pyarrow.compute  # noqa: F401
from pyspark.daemon import manager

import yeoul_stream.sinks.hdfs.account
import yeoul_stream.sinks.postgres.copy  # noqa: F401

if __name__ == "__main__":
    manager()  # type: ignore[no-untyped-call]
