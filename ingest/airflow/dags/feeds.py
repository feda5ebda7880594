"""DAGs: one for each feed of feeds.yaml, which lies beside this file or where YEOUL_FEEDS names it.

A declaration that is wrong is an import error that names the field.
"""

from __future__ import annotations

import os
from pathlib import Path

from yeoul_airflow.factory import dags

# Airflow reads files that speak of airflow and dag, and finds DAGs among a module's globals.
globals().update(
    dags(Path(os.environ.get("YEOUL_FEEDS") or Path(__file__).with_name("feeds.yaml")))
)
