"""The operator and the CRDs that a cluster has: it works with its own, and leaves others alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bed import cache
from bed.api import Api, until
from fix_application import peer_crd
from fix_operator import Operator, processes_of, running_operator

CRDS = Path(__file__).parents[2] / "manifests/crds"
NAME = "sparkapplications.sparkoperator.k8s.io"

pytestmark = pytest.mark.usefixtures("crds")


def replace(kubeconfig: Path, file: Path) -> None:
    found = cache.binary("kubectl")
    program = str(found) if found.is_file() else "kubectl"
    command = [program, "--kubeconfig", str(kubeconfig), "replace", "-f", str(file)]

    def replaced() -> bool:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        # The API server itself writes the status of a definition that is new.
        return done.returncode == 0

    until(f"{file.name} in the place of what was there", replaced)


@contextmanager
def foreign(kubeconfig: Path) -> Iterator[None]:
    """The best-known operator's CRD in the place of ours."""
    replace(kubeconfig, peer_crd("sparkapplications"))
    try:
        yield
    finally:
        replace(kubeconfig, CRDS)


def generation(api: Api) -> int:
    found = api.read("CustomResourceDefinition", None, NAME)
    return int(found["metadata"]["generation"])


def test_a_definition_of_another_installation_is_named_and_left_alone(
    api: Api, kubeconfig: Path, tmp_path: Path
) -> None:
    log = tmp_path / "operator.log"
    with foreign(kubeconfig):
        before = generation(api)
        with processes_of(kubeconfig, tmp_path, "operator"):
            said = f"CRD {NAME} belongs to another installation and is left alone"
            until("a message", lambda: log.is_file() and said in log.read_text())
        assert generation(api) == before


def test_the_operator_begins_once_its_own_definition_is_there(
    kubeconfig: Path, tmp_path: Path
) -> None:
    log = tmp_path / "operator.log"
    with processes_of_foreign(kubeconfig, tmp_path) as operator:
        until("a message", lambda: log.is_file() and "left alone" in log.read_text())
        assert not operator.is_ready()
        replace(kubeconfig, CRDS)
        until("a ready operator", operator.is_ready)


@contextmanager
def processes_of_foreign(kubeconfig: Path, folder: Path) -> Iterator[Operator]:
    with foreign(kubeconfig), processes_of(kubeconfig, folder, "operator") as operator:
        yield operator


def test_its_own_definition_is_not_worth_a_word(kubeconfig: Path, tmp_path: Path) -> None:
    with running_operator(kubeconfig, tmp_path):
        pass
    assert "CRD" not in (tmp_path / "operator.log").read_text()
