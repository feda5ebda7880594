"""A cluster as the page's source: pods of the release, pipelines, their events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import ApiError
from yeoul_operator.kube.kinds import EVENTS, PODS, STREAM_PIPELINES, Kind, Object
from yeoul_web import pods
from yeoul_web.model import Event, Look, Pipeline
from yeoul_web.source import Table

_ABOUT_PIPELINES = "involvedObject.kind=StreamPipeline"
_DRIVERS = "yeoul.dev/pipeline"


class Cluster:
    """Reads one release, and the pipelines of some namespaces.

    Args:
        kube: the API server.
        release: the namespace of the release.
        namespaces: those of pipelines; none: all.
        installation: under which the sinks keep their positions.
        secrets: where the pipelines' Secrets are mounted.
    """

    def __init__(
        self,
        kube: Kube,
        release: str,
        namespaces: Sequence[str],
        installation: str,
        secrets: Path,
    ) -> None:
        self.title = release
        self.secrets = secrets
        self._kube = kube
        self._release = release
        self._namespaces: Sequence[str | None] = list(namespaces) or [None]
        self._installation = installation

    async def look(self) -> Look:
        """What there is now."""
        problems: list[str] = []
        found = [
            *[one async for one in self._all(PODS, [self._release], problems)],
            *[one async for one in self._all(PODS, self._namespaces, problems, _DRIVERS)],
        ]
        parts = {part.name: part for part in map(pods.part, found) if part is not None}
        pipelines = [one async for one in self._all(STREAM_PIPELINES, self._namespaces, problems)]
        told = [
            one
            async for one in self._all(EVENTS, self._namespaces, problems, fields=_ABOUT_PIPELINES)
        ]
        return Look(
            at=datetime.now(UTC),
            parts=tuple(sorted(parts.values(), key=lambda one: one.name)),
            pipelines=_pipelines(pipelines),
            events=_events(told),
            problems=tuple(problems),
        )

    async def tables(self) -> Sequence[Table]:
        """The tables of all pipelines."""
        problems: list[str] = []
        found = [one async for one in self._all(STREAM_PIPELINES, self._namespaces, problems)]
        return pods.tables(self._installation, found)

    async def close(self) -> None:
        """Close the connections."""
        await self._kube.close()

    async def _all(
        self,
        kind: Kind,
        namespaces: Sequence[str | None],
        problems: list[str],
        labels: str | None = None,
        fields: str | None = None,
    ) -> AsyncIterator[Object]:
        for namespace in namespaces:
            try:
                async for one in self._kube.list(kind, namespace, labels, fields):
                    # Items of a list do not say what they are.
                    yield {"apiVersion": kind.api_version, "kind": kind.kind, **one}
            except ApiError as error:
                problems.append(f"{kind.plural} of {namespace or 'all namespaces'}: {error}")


def _pipelines(found: Sequence[Object]) -> tuple[Pipeline, ...]:
    return tuple(sorted(map(pods.pipeline, found), key=lambda one: one.key))


def _events(found: Sequence[Object]) -> tuple[Event, ...]:
    return tuple(sorted(map(pods.event, found), key=lambda one: one.at))
