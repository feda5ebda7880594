"""Values of the whole configuration that Spark would refuse, or a builder would fail over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from yeoul_operator.api.application import SparkApplicationSpec
from yeoul_operator.api.quantities import is_quantity, quantity
from yeoul_operator.build import hadoop
from yeoul_operator.build.memory import executor_heaps_mib, factor_of, size_in_bytes, size_in_mib
from yeoul_operator.build.resources import executor_limit_conf
from yeoul_operator.build.spark_properties import NO_RESOURCE
from yeoul_operator.build.submission import below
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, finding

Conf = Mapping[str, str]
Accepts = Callable[[str], object]

_PORTS = (
    "spark.driver.port",
    "spark.driver.blockManager.port",
    "spark.ui.port",
    "spark.connect.grpc.binding.port",
)
_PORT = "write a port, 1 to 65535"
_SIZE = "write a whole number with k, m, g or t, such as 512m or 2g"
_POSITIVE = "write a whole number of at least 1"
_COUNT = "write a whole number"
_FACTOR = "write a share such as 0.2"
_CPU = "write an amount of CPU, such as 500m or 1.5"
_IMAGE = "spark.kubernetes.container.image"
_INSTANCES = "spark.executor.instances"


def check_conf(conf: Conf, spec: SparkApplicationSpec) -> Iterator[Finding]:
    """Yield everything that is wrong with the stated configuration."""
    found = list(_values(conf, spec))
    yield from found
    yield from _choices(conf, spec)
    yield from _names(conf, spec)
    if not found:
        yield from _together(conf, spec)


def place_of(key: str, conf: Conf, spec: SparkApplicationSpec) -> Location:
    """Return where a value of the configuration was written: in `sparkConf`, or in a field."""
    own = spec.spark_conf
    field = _FIELDS.get(key)
    if field is None or (key in own and own[key] == conf[key]):
        return ("spec", "sparkConf", key)
    return ("spec", *field)


_FIELDS: dict[str, tuple[str, ...]] = {
    "spark.kubernetes.memoryOverheadFactor": ("memoryOverheadFactor",),
    _INSTANCES: ("executor", "instances"),
    **{
        key: (role, field)
        for role in ("driver", "executor")
        for key, field in (
            (f"spark.{role}.cores", "cores"),
            (f"spark.{role}.memory", "memory"),
            (f"spark.{role}.memoryOverhead", "memoryOverhead"),
            (f"spark.kubernetes.{role}.request.cores", "coreRequest"),
            (f"spark.kubernetes.{role}.limit.cores", "coreLimit"),
        )
    },
}


def _count(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _positive(text: str) -> bool:
    return _count(text) and int(text) > 0


def _port(text: str) -> bool:
    return _positive(text) and int(text) < 1 << 16


def _heap(text: str) -> bool:
    return size_in_mib(text) > 0


def _rules() -> Iterator[tuple[str, Accepts, str]]:
    yield from ((key, _port, _PORT) for key in (*_PORTS, "spark.blockManager.port"))
    yield "spark.kubernetes.memoryOverheadFactor", _factor, _FACTOR
    for role in ("driver", "executor"):
        yield f"spark.{role}.cores", _positive, _POSITIVE
        yield f"spark.{role}.memory", _heap, f"{_SIZE}; at least 1m"
        yield f"spark.{role}.memoryOverhead", _size, _SIZE
        yield f"spark.{role}.minMemoryOverhead", _size, _SIZE
        yield f"spark.{role}.memoryOverheadFactor", _factor, _FACTOR
        yield f"spark.kubernetes.{role}.request.cores", is_quantity, _CPU
        yield f"spark.kubernetes.{role}.limit.cores", is_quantity, _CPU
    yield "spark.executor.pyspark.memory", _size, _SIZE
    yield "spark.memory.offHeap.size", _size, _SIZE
    yield _INSTANCES, _count, _COUNT
    for name in ("initialExecutors", "minExecutors"):
        yield f"spark.dynamicAllocation.{name}", _count, _COUNT
    yield "spark.app.submitTime", _count, "write milliseconds since 1970, or leave it out"


def _size(text: str) -> bool:
    return size_in_bytes(text) >= 0


def _factor(text: str) -> bool:
    return factor_of(text) >= 0


def _values(conf: Conf, spec: SparkApplicationSpec) -> Iterator[Finding]:
    for key, accepts, message in _rules():
        if key in conf and not _accepted(accepts, conf[key]):
            yield finding(place_of(key, conf, spec), conf[key], message)


def _accepted(accepts: Accepts, text: str) -> bool:
    try:
        return bool(accepts(text))
    except ValueError:
        return False


_CHOICES = {
    f"{_IMAGE}.pullPolicy": ("Always", "IfNotPresent", "Never"),
    "spark.kubernetes.driver.service.ipFamilyPolicy": (
        "SingleStack",
        "PreferDualStack",
        "RequireDualStack",
    ),
    "spark.kubernetes.driver.service.ipFamilies": ("IPv4", "IPv6", "IPv4,IPv6", "IPv6,IPv4"),
}


def _choices(conf: Conf, spec: SparkApplicationSpec) -> Iterator[Finding]:
    for key, choices in _CHOICES.items():
        if key in conf and conf[key] not in choices:
            accepted = ", ".join(f'"{choice}"' for choice in choices)
            yield finding(place_of(key, conf, spec), conf[key], f"accepted: {accepted}")


def _names(conf: Conf, spec: SparkApplicationSpec) -> Iterator[Finding]:
    for role in ("driver", "executor"):
        if not (conf.get(f"spark.kubernetes.{role}.container.image") or conf.get(_IMAGE)):
            message = "is required: the image of driver and executors, with Spark in it"
            yield finding(("spec", "image"), None, message)
            break
    for role in ("driver", "executor"):
        prefix = f"spark.kubernetes.{role}.secretKeyRef."
        for name, ref in below(conf, prefix).items():
            if len([part for part in ref.split(":") if part]) != 2 or ref.count(":") != 1:
                place = place_of(f"{prefix}{name}", conf, spec)
                yield finding(place, ref, "write <name of the Secret>:<key in it>")
    yield from _main_file(spec)
    yield from _driver_resources(conf)


def _main_file(spec: SparkApplicationSpec) -> Iterator[Finding]:
    file, place = spec.main_application_file, ("spec", "mainApplicationFile")
    python = file.endswith(".py")
    if spec.type == "Python" and not python:
        yield finding(place, file, "spark-submit knows a Python application by its ending .py")
    elif spec.type != "Python" and (python or file.endswith((".R", ".r"))):
        yield finding(place, file, f'is no jar; write one, {NO_RESOURCE}, or type: "Python"')


def _driver_resources(conf: Conf) -> Iterator[Finding]:
    prefix = "spark.driver.resource."
    asked = below(conf, prefix)
    for name in sorted({key.partition(".")[0] for key in asked}):
        key = f"{name}.amount"
        if not _count(asked.get(key, "")):
            message = "say how many: a whole number"
            yield finding(("spec", "sparkConf", f"{prefix}{key}"), asked.get(key), message)
        elif f"{name}.vendor" not in asked:
            message = "is required: the domain before the resource's name, such as nvidia.com"
            yield finding(("spec", "sparkConf", f"{prefix}{name}.vendor"), None, message)


def _together(conf: Conf, spec: SparkApplicationSpec) -> Iterator[Finding]:
    yield from _executors(conf, spec)
    yield from _executor_cpu(conf, spec)
    yield from _distinct_ports(conf, spec)
    yield from _one_hadoop(conf, spec)
    yield from _tokens(conf)
    limit = spec.executor.memory_limit
    python = spec.type == "Python"
    try:
        derived = executor_limit_conf(limit, conf, python=python)
    except ValueError:
        return
    if derived.get("spark.executor.memoryOverhead") == "0m":
        heap = executor_heaps_mib(conf, python=python)
        message = f"must be more than the {heap}m that executors use for themselves"
        yield finding(("spec", "executor", "memoryLimit"), limit, message)


def _executors(conf: Conf, spec: SparkApplicationSpec) -> Iterator[Finding]:
    dynamic = conf.get("spark.dynamicAllocation.enabled", "false").lower() == "true"
    if not dynamic and conf.get(_INSTANCES) is not None and int(conf[_INSTANCES]) == 0:
        message = "must be at least 1, or write dynamicAllocation.enabled: true"
        yield finding(place_of(_INSTANCES, conf, spec), conf[_INSTANCES], message)


def _executor_cpu(conf: Conf, spec: SparkApplicationSpec) -> Iterator[Finding]:
    key = "spark.kubernetes.executor.limit.cores"
    cores = conf.get("spark.executor.cores", "1")
    request = conf.get("spark.kubernetes.executor.request.cores", cores)
    if key in conf and quantity(conf[key]) < quantity(request):
        message = f"must be at least the CPU that is requested, {request}"
        yield finding(place_of(key, conf, spec), conf[key], message)


def _distinct_ports(conf: Conf, spec: SparkApplicationSpec) -> Iterator[Finding]:
    taken: dict[int, str] = {}
    for key, default in zip(_PORTS, (7078, 7079, 4040, 15002), strict=True):
        port = int(conf.get(key, default))
        if port in taken:
            message = f"is the port of {taken[port]}, too; the driver needs four different ones"
            yield finding(place_of(key, conf, spec), str(port), message)
        taken[port] = key


def _one_hadoop(conf: Conf, spec: SparkApplicationSpec) -> Iterator[Finding]:
    if spec.hadoop_config_map and hadoop.HADOOP_KEY in conf:
        place = ("spec", "sparkConf", hadoop.HADOOP_KEY)
        yield finding(place, conf[hadoop.HADOOP_KEY], "stands beside hadoopConfigMap; write one")


def _tokens(conf: Conf) -> Iterator[Finding]:
    pair = (hadoop.TOKEN_SECRET_KEY, hadoop.TOKEN_ITEM_KEY)
    given = [key for key in pair if key in conf]
    if len(given) == 1:
        (missing,) = set(pair) - set(given)
        yield finding(("spec", "sparkConf", missing), None, f"is required with {given[0]}")
