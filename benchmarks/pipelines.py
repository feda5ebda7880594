"""What pipelines cost the operator: how old the oldest status gets, and how much of a core."""

import time
from dataclasses import dataclass
from pathlib import Path

from bed.api import Api, learn, until
from benchmarks.effort import effort_of
from benchmarks.operator_measures import Results
from fix_drivers import serving
from fix_moving import Moving, all_shown_anew, oldest, run_all
from fix_operator import running_operator
from fix_pipelines import KIND, PLURAL

_NAMESPACE = "pipelines"
_EVERY_S = 1.0
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Many:
    """How many pipelines, and for how many seconds they are looked at."""

    count: int
    seconds: float


def pipelines(kubeconfig: Path, folder: Path, settings: dict[str, str], many: Many) -> Results:
    """So many pipelines whose numbers never rest, with an operator of their own; then none."""
    learn(KIND, "yeoul.dev/v1alpha1", PLURAL)
    api = Api(kubeconfig)
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}})
    with serving(Moving()) as drivers:
        given = {
            "progress_url": drivers.url,
            "stream_image": "registry.example/yeoul-spark:1",
            "stream_service_account": "default",
        }
        with running_operator(kubeconfig, folder, "pipelines", **given, **settings) as operator:
            run_all(api, _NAMESPACE, many.count)
            for _ in range(_ROUNDS):
                # What their start has left to do is no part of it.
                all_shown_anew(api, _NAMESPACE)
            before, began, ages = effort_of(operator), time.monotonic(), []
            while time.monotonic() - began < many.seconds:
                ages.append(oldest(api, _NAMESPACE))
                time.sleep(_EVERY_S)
            spent = effort_of(operator).since(before)
            for one in api.list(KIND, _NAMESPACE):
                api.delete(KIND, _NAMESPACE, one["metadata"]["name"])
            until("all are gone", lambda: not api.list("Pod", _NAMESPACE), 600)
    api.close()
    return {
        f"pipelines_{many.count}_status_age_s_max": round(max(ages), 1),
        f"pipelines_{many.count}_core_percent": round(spent.operator / spent.moment * 100, 1),
        "pipelines": {
            "seconds": round(spent.moment),
            "status_writes": round(sum(n for one, n in spent.work.items() if one[0] != "get")),
            "other_load_cores": round(spent.others_cores, 2),
        },
    }
