"""Spark's Python daemon, with the workers' imports done before it forks them.

Spark starts one daemon an executor and forks a worker for each concurrent task. Arrow, pandas
(which pyarrow imports on first use) and our own modules take about two CPU seconds to import: here
they are paid once, and the pages are shared. Chosen by `spark.python.daemon.module`.

What PySpark does for each task is made cheap here, too; it took a sixth of the workers' CPU time.
"""

import gc
import os
import sys
from zipimport import zipimporter

# The workers do no linear algebra; OpenBLAS would start threads at import, before the fork.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pandas  # noqa: F401
import pyarrow.compute  # noqa: F401
from pyspark.daemon import manager

import yeoul_stream.sinks.hdfs.account
import yeoul_stream.sinks.postgres.copy  # noqa: F401


def settle() -> None:
    """Spare tasks what cannot change any more.

    Each of them has all archives on the path read again, of which Spark's own are two, and all
    objects looked through for garbage, of which nearly all were made by the imports above.
    """
    for finder in sys.path_importer_cache.values():
        if isinstance(finder, zipimporter):
            finder.invalidate_caches = _keep  # type: ignore[method-assign]
    gc.collect()
    gc.freeze()


def _keep() -> None:
    """Leave an archive's table of contents as it was read."""


if __name__ == "__main__":
    settle()
    manager()  # type: ignore[no-untyped-call]
