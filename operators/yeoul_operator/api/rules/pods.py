"""What driver and executor pods are told, as far as it can be judged before they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from yeoul_operator.api.application import SparkApplicationSpec
from yeoul_operator.api.base import Parts
from yeoul_operator.api.pods import DriverSpec, NamePath, PodSpecFields, SecretInfo
from yeoul_operator.api.quantities import is_quantity, quantity
from yeoul_operator.api.rules.names import check_annotations, check_labels
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, finding

_LOCAL_DIR = "spark-local-dir-"


def check_pods(spec: SparkApplicationSpec, location: Location) -> Iterator[Finding]:
    """Everything that is wrong with the volumes, the driver and the executors."""
    yield from _named(spec.volumes, (*location, "volumes"))
    yield from check_labels(spec.node_selector, (*location, "nodeSelector"), frozenset())
    for role, pod in (("driver", spec.driver), ("executor", spec.executor)):
        place = (*location, role)
        yield from _metadata(pod, place)
        yield from _lists(pod, place)
        yield from _mounts(spec, pod, role, place)
        yield from _cpu(spec.spark_conf, pod, role, place)


def _metadata(pod: PodSpecFields, place: Location) -> Iterator[Finding]:
    yield from check_labels(pod.labels, (*place, "labels"))
    yield from check_labels(pod.node_selector, (*place, "nodeSelector"), frozenset())
    yield from check_annotations(pod.annotations, (*place, "annotations"))
    if isinstance(pod, DriverSpec):
        yield from check_labels(pod.service_labels, (*place, "serviceLabels"))
        yield from check_annotations(pod.service_annotations, (*place, "serviceAnnotations"))


def _lists(pod: PodSpecFields, place: Location) -> Iterator[Finding]:
    yield from _named(pod.env, (*place, "env"), unique=False)
    yield from _named(pod.sidecars, (*place, "sidecars"))
    yield from _named(pod.init_containers, (*place, "initContainers"))
    yield from _paths(pod.config_maps, (*place, "configMaps"))
    yield from _paths(pod.secrets, (*place, "secrets"))


def _paths(mounted: Iterable[NamePath | SecretInfo], place: Location) -> Iterator[Finding]:
    for index, entry in enumerate(mounted):
        if not entry.path.startswith("/"):
            yield finding((*place, index, "path"), entry.path, "write an absolute path")


def _named(parts: Parts, place: Location, *, unique: bool = True) -> Iterator[Finding]:
    """Entries without a name, and names that stand twice."""
    seen: set[object] = set()
    for index, part in enumerate(parts):
        name = part.get("name")
        if not isinstance(name, str) or not name:
            yield finding((*place, index, "name"), name, "is required")
        elif unique and name in seen:
            yield finding(
                (*place, index, "name"), name, "stands twice; give each a name of its own"
            )
        seen.add(name)


def _mounts(
    spec: SparkApplicationSpec, pod: PodSpecFields, role: str, place: Location
) -> Iterator[Finding]:
    known = {part.get("name") for part in spec.volumes}
    known |= _template_volumes(pod) | _configured_volumes(spec.spark_conf, role)
    for index, mount in enumerate(pod.volume_mounts):
        at = (*place, "volumeMounts", index)
        name, path = mount.get("name"), mount.get("mountPath")
        if not isinstance(name, str) or not name:
            yield finding((*at, "name"), name, "is required")
        elif name not in known and not name.startswith(_LOCAL_DIR):
            message = (
                "there is no such volume in spec.volumes; add it there, or leave the mount out"
            )
            yield finding((*at, "name"), name, message)
        if not isinstance(path, str) or not path:
            yield finding((*at, "mountPath"), path, "is required")


def _template_volumes(pod: PodSpecFields) -> set[object]:
    spec = (pod.template or {}).get("spec")
    volumes = spec.get("volumes") if isinstance(spec, Mapping) else None
    parts = volumes if isinstance(volumes, list) else []
    return {part.get("name") for part in parts if isinstance(part, Mapping)}


def _configured_volumes(conf: Mapping[str, str], role: str) -> set[object]:
    """Volumes by `spark.kubernetes.<role>.volumes.<type>.<name>.…`."""
    prefix = f"spark.kubernetes.{role}.volumes."
    keys = (key.removeprefix(prefix).split(".") for key in conf if key.startswith(prefix))
    return {parts[1] for parts in keys if len(parts) > 1}


def _cpu(
    conf: Mapping[str, str], pod: PodSpecFields, role: str, place: Location
) -> Iterator[Finding]:
    """A limit below what `cores` requests, where nothing else says the request."""
    limit = pod.core_limit
    stated = pod.core_request or conf.get(f"spark.kubernetes.{role}.request.cores")
    if limit is None or stated is not None or not is_quantity(limit):
        return
    cores = str(pod.cores) if pod.cores is not None else conf.get(f"spark.{role}.cores", "1")
    if is_quantity(cores) and quantity(limit) < quantity(cores):
        message = f"must be at least the {cores} cores that are requested; or write coreRequest"
        yield finding((*place, "coreLimit"), limit, message)
