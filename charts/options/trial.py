"""`helm test`: a record is sent, and looked for where a pipeline should have written it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from charts.options.base import Free, PodOptions, Values

Seconds = Annotated[int, Field(ge=1, le=3600)]


class Table(Values):
    """The table in which the record is looked for."""

    name: str = "car_info_table"
    """Its name, with its schema unless that is `public`; empty: no table is looked into."""
    column: str = "data_id"
    """The column with the records' ids."""


class Lake(Values):
    """The folder of HDFS in which the record is looked for."""

    path: str = "/data/car_info"
    """The folder; empty: none is looked into."""
    column: str = "dataId"
    """The column with the records' ids."""


class Trial(PodOptions):
    """Sends a record and finds it where the first example's pipeline writes, by `helm test`."""

    enabled: bool = True
    """Have it; it runs where the release's namespace is one of Spark's."""
    topic: str = "car_info"
    """The topic that gets the record where there is no simulator to show it."""
    table: Table = Table()
    """The table in which it is looked for."""
    lake: Lake = Lake()
    """The folder in which it is looked for."""
    seconds: Seconds = 240
    """How long it is waited for."""
    resources: Free = {
        "requests": {"cpu": "100m", "memory": "512Mi"},
        "limits": {"memory": "1Gi"},
    }
    """Requests and limits, as in a container."""
