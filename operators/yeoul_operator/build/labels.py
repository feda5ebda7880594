"""Labels and annotations by which others find an application's objects."""

from __future__ import annotations

from collections.abc import Mapping

from yeoul_operator.api.application import SparkApplication
from yeoul_operator.build import names
from yeoul_operator.build.inputs import Attempt
from yeoul_operator.build.submission import Submission, below

APP_NAME = "sparkoperator.k8s.io/app-name"
SUBMISSION_ID = "sparkoperator.k8s.io/submission-id"
LAUNCHED = "sparkoperator.k8s.io/launched-by-spark-operator"
ATTEMPT = "yeoul.dev/attempt"
ROLE = "spark-role"
APP_SELECTOR = "spark-app-selector"
MANAGER = "yeoul-operator"

RESERVED = frozenset(
    {
        "spark-version",
        APP_SELECTOR,
        "spark-app-name",
        ROLE,
        "spark-exec-id",
        "spark-exec-resourceprofile-id",
    }
)
"""Labels that only Spark sets; it refuses to start with one of them in its configuration."""

_QUEUE_OF_KUEUE = "kueue.x-k8s.io/"


def launched(application: SparkApplication, attempt: Attempt) -> dict[str, str]:
    """Return the labels that driver and executors of an attempt bear, in the words of the API."""
    return {
        APP_NAME: names.label_value(application.metadata.name),
        LAUNCHED: "true",
        SUBMISSION_ID: attempt.submission_id,
    }


def inherited(application: SparkApplication) -> dict[str, str]:
    """Return the application's own labels that its pods bear too.

    Kueue's are not among them, as Kueue would queue each pod once more; nor are Spark's.
    """
    return {
        key: value
        for key, value in application.metadata.labels.items()
        if not key.startswith(_QUEUE_OF_KUEUE) and key not in RESERVED
    }


def spark_labels(run: Submission) -> dict[str, str]:
    """Return the labels that Spark gives the driver; the headless service selects by them."""
    configured = below(run.conf, "spark.kubernetes.driver.label.")
    return {
        **{key: run.with_ids(value) for key, value in configured.items()},
        "spark-version": names.label_text(run.spec.spark_version),
        APP_SELECTOR: run.app_id,
        "spark-app-name": names.spark_name_label(run.name),
        ROLE: "driver",
    }


def recommended(application: SparkApplication, component: str) -> dict[str, str]:
    """Return the labels that Kubernetes recommends for every object."""
    return {
        "app.kubernetes.io/name": "spark",
        "app.kubernetes.io/instance": names.label_value(application.metadata.name),
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/managed-by": MANAGER,
    }


def of_attempt(run: Submission, component: str) -> dict[str, str]:
    """Return the labels of an object that lives and goes with the driver."""
    return {
        **recommended(run.application, component),
        **launched(run.application, run.attempt),
        ATTEMPT: str(run.attempt.number),
    }


def of_application(application: SparkApplication, component: str) -> dict[str, str]:
    """Return the labels of an object that outlives attempts: nothing of an attempt's is in them."""
    return {
        **recommended(application, component),
        APP_NAME: names.label_value(application.metadata.name),
        LAUNCHED: "true",
    }


def driver_selector(application: SparkApplication) -> Mapping[str, str]:
    """Return what selects the driver pod of an application, whatever the attempt."""
    return {APP_NAME: names.label_value(application.metadata.name), ROLE: "driver"}
