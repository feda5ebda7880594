"""The status page."""

from __future__ import annotations

from charts.options.base import Free, Image, Part


class Web(Part):
    """One page that shows parts, pipelines, events and dead letters.

    It changes nothing, and asks nobody who they are: let in whom you trust, as by
    `kubectl port-forward service/RELEASE-web 8088:80`.
    """

    enabled: bool = False
    """Have it."""
    image: Image = Image(repository="yeoul-web")
    prometheus: str = ""
    """Where it asks for alerts, such as `http://prometheus:9090`; empty: it shows none."""
    resources: Free = {
        "requests": {"cpu": "20m", "memory": "96Mi"},
        "limits": {"memory": "256Mi"},
    }
