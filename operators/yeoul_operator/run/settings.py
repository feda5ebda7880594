"""The operator's settings: flags, else environment, else defaults; all errors at once."""

import argparse
import os
import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from yeoul_operator.run import values
from yeoul_stream.pipeline import Problem

T = TypeVar("T")
ENVIRONMENT = "YEOUL_"
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class SettingsError(ValueError):
    """Settings that cannot be used, with every problem found in them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(["settings:", *(f"  {problem}" for problem in problems)]))


def _setting(group: str, default: T, parse: Callable[[str], T], text: str) -> T:
    """Declare a setting; typed as its value, as dataclass fields are."""
    made: T = field(default=default, metadata={"group": group, "parse": parse, "text": text})
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Times are in seconds."""

    namespaces: tuple[str, ...] = _setting(
        "What is served",
        (),
        values.names,
        "namespaces to serve, split by commas; none: all of them",
    )
    selector: str = _setting(
        "What is served",
        "",
        values.selector,
        "label selector: only applications that it matches are served, such as team=maps",
    )
    kubeconfig: str = _setting(
        "Cluster",
        "",
        values.text,
        "kubeconfig file; none: KUBECONFIG, else the pod's service account, else ~/.kube/config",
    )
    kubernetes_master: str = _setting(
        "Cluster",
        "https://kubernetes.default.svc:443",
        values.text,
        "where drivers find the API server",
    )
    api_concurrency: int = _setting(
        "Cluster", 32, values.whole(1, 1000), "requests to the API server under way at once"
    )
    api_timeout: float = _setting(
        "Cluster",
        15.0,
        values.seconds(1, 300),
        "an API request without an answer is given up after",
    )
    operator_namespace: str = _setting(
        "Identity",
        "",
        values.name,
        "namespace of the Lease and of the webhook's Secret; none: the pod's own",
    )
    identity: str = _setting(
        "Identity",
        "",
        values.text,
        "this replica's name in the Lease, to which letters are added; none: the host's",
    )
    leader_election: bool = _setting(
        "Identity",
        True,
        values.switch,
        "elect one of the replicas; false only if there is never a second",
    )
    lease_name: str = _setting(
        "Identity",
        "yeoul-operator",
        values.name,
        "the Lease; operators of one cluster need one each",
    )
    lease_seconds: float = _setting(
        "Identity",
        12.0,
        values.seconds(6, 300),
        "another replica takes over after this long a silence",
    )
    submit_concurrency: int = _setting(
        "Work", 6, values.whole(1, 500), "applications that are being submitted at once"
    )
    status_concurrency: int = _setting(
        "Work", 16, values.whole(1, 500), "running applications that are being looked at once"
    )
    serve_concurrency: int = _setting(
        "Work", 2, values.whole(1, 500), "web interfaces that are being made reachable at once"
    )
    resync: float = _setting(
        "Work", 600.0, values.seconds(10), "every application is looked at again after"
    )
    start_timeout: float = _setting(
        "Work",
        600.0,
        values.seconds(0),
        "a driver that is not running after this long has failed; 0: never",
    )
    unschedulable_timeout: float = _setting(
        "Work",
        600.0,
        values.seconds(0),
        "a driver that no node has room for after this long has failed; 0: never",
    )
    refused_timeout: float = _setting(
        "Work",
        600.0,
        values.seconds(0),
        "a submission that is refused for now (by a quota, say) is tried for this long",
    )
    failure_retries: int = _setting(
        "Work",
        0,
        values.whole(0, 10_000),
        "restarts after failures where restartPolicy OnFailure does not say how many",
    )
    stable_run: float = _setting(
        "Work",
        1800.0,
        values.seconds(1),
        "a run this long resets the counts of retries and the back-off",
    )
    backoff_cap: float = _setting(
        "Work", 300.0, values.seconds(1), "the longest wait between two attempts of an application"
    )
    infrastructure_retries: int = _setting(
        "Work",
        10,
        values.whole(0, 10_000),
        "attempts that may be lost in a row to the cluster (node lost, evicted, preempted)",
    )
    drain: float = _setting(
        "Work", 10.0, values.seconds(0, 300), "at the end, work under way gets this long to finish"
    )
    ui_service: bool = _setting(
        "Children", True, values.switch, "make a Service for each application's web interface"
    )
    ingress_url_format: str = _setting(
        "Children",
        "",
        values.text,
        "make an Ingress for each web interface at this address, such as "
        "{{$appName}}.spark.example.org or example.org/{{$appNamespace}}/{{$appName}}; none: none",
    )
    ingress_class: str = _setting("Children", "", values.text, "class of those Ingresses")
    installation: str = _setting(
        "Pipelines",
        "default",
        values.name,
        "name under which sinks keep their positions; another one begins anew",
    )
    stream_image: str = _setting("Pipelines", "", values.text, "image of pipelines that name none")
    stream_service_account: str = _setting(
        "Pipelines", "spark", values.name, "service account of the drivers of pipelines"
    )
    stream_cpu_percent: int = _setting(
        "Pipelines",
        100,
        values.whole(1, 100),
        "percent of its cores that each pod of a pipeline requests, unless its sparkConf says it",
    )
    stream_hadoop_config_map: str = _setting(
        "Pipelines",
        "",
        values.text,
        "ConfigMap with core-site.xml and hdfs-site.xml, for pipelines that name none",
    )
    progress_url: str = _setting(
        "Pipelines",
        "http://{ip}:{port}",
        values.text,
        "where drivers answer; may name {ip}, {port}, {namespace} and {name}",
    )
    progress_interval: float = _setting(
        "Pipelines", 7.0, values.seconds(0.2), "every driver is asked for its progress once in"
    )
    progress_timeout: float = _setting(
        "Pipelines", 4.0, values.seconds(0.1), "a driver without an answer is given up after"
    )
    progress_concurrency: int = _setting(
        "Pipelines", 32, values.whole(1, 1000), "drivers that are asked at once"
    )
    fence_after: float = _setting(
        "Pipelines",
        30.0,
        values.seconds(0),
        "a pipeline's driver is given up when its node is not ready for this long; 0, or with "
        "namespaces to serve: never",
    )
    webhook: bool = _setting(
        "Webhook", True, values.switch, "validate resources before they are stored"
    )
    webhook_port: int = _setting("Webhook", 9443, values.port, "port of the webhook")
    webhook_service: str = _setting(
        "Webhook", "yeoul-operator-webhook", values.name, "the Service in front of the webhook"
    )
    webhook_secret: str = _setting(
        "Webhook", "yeoul-operator-webhook", values.name, "the Secret that holds its certificates"
    )
    webhook_configuration: str = _setting(
        "Webhook",
        "yeoul-operator",
        values.text,
        "the ValidatingWebhookConfiguration into which the certificate authority is written",
    )
    health_port: int = _setting("Ports", 8081, values.port, "port of /healthz and /readyz")
    metrics_port: int = _setting("Ports", 8080, values.port, "port of /metrics")
    metrics_labels: tuple[str, ...] = _setting(
        "Ports",
        ("app_type",),
        values.labels,
        "labels of applications that become labels of metrics; namespace is the namespace",
    )
    log_level: str = _setting("Logs", "INFO", values.level, f"one of {', '.join(values.LEVELS)}")
    log_format: str = _setting("Logs", "json", values.one_of("json", "text"), "json or text")


