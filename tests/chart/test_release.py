"""Install, upgrade, roll back, uninstall, install again: on a real API server, once.

The namespace is restricted. A chart whose definition of pipelines lacks something is the older one.
"""

from __future__ import annotations

import base64
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from bed.api import Api, until
from fix_chart import CHART, WORKLOADS, Chart, Helm, Object

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
KINDS = (
    *("ConfigMap", "Secret", "Service", "ServiceAccount", "Lease", "Role", "RoleBinding"),
    *("Deployment", "StatefulSet", "Job", "CronJob", "PodDisruptionBudget", "NetworkPolicy"),
    *("ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration"),
)
CLUSTERS = ("ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration")
PIPELINES = "streampipelines.yeoul.dev"
AUTHORITY = base64.b64encode(b"authority").decode()
PARTS = (
    *("operator", "poller", "simulator", "kafka-0", "kafka-topics", "postgres-0"),
    *("postgres-migration", "hdfs-namenode-0", "hdfs-datanode-0"),
)


@dataclass(frozen=True, slots=True)
class Release:
    """A release of the chart, in a namespace of its own, under that namespace's name."""

    api: Api
    client: Helm

    @property
    def namespace(self) -> str:
        """Where it is."""
        return self.client.namespace

    def helm(self, verb: str, *arguments: str, chart: Path | None = None) -> str:
        """Run `helm VERB`; returns what it wrote."""
        if verb in ("install", "upgrade"):
            # Another test has the server look at every object; here that would cost seconds.
            arguments = (*arguments, "--disable-openapi-validation")
        return self.client.run(verb, *([str(chart)] if chart else []), *arguments)

    def put(self, verb: str, *sets: str, chart: Path = CHART, crds: bool = False) -> str:
        """Install or upgrade with values `KEY=VALUE`."""
        name = f"fullnameOverride=y{self.namespace[-8:]}"
        values = [name, f"crds.install={str(crds).lower()}", *sets]
        return self.helm(verb, *(part for one in values for part in ("--set", one)), chart=chart)

    def name(self, part: str) -> str:
        """The name of an object."""
        return f"y{self.namespace[-8:]}-{part}"

    def password(self) -> str:
        """The one that pipelines get."""
        data = self.api.read("Secret", self.namespace, "car-info-postgres")["data"]
        return base64.b64decode(data["password"]).decode()

    def left(self) -> set[tuple[str, str]]:
        """What bears the release's labels."""
        found = set()
        for kind in KINDS:
            namespace = None if kind in CLUSTERS else self.namespace
            for one in self.api.list(kind, namespace, "app.kubernetes.io/instance=yeoul"):
                name = one["metadata"]["name"]
                if kind not in CLUSTERS or name.startswith(self.name("")):
                    found.add((kind, name))
        return found


@dataclass(slots=True)
class Story:
    """What was seen of a release, from its installation on.

    Attributes:
        release: the release, installed for the second time.
        pods: the names of its pods.
        passwords: the one of the pipelines after each step.
        short_names: those of pipelines after each step; nothing where the definitions are not ours.
        upgraded: objects that others had written to, after an upgrade.
        image: Kafka's after the rollback.
        left: what an uninstall left behind.
        defined: whether it left the definitions.
    """

    release: Release
    pods: set[str] = field(default_factory=set)
    passwords: list[str] = field(default_factory=list)
    short_names: list[list[str]] = field(default_factory=list)
    upgraded: dict[str, Object] = field(default_factory=dict)
    image: str = ""
    left: set[tuple[str, str]] = field(default_factory=set)
    defined: bool = False

    def look(self) -> None:
        """Note what every step must keep."""
        self.passwords.append(self.release.password())
        found = self.release.api.get("CustomResourceDefinition", None, PIPELINES) or {}
        names = found.get("spec", {}).get("names", {})
        self.short_names.append(names.get("shortNames", []))


def older_chart(folder: Path) -> Path:
    """A copy whose pipelines have no short name."""
    shutil.copytree(CHART, folder)
    file = folder / "files" / "crds" / "streampipelines.yaml"
    definition = yaml.safe_load(file.read_text())
    definition["spec"]["names"].pop("shortNames")
    file.write_text(yaml.safe_dump(definition))
    return folder


def others_write(release: Release) -> None:
    """What the operator writes into objects of the chart."""
    name, api = release.name("operator"), release.api
    hooks = api.read("ValidatingWebhookConfiguration", None, name)["webhooks"]
    hooks[0]["clientConfig"]["caBundle"] = AUTHORITY
    api.patch("ValidatingWebhookConfiguration", None, name, {"webhooks": hooks})
    secret = {"stringData": {"tls.crt": "cert"}}
    api.patch("Secret", release.namespace, f"{name}-webhook", secret)
    api.patch("Lease", release.namespace, name, {"spec": {"holderIdentity": "somebody"}})


