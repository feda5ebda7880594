"""Which changes of a spec need a new attempt: those that change this digest. Pure."""

from hashlib import sha256

import orjson

from yeoul_operator.api.application import SparkApplicationSpec

# What the operator does with an application, not what runs. A change takes effect as it is.
LIFE_CYCLE_FIELDS = frozenset(
    {
        "restart_policy",
        "time_to_live_seconds",
        "suspend",
        "failure_retries",
        "retry_interval",
        "spark_ui_options",
        "driver_ingress_options",
        "driver_pod_disruption_budget",
    }
)


def spec_hash(spec: SparkApplicationSpec) -> str:
    """Return 16 hexadecimal digits that are the same for specs that run the same.

    Values that equal the default count as not given, so that a later version of the operator with
    a new field, or a schema that fills in defaults, gives the same digest.
    """
    document = spec.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude=set(LIFE_CYCLE_FIELDS)
    )
    return sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
