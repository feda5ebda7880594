"""What the README tells people to type, typed on the node, on which nothing is yet."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bed import cache
from charts.options.postgres import BuiltinPostgres
from fix_chart import helm
from fix_node import ROOT, Site, image

pytestmark = [pytest.mark.night, pytest.mark.timeout(1800)]

# Images are on the node already, from these very archives.
_STAND_INS = {
    "make": '[ "$*" = images ]',
    "kind": '[ "$1 $2" = "load image-archive" ] && [ -s "$3" ]',
}
_AWAY = """
kubectl delete streampipelines --all --timeout=120s
helm uninstall yeoul --wait
kubectl delete job,pvc,secret,crd --all --timeout=120s
"""


def commands() -> list[str]:
    """The blocks of commands on the platform, in the README's section on Kubernetes."""
    section = re.split(r"^## ", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    (text,) = [one for one in section if one.startswith("On Kubernetes\n")]
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[:2]


class Terminal:
    """A shell in the root of the repository, as somebody's who has helm and kubectl."""

    def __init__(self, site: Site, folder: Path) -> None:
        found = helm()
        if found is None:
            pytest.skip("there is no helm; `make bed` builds it")
        for name, body in _STAND_INS.items():
            self._program(folder / name, f"#!/bin/sh\n{body}\n")
        for name, place in (("helm", found), ("kubectl", cache.binary("kubectl"))):
            if Path(place).is_file():
                (folder / name).symlink_to(place)
        self._environment = {
            **os.environ,
            "PATH": f"{folder}:{os.environ['PATH']}",
            "KUBECONFIG": str(site.kubeconfig),
        }

    def type(self, text: str) -> str:
        """Run commands one after the other; returns what they wrote."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1200,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    @staticmethod
    def _program(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)


@pytest.fixture(scope="module")
def terminal(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A terminal; what was installed by it is removed again, as the chart's README says."""
    if site.node is None:
        pytest.skip("installs into `default`, which is not done to the cluster of KUBECONFIG")
    if not image("spark").startswith("localhost/"):
        pytest.skip("the README's images are those of `make images`")
    official = BuiltinPostgres().image
    # Nothing is pulled here; ours has its interface.
    site.node.name_image(
        image("postgres"), f"{official.registry}/{official.repository}:{official.tag}"
    )
    found = Terminal(site, tmp_path_factory.mktemp("bin"))
    yield found
    found.type(_AWAY)


def test_the_platform_and_its_proof_are_a_few_commands(terminal: Terminal) -> None:
    platform, proof = commands()
    told = terminal.type(platform)
    assert re.search(r"Phase: +Succeeded", told), told
    told = terminal.type(proof)
    assert "The proof holds" in told, told