def as_written(release: Release) -> dict[str, Object]:
    name, api = release.name("operator"), release.api
    return {
        "hook": api.read("ValidatingWebhookConfiguration", None, name)["webhooks"][0],
        "secret": api.read("Secret", release.namespace, f"{name}-webhook")["data"],
        "lease": api.read("Lease", release.namespace, name)["spec"],
    }


@pytest.fixture(scope="module")
def story(
    api: Api, chart: Chart, kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """One release through all that happens to it."""
    namespace = f"t-{uuid.uuid4().hex[:12]}"
    body = {"metadata": {"name": namespace, "labels": RESTRICTED}}
    api.create({"apiVersion": "v1", "kind": "Namespace", **body})
    client = Helm(chart.program, kubeconfig, namespace, tmp_path_factory.mktemp("helm"))
    release = Release(api, client)
    seen = Story(release)
    crds = api.get("CustomResourceDefinition", None, PIPELINES) is None
    try:
        _tell(seen, older_chart(tmp_path_factory.mktemp("older") / "yeoul"), crds=crds)
        yield seen
    finally:
        release.helm("uninstall", "--ignore-not-found")
        api.delete("Namespace", None, namespace)
        for one in api.list("CustomResourceDefinition", None, "app.kubernetes.io/part-of=yeoul"):
            if crds:
                api.delete("CustomResourceDefinition", None, one["metadata"]["name"])


def _tell(seen: Story, older: Path, *, crds: bool) -> None:
    release, api = seen.release, seen.release.api
    release.put("install", chart=older, crds=crds)
    seen.look()
    seen.pods = until("a pod of each part", lambda: _all_pods(release))
    others_write(release)
    release.put("upgrade", "images.tag=other", "operator.webhook.timeoutSeconds=5", crds=crds)
    seen.look()
    seen.upgraded = as_written(release)
    release.helm("rollback")
    seen.look()
    kafka = api.read("StatefulSet", release.namespace, release.name("kafka"))
    seen.image = kafka["spec"]["template"]["spec"]["containers"][0]["image"]
    release.helm("uninstall")
    seen.left = until("nothing but what is kept", lambda: _settled(release))
    seen.defined = api.get("CustomResourceDefinition", None, PIPELINES) is not None
    release.put("install", crds=crds)
    seen.look()


def _all_pods(release: Release) -> set[str] | None:
    names = {pod["metadata"]["name"] for pod in release.api.list("Pod", release.namespace)}
    wanted = [release.name(part) for part in PARTS]
    return names if all(any(name.startswith(one) for name in names) for one in wanted) else None


def _settled(release: Release) -> set[tuple[str, str]] | None:
    """What is left, once Kubernetes has collected what belonged to what was deleted."""
    found = release.left()
    return found if not any(kind in WORKLOADS for kind, _ in found) else None


def test_all_pods_are_let_into_a_restricted_namespace(story: Story) -> None:
    assert len(story.pods) >= len(PARTS)


def test_passwords_are_kept_by_upgrade_rollback_and_another_installation(story: Story) -> None:
    assert len(story.passwords) == 4
    assert len(set(story.passwords)) == 1


def test_a_password_is_long(story: Story) -> None:
    assert len(story.passwords[0]) == 32


def test_an_upgrade_upgrades_the_definitions(story: Story) -> None:
    if not any(story.short_names):
        pytest.skip("the cluster has definitions, which are not a test's to change")
    assert story.short_names[:2] == [[], ["sp"]]


def test_an_uninstall_leaves_the_definitions(story: Story) -> None:
    assert story.defined


def test_an_upgrade_keeps_the_webhooks_authority(story: Story) -> None:
    assert story.upgraded["hook"]["clientConfig"]["caBundle"] == AUTHORITY
    assert story.upgraded["hook"]["timeoutSeconds"] == 5


def test_an_upgrade_keeps_the_webhooks_certificate(story: Story) -> None:
    assert "tls.crt" in story.upgraded["secret"]


def test_an_upgrade_leaves_the_leader_its_lease(story: Story) -> None:
    assert story.upgraded["lease"]["holderIdentity"] == "somebody"


def test_a_rollback_brings_the_old_image_back(story: Story) -> None:
    assert story.image.endswith(":0.1.0")


def test_an_uninstall_leaves_the_passwords_and_nothing_else(story: Story) -> None:
    assert story.left == {("Secret", story.release.name("postgres"))}
