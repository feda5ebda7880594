"""Volumes by Spark's keys, judged before the driver or an executor fails over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from yeoul_operator.build.volumes import TYPES, ConfVolume, conf_volumes
from yeoul_stream.pipeline.finding import Finding, finding

_REQUIRED = {
    "hostPath": ("options.path",),
    "nfs": ("options.path", "options.server"),
    "emptyDir": (),
    "persistentVolumeClaim": ("options.claimName",),
}
# Smaller ones were meant to have a unit, thinks Spark: KubernetesVolumeUtils.
_SMALLEST = 1024


def check_volumes(conf: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with `spark.kubernetes.<role>.volumes.…`."""
    for role in ("driver", "executor"):
        folders: set[str] = set()
        for volume in conf_volumes(conf, role):
            yield from _check(volume, role)
            folder = volume.options.get("mount.path", "")
            if folder in folders:
                yield _finding(volume, role, "mount.path", "is the place of another volume, too")
            folders.add(folder)


def _check(volume: ConfVolume, role: str) -> Iterator[Finding]:
    if volume.type not in TYPES or not volume.name:
        accepted = ", ".join(sorted(TYPES))
        message = f"Spark mounts {accepted}; for others write spec.volumes and volumeMounts"
        yield finding(("spec", "sparkConf", _prefix(volume, role)), None, message)
        return
    options = volume.options
    for option in ("mount.path", *_REQUIRED[volume.type]):
        if not options.get(option):
            yield _finding(volume, role, option, "is required")
    if options.get("mount.subPath") and options.get("mount.subPathExpr"):
        yield _finding(volume, role, "mount.subPathExpr", "write this or mount.subPath, not both")
    size = options.get("options.sizeLimit", "")
    if size.isdigit() and int(size) < _SMALLEST:
        yield _finding(volume, role, "options.sizeLimit", "write a unit, such as 10Gi")


def _finding(volume: ConfVolume, role: str, option: str, message: str) -> Finding:
    place = ("spec", "sparkConf", f"{_prefix(volume, role)}.{option}")
    return finding(place, volume.options.get(option), message)


def _prefix(volume: ConfVolume, role: str) -> str:
    return f"spark.kubernetes.{role}.volumes.{volume.type}.{volume.name}"
