"""The rules of an application that go beyond its schema."""

from __future__ import annotations

from yeoul_operator.api.application import SparkApplication, SparkApplicationSpec
from yeoul_operator.api.cron import Cron, parse_zone
from yeoul_operator.api.problems import as_problems
from yeoul_operator.api.rules.conf import check_conf
from yeoul_operator.api.rules.cross import check_cross
from yeoul_operator.api.rules.names import LONGEST_NAME, LONGEST_SCHEDULE_NAME, check_name
from yeoul_operator.api.rules.pods import check_pods
from yeoul_operator.api.rules.serving import check_serving
from yeoul_operator.api.rules.texts import check_texts
from yeoul_operator.api.scheduled import ScheduledSparkApplication
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.errors import Problem
from yeoul_stream.pipeline.finding import Finding, finding


def validate_application(app: SparkApplication) -> tuple[Problem, ...]:
    """Everything that the reconciler and the webhook refuse in `app`, all at once."""
    return as_problems(find_in_application(app))


def validate_scheduled(schedule: ScheduledSparkApplication) -> tuple[Problem, ...]:
    """Everything that the reconciler and the webhook refuse in `schedule`, all at once."""
    return as_problems(find_in_scheduled(schedule))


def find_in_application(app: SparkApplication) -> list[Finding]:
    """What is wrong with an application, by its places."""
    return [
        *check_name(app.metadata.name, LONGEST_NAME),
        *check_spec(app.spec, app.metadata.namespace, ("spec",)),
    ]


def find_in_scheduled(schedule: ScheduledSparkApplication) -> list[Finding]:
    """What is wrong with a schedule, by its places."""
    metadata, spec = schedule.metadata, schedule.spec
    return [
        *check_name(metadata.name, LONGEST_SCHEDULE_NAME),
        *_check_clock(spec.schedule, spec.time_zone),
        *check_spec(spec.template, metadata.namespace, ("spec", "template")),
    ]


def check_spec(spec: SparkApplicationSpec, namespace: str, location: Location) -> list[Finding]:
    """What is wrong with the spec of an application, or of a schedule's runs, at `location`."""
    return [
        *check_texts(spec, location),
        *check_cross(spec, location),
        *check_pods(spec, location),
        *check_serving(spec, location),
        *check_conf(spec.spark_conf, namespace, (*location, "sparkConf")),
    ]


def _check_clock(schedule: str, zone: str) -> list[Finding]:
    found = []
    try:
        parse_zone(zone)
    except ValueError as error:
        found.append(finding(("spec", "timeZone"), zone, str(error)))
    try:
        Cron.parse(schedule)
    except ValueError as error:
        found.append(finding(("spec", "schedule"), schedule, str(error)))
    return found
