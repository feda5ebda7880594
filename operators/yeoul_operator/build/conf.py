"""The configuration that an application is submitted with: its fields said to Spark.

The order of precedence is the well-known operator's, so that manifests keep their meaning: it gives
`spark-submit` one `--conf` after another, and the last one wins.

1. `imagePullPolicy`, `imagePullSecrets`, `pythonVersion`, `memoryOverheadFactor` (and the
   operator's default image) yield to `sparkConf`;
2. `sparkConf` yields to
3. every other field: name, image, deps, hadoopConf, driver, executor, nodeSelector,
   dynamicAllocation, monitoring.

Fields that are not given have their defaults (1 core, 1g, 1 executor) only where `sparkConf` is
silent too.
"""

from __future__ import annotations

from collections.abc import Mapping

from yeoul_operator.api.application import SparkApplication, SparkApplicationSpec
from yeoul_operator.build import batch_scheduler, labels, monitoring
from yeoul_operator.build.conf_pods import driver_conf, executor_conf
from yeoul_operator.build.inputs import Attempt, BuildSettings
from yeoul_operator.build.resources import executor_limit_conf
from yeoul_operator.build.submission import POD_NAME_KEY, driver_pod_name
from yeoul_operator.build.ui import proxy_conf

_DEFAULTS = {
    "spark.driver.cores": "1",
    "spark.driver.memory": "1g",
    "spark.executor.cores": "1",
    "spark.executor.memory": "1g",
}


def submitted_conf(
    app: SparkApplication, attempt: Attempt, settings: BuildSettings
) -> dict[str, str]:
    """Return every key that `spark-submit` would be given, without what Spark adds itself."""
    conf, spec = stated_conf(app, attempt, settings), app.spec
    conf |= executor_limit_conf(spec.executor.memory_limit, conf, python=spec.type == "Python")
    return conf | batch_scheduler.conf(app) | monitoring.conf(app, conf)


def stated_conf(app: SparkApplication, attempt: Attempt, settings: BuildSettings) -> dict[str, str]:
    """Return what fields and `sparkConf` say, in their order of precedence, nothing computed."""
    spec = app.spec
    own = {key: value for key, value in spec.spark_conf.items() if key.startswith("spark.")}
    own_labels, inherited = labels.launched(app, attempt), labels.inherited(app)
    conf = {
        **_yielding(spec, settings),
        **_defaults(spec),
        **proxy_conf(app, attempt, settings),
        **own,
        **{f"spark.hadoop.{key}": value for key, value in spec.hadoop_conf.items()},
        **_dependencies(spec),
        **_images(spec),
        "spark.app.name": app.metadata.name,
        "spark.kubernetes.namespace": app.metadata.namespace,
        POD_NAME_KEY: driver_pod_name(app),
        **driver_conf(spec, inherited, own_labels),
        **executor_conf(spec, inherited, own_labels),
        **_prefixed("spark.kubernetes.node.selector.", spec.node_selector),
        **_dynamic_allocation(spec),
    }
    # Spark fills it in itself, with the service's name; it ignores what anybody gives it.
    conf.pop("spark.driver.host", None)
    return conf


def _yielding(spec: SparkApplicationSpec, settings: BuildSettings) -> dict[str, str]:
    return _given(
        {
            "spark.kubernetes.container.image": settings.image,
            "spark.kubernetes.container.image.pullPolicy": spec.image_pull_policy,
            "spark.kubernetes.container.image.pullSecrets": ",".join(spec.image_pull_secrets),
            "spark.kubernetes.pyspark.pythonVersion": spec.python_version,
            "spark.kubernetes.memoryOverheadFactor": spec.memory_overhead_factor,
        }
    )


def _defaults(spec: SparkApplicationSpec) -> dict[str, str]:
    dynamic = spec.dynamic_allocation is not None and spec.dynamic_allocation.enabled
    asked = spec.spark_conf.get("spark.dynamicAllocation.enabled", "").lower() == "true"
    instances = {} if dynamic or asked else {"spark.executor.instances": "1"}
    return _DEFAULTS | instances


def _images(spec: SparkApplicationSpec) -> dict[str, str]:
    # `spec.image` as such yields to sparkConf; as the roles' image it wins, so it wins.
    image = spec.spark_conf.get("spark.kubernetes.container.image") or spec.image
    return _given(
        {
            "spark.kubernetes.container.image": image,
            "spark.kubernetes.driver.container.image": spec.driver.image or spec.image,
            "spark.kubernetes.executor.container.image": spec.executor.image or spec.image,
        }
    )


def _dependencies(spec: SparkApplicationSpec) -> dict[str, str]:
    deps = spec.deps
    return _given(
        {
            "spark.jars": ",".join(deps.jars),
            "spark.files": ",".join(deps.files),
            "spark.submit.pyFiles": ",".join(deps.py_files),
            "spark.archives": ",".join(deps.archives),
            "spark.jars.packages": ",".join(deps.packages),
            "spark.jars.excludes": ",".join(deps.exclude_packages),
            "spark.jars.repositories": ",".join(deps.repositories),
        }
    )


def _dynamic_allocation(spec: SparkApplicationSpec) -> dict[str, str]:
    wish = spec.dynamic_allocation
    if wish is None or not wish.enabled:
        return {}
    tracked = wish.shuffle_tracking_enabled
    counts = {
        "initialExecutors": wish.initial_executors,
        "minExecutors": wish.min_executors,
        "maxExecutors": wish.max_executors,
        "shuffleTracking.timeout": wish.shuffle_tracking_timeout,
    }
    return {
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.shuffleTracking.enabled": "false" if tracked is False else "true",
        **{
            f"spark.dynamicAllocation.{key}": str(count)
            for key, count in counts.items()
            if count is not None
        },
    }


def _given(values: Mapping[str, str | None]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items() if value}


def _prefixed(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}{key}": value for key, value in values.items()}
