"""The differences between Spark's objects and ours that are meant."""

from __future__ import annotations

from submit.compare import Allowed

_THEIRS_ONLY = {"theirs": "present", "ours": "absent"}
_OURS_ONLY = {"theirs": "absent", "ours": "present"}

ALLOWED: tuple[Allowed, ...] = (
    Allowed(
        r"/(driver|service|config-map|claims/[^/]+)/metadata/labels/(app\.kubernetes\.io/\w+(-\w+)?"
        r"|yeoul\.dev/attempt)",
        "every object of ours says what it is part of, and which attempt made it",
        **_OURS_ONLY,
    ),
    Allowed(
        r"/(service|config-map|claims/[^/]+)/metadata/labels/sparkoperator\.k8s\.io/[\w-]+",
        "with labels a user finds what belongs to an application; Spark's have none of them",
        **_OURS_ONLY,
    ),
    Allowed(
        r"/config-map/metadata/labels",
        "the same: Spark's ConfigMap has no labels at all",
        **_OURS_ONLY,
    ),
    Allowed(
        r"(/driver/metadata/labels/|/executor/metadata/labels/|/service/spec/selector/"
        r"|/properties/spark\.kubernetes\.(driver|executor)\.label\.)"
        r"sparkoperator\.k8s\.io/mutated-by-spark-operator",
        "asks a mutating webhook for the pod; there is none, and another operator's must keep away",
        **_THEIRS_ONLY,
    ),
    Allowed(
        r"/driver/metadata/ownerReferences/[^/]+/blockOwnerDeletion",
        "deletion of the application need not wait for its driver, and setting it needs a right",
        **_THEIRS_ONLY,
    ),
    Allowed(
        r"/executor/metadata/ownerReferences/(?![^/]*driver$)[^/]+",
        "with the application as a second owner executors would outlive a deleted driver",
        **_THEIRS_ONLY,
    ),
    Allowed(
        r"/properties/spark\.kubernetes\.authenticate\.submission\..+",
        "how this test's spark-submit reaches the API server",
        **_THEIRS_ONLY,
    ),
    Allowed(
        r"/properties/spark\.kubernetes\.submission\.waitAppCompletion",
        "a setting of spark-submit itself; the driver does not read it",
        **_THEIRS_ONLY,
    ),
    Allowed(
        r"/properties/spark\.kubernetes\.driver\.podTemplate(File|ContainerName)",
        "names a file of the machine that submits; the driver does not read it",
        **_THEIRS_ONLY,
    ),
    Allowed(
        r"/properties/spark\.kubernetes\.executor\.podTemplate(File|ContainerName)"
        r"|/driver/spec/volumes/pod-template-volume"
        r"|/driver/spec/containers/[^/]+/volumeMounts//opt/spark/pod-template",
        "theirs always has a template, for the owner; ours where executors need one",
        **_THEIRS_ONLY,
    ),
    Allowed(
        r"/executor/spec/containers/\(order\)"
        r"|/executor/spec/containers/spark-kubernetes-executor/(env|ports)/\(order\)",
        "said by a template, to which Spark adds its own; a webhook adds to what Spark made",
    ),
    Allowed(
        r"/properties/spark\.kubernetes\.executor\.(node\.selector\..+|scheduler\.name"
        r"|terminationGracePeriodSeconds)",
        "Spark would overwrite a template, so it is told itself; a webhook has the last word",
        **_OURS_ONLY,
    ),
    Allowed(
        r"/executor/spec/containers/spark-kubernetes-executor/env/SPARK_CONF_DIR#1",
        "executors have the same files from the driver's SPARK_CONF_DIR, in Spark's own ConfigMap",
        **_THEIRS_ONLY,
    ),
    Allowed(
        r"/properties/spark\.executor\.memoryOverhead",
        "Spark makes request and limit of executors equal, so memoryLimit is said as overhead",
        **_OURS_ONLY,
    ),
    Allowed(
        r"/executor/spec/containers/spark-kubernetes-executor/resources/requests/memory",
        "the same: with a memoryLimit the request is as large; a webhook raises the limit alone",
        theirs="present",
        ours="present",
    ),
    Allowed(
        r"/(driver|executor)/spec/containers/spark-kubernetes-\w+/ports/(jmx-exporter|metrics)",
        "the exporter's port is named even where all its files are in the image",
        **_OURS_ONLY,
    ),
)
