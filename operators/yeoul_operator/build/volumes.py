"""Volumes that Spark mounts by its configuration, and the claims it makes for them.

The keys are `spark.kubernetes.<role>.volumes.<type>.<name>.…`; the rules are Spark's
`KubernetesVolumeUtils` and `MountVolumesFeatureStep`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yeoul_operator.build import labels, names
from yeoul_operator.build.inputs import Object
from yeoul_operator.build.submission import Submission, below

LOCAL_DIR = "spark-local-dir-"
"""How the names of volumes begin on which Spark puts its scratch files."""
ON_DEMAND = "OnDemand"
"""The claim name that stands for a claim made for this pod."""

_OPTIONS = {
    "emptyDir": ("sizeLimit", "medium"),
    "hostPath": ("path", "type"),
    "nfs": ("path", "server", "readOnly"),
    "persistentVolumeClaim": ("claimName", "readOnly"),
}
TYPES = frozenset(_OPTIONS)
"""The types of volume that Spark's configuration can say."""


@dataclass(frozen=True, slots=True)
class ConfVolume:
    """One volume of the configuration; `options` are its keys below type and name."""

    type: str
    name: str
    options: Mapping[str, str]
    index: int

    @property
    def read_only(self) -> bool:
        """Whether Spark's container may only read it."""
        return self.options.get("mount.readOnly", "").lower() == "true"

    @property
    def claimed(self) -> bool:
        """Whether a claim is to be made for it."""
        return {"options.storageClass", "options.sizeLimit"} <= self.options.keys()


def conf_volumes(conf: Mapping[str, str], role: str) -> list[ConfVolume]:
    """Return the volumes of a role, in the order of type and name."""
    options: dict[tuple[str, str], dict[str, str]] = {}
    for key, value in below(conf, f"spark.kubernetes.{role}.volumes.").items():
        kind, _, rest = key.partition(".")
        name, _, option = rest.partition(".")
        options.setdefault((kind, name), {})[option] = value
    return [
        ConfVolume(kind, name, options[kind, name], index)
        for index, (kind, name) in enumerate(sorted(options))
    ]


def volume_of(volume: ConfVolume, run: Submission) -> Object:
    """Return the volume of the driver pod."""
    option = volume.options.get
    source: Object = {}
    if volume.type == "hostPath":
        source = {"path": option("options.path", ""), "type": option("options.type", "")}
    elif volume.type == "nfs":
        source = {"path": option("options.path", ""), "server": option("options.server", "")}
    elif volume.type == "emptyDir":
        source = _present(medium=option("options.medium"), sizeLimit=option("options.sizeLimit"))
    elif volume.type == "persistentVolumeClaim":
        source = {"claimName": _claim_name(volume, run)} | _true(readOnly=volume.read_only)
    return {"name": volume.name, volume.type: source}


def mount_of(volume: ConfVolume) -> Object:
    """Return where the volume is mounted in Spark's container."""
    option = volume.options.get
    return {
        "name": volume.name,
        "mountPath": option("mount.path", ""),
        **_present(subPath=option("mount.subPath"), subPathExpr=option("mount.subPathExpr")),
        **_true(readOnly=volume.read_only),
    }


def claims(run: Submission) -> list[Object]:
    """Return the claims that are made for the driver, and go with it."""
    return [_claim(one, run) for one in conf_volumes(run.conf, "driver") if one.claimed]


def local_dir_conf(
    role: str, volumes: Sequence[Mapping[str, Any]], mounts: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Return Spark's keys for the scratch volumes among `mounts`, where it has keys for them."""
    by_name = {volume.get("name"): volume for volume in volumes}
    conf: dict[str, str] = {}
    for mount in mounts:
        if by_configuration(mount, by_name):
            conf |= _one_local_dir(role, by_name[mount["name"]], mount)
    return conf


def by_configuration(mount: Mapping[str, Any], volumes: Mapping[Any, Mapping[str, Any]]) -> bool:
    """Whether Spark mounts this itself: a scratch volume of a type that it knows."""
    name = str(mount.get("name", ""))
    return name.startswith(LOCAL_DIR) and bool(TYPES & volumes.get(name, {}).keys())


def _one_local_dir(
    role: str, volume: Mapping[str, Any], mount: Mapping[str, Any]
) -> dict[str, str]:
    kind = min(TYPES & volume.keys())
    source = volume[kind] or {}
    prefix = f"spark.kubernetes.{role}.volumes.{kind}.{volume['name']}."
    said = {
        **{f"mount.{key}": mount.get(key) for key in ("subPath", "subPathExpr")},
        "mount.path": mount.get("mountPath"),
        "mount.readOnly": mount.get("readOnly"),
        **{f"options.{option}": source.get(option) for option in _OPTIONS[kind]},
    }
    return {f"{prefix}{key}": _text(value) for key, value in said.items() if value}


def _claim(volume: ConfVolume, run: Submission) -> Object:
    option = volume.options
    legacy = run.conf.get("spark.kubernetes.legacy.useReadWriteOnceAccessMode", "false")
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": _claim_name(volume, run),
            "namespace": run.namespace,
            "labels": {
                **below(option, "label."),
                **labels.of_attempt(run, "driver"),
                labels.APP_SELECTOR: run.app_id,
            },
            "annotations": below(option, "annotation."),
        },
        "spec": {
            "storageClassName": option["options.storageClass"],
            "accessModes": ["ReadWriteOnce" if legacy == "true" else "ReadWriteOncePod"],
            "resources": {"requests": {"storage": option["options.sizeLimit"]}},
        },
    }


def _claim_name(volume: ConfVolume, run: Submission) -> str:
    made = names.prefixed_name(run.prefix, f"driver-pvc-{volume.index}")
    return volume.options.get("options.claimName", "").replace(ON_DEMAND, made)


def _present(**values: str | None) -> Object:
    return {key: value for key, value in values.items() if value}


def _true(**values: bool) -> Object:
    return {key: value for key, value in values.items() if value}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