def load_settings(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> Settings:
    """Read flags (`--lease-name`), else the environment (`YEOUL_LEASE_NAME`), else defaults.

    Raises:
        SettingsError: with all that is wrong.
        SystemExit: `--help`, or a flag that does not exist.
    """
    flags = vars(_parser().parse_args(arguments))
    read: dict[str, Any] = {}
    problems: list[Problem] = []
    for one in fields(Settings):
        # Empty is as good as not set: manifests pass on variables that may be empty.
        given = ((flag_of(one), flags[one.name]), (variable_of(one), environ.get(variable_of(one))))
        place, text = next(((place, text) for place, text in given if text), ("", None))
        if text is None:
            continue
        try:
            read[one.name] = one.metadata["parse"](text)
        except values.RefusedError as refused:
            problems.append(Problem(place, text, str(refused)))
    if problems:
        raise SettingsError(problems)
    return _completed(Settings(**read))


def flag_of(one: "Field[Any]") -> str:
    """Return `--lease-name`."""
    return "--" + one.name.replace("_", "-")


def variable_of(one: "Field[Any]") -> str:
    """Return `YEOUL_LEASE_NAME`."""
    return ENVIRONMENT + one.name.upper()


def default_of(one: "Field[Any]") -> str:
    """Return the default as one would write it."""
    if isinstance(one.default, tuple):
        return ",".join(one.default)
    if isinstance(one.default, bool):
        return str(one.default).lower()
    return f"{one.default:g}" if isinstance(one.default, float) else str(one.default)


def groups() -> dict[str, list["Field[Any]"]]:
    """Return the settings by group, in the order in which they are declared."""
    found: dict[str, list[Field[Any]]] = {}
    for one in fields(Settings):
        found.setdefault(one.metadata["group"], []).append(one)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="yeoul-operator",
        usage="yeoul-operator [--FLAG VALUE ...]",
        description="Runs SparkApplications and ScheduledSparkApplications. Every flag can be "
        f"given as an environment variable too: --lease-name as {ENVIRONMENT}LEASE_NAME.",
        allow_abbrev=False,
    )
    for title, members in groups().items():
        group = parser.add_argument_group(title)
        for one in members:
            default = default_of(one)
            text = one.metadata["text"] + (f" (default {default})" if default else "")
            group.add_argument(
                flag_of(one), dest=one.name, metavar="VALUE", help=text.replace("%", "%%")
            )
    return parser


def _completed(settings: Settings) -> Settings:
    """Fill in what only the machine knows: the pod's namespace and the host's name."""
    namespace = settings.operator_namespace
    if not namespace and _NAMESPACE_FILE.is_file():
        namespace = _NAMESPACE_FILE.read_text().strip()
    return replace(
        settings,
        operator_namespace=namespace or "default",
        # A process that starts anew under its host's name is another one: it holds no Lease.
        identity=f"{settings.identity or socket.gethostname()}_{uuid.uuid4().hex[:8]}",
    )
