"""What is left to refuse before building: values that only the whole configuration shows.

`yeoul_operator.api.validate` judges fields one by one. Here their sum is judged, `sparkConf` and
defaults included, and then the pods that would come of it: what a builder would fail over, what
Spark would refuse when the driver starts, what the API server would refuse without a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import NAMESPACE_OID

from yeoul_operator.api.application import SparkApplication
from yeoul_operator.api.problems import as_problems
from yeoul_operator.api.validate import validate_application
from yeoul_operator.build.check_conf import check_conf
from yeoul_operator.build.check_pods import check_pods
from yeoul_operator.build.check_volumes import check_volumes
from yeoul_operator.build.children import build_children
from yeoul_operator.build.conf import stated_conf
from yeoul_operator.build.inputs import Attempt, BuildSettings, ValidatedApplication
from yeoul_operator.build.ui import port_url
from yeoul_stream.pipeline.errors import Problem
from yeoul_stream.pipeline.finding import Finding, finding

# Ids and the time do not change what is judged.
_ANY_ATTEMPT = Attempt.of(str(NAMESPACE_OID), 1, datetime.fromtimestamp(0, UTC))


def check_build(app: SparkApplication, settings: BuildSettings) -> tuple[Problem, ...]:
    """Return everything that would keep the application from being built or from starting.

    What `validate_application` refuses is not repeated; the pods are judged once nothing else is
    wrong.
    """
    conf = stated_conf(app, _ANY_ATTEMPT, settings)
    findings = [*check_conf(conf, app.spec), *check_volumes(conf), *_check_addresses(app)]
    if not findings and not validate_application(app):
        children = build_children(ValidatedApplication(app), _ANY_ATTEMPT, settings)
        findings = list(check_pods(children, app.spec))
    return as_problems(findings)


def _check_addresses(app: SparkApplication) -> Iterator[Finding]:
    for index, options in enumerate(app.spec.driver_ingress_options):
        text = options.ingress_url_format or ""
        try:
            host = port_url(app, _ANY_ATTEMPT, text).hostname
        except ValueError:
            host = None
        if text and not host:
            place = ("spec", "driverIngressOptions", index, "ingressURLFormat")
            yield finding(place, text, "is no address, such as {{$appName}}.example.com/path")
