"""Spark's configuration: what only a submitting JVM could do, and what Spark itself refuses.

What Spark or the well-known operator overrides without a word is no reason to refuse a manifest
that has always worked; it is advised against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from yeoul_operator.api.rules.names import RESERVED_LABELS
from yeoul_operator.api.scalars import is_place
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, finding

_PLACES = ("spark.jars", "spark.files", "spark.archives", "spark.submit.pyFiles")

_NEVER: dict[str, str] = {
    "spark.driver.bindAddress": "is the address of the driver's pod; leave it out",
    "spark.kubernetes.driver.podTemplateFile": (
        "would be a file of the submitting machine; write the template in spec.driver.template"
    ),
    "spark.kubernetes.executor.podTemplateFile": (
        "would be a file of the submitting machine; write the template in spec.executor.template"
    ),
    "spark.kubernetes.driver.pod.featureSteps": (
        "are classes for a submitting JVM, and there is none; write spec.driver.template, "
        'or batchScheduler: "volcano" for Volcano'
    ),
    "spark.kubernetes.driver.pod.excludedFeatureSteps": (
        "are classes of a submitting JVM, and there is none; leave it out"
    ),
    "spark.kubernetes.kerberos.krb5.path": (
        "would be a file of the submitting machine; put it into a ConfigMap and write "
        "spark.kubernetes.kerberos.krb5.configMapName"
    ),
    **{
        f"spark.kubernetes.authenticate.driver.{name}": (
            "would be copied from the submitting machine; write a serviceAccount, or mount a "
            f"Secret and write spark.kubernetes.authenticate.driver.mounted.{mounted}"
        )
        for name, mounted in (
            ("oauthToken", "oauthTokenFile"),
            ("oauthTokenFile", "oauthTokenFile"),
            ("caCertFile", "caCertFile"),
            ("clientKeyFile", "clientKeyFile"),
            ("clientCertFile", "clientCertFile"),
        )
    },
}


def check_conf(conf: Mapping[str, str], namespace: str, location: Location) -> Iterator[Finding]:
    """Every key of `sparkConf` that cannot take effect.

    `namespace` is the application's own; empty where it is not known.
    """
    for key, value in conf.items():
        message = _NEVER.get(key) or _decided(key, value, namespace) or _label(key)
        if message:
            yield finding((*location, key), value, message)
    for key in _PLACES:
        for place in filter(None, (part.strip() for part in conf.get(key, "").split(","))):
            if not is_place(place):
                message = "is a file of the submitting machine; write local:///path for the image's"
                yield finding((*location, key), place, message)


def _decided(key: str, value: str, namespace: str) -> str:
    """Why a value is refused; empty where it is not."""
    rule = _DECIDED.get(key)
    return rule(value, namespace) if rule is not None else ""


def _master(value: str, _: str) -> str:
    if value.startswith("k8s://"):
        return ""
    return "runs on this Kubernetes; leave it out, or write spec.driver.kubernetesMaster"


def _namespace(value: str, namespace: str) -> str:
    if not namespace or value == namespace:
        return ""
    return f'the pods run where the application is; accepted: "{namespace}", or leave it out'


def _keytab(value: str, _: str) -> str:
    if value.startswith("local:"):
        return ""
    return "is a file of the submitting machine; mount a Secret and write local:///path"


_DECIDED: dict[str, Callable[[str, str], str]] = {
    "spark.master": _master,
    "spark.kubernetes.namespace": _namespace,
    "spark.kerberos.keytab": _keytab,
}


def _label(key: str) -> str:
    for role in ("driver", "executor"):
        if key.removeprefix(f"spark.kubernetes.{role}.label.") in RESERVED_LABELS:
            return "is set by Spark or the operator; choose another label"
    return ""
