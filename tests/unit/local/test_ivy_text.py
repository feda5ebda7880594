"""What Ivy reads, and what its failures mean."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from yeoul_local.ivy_text import failure, module, open_module, settings
from yeoul_local.locked import Jar

LOG = Path("jars.log")


def _resolver(text: str) -> ElementTree.Element:
    found = ElementTree.fromstring(text).find(".//ibiblio")  # noqa: S314 - our own text
    assert found is not None
    return found


def test_maven_central_is_not_named() -> None:
    assert _resolver(settings(None)).get("root") is None


def test_a_mirror_is_the_root() -> None:
    assert _resolver(settings("http://mirror/maven?a&b")).get("root") == "http://mirror/maven?a&b/"


def test_a_classifier_is_kept() -> None:
    jar = Jar("o", "n", "1", "linux", "")
    assert 'm:classifier="linux"' in module("set", (jar,))


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("java.io.IOException: No space left on device", "Free about"),
        ("PKIX path building failed", "SSL_CERT_FILE"),
        (":: org.a#b;1.0: not found", "Check YEOUL_MAVEN_REPOSITORY"),
        (":: org.a#b;1.0: not found\nUnknownHostException", "Check the network"),
        ("", "Check the network"),
    ],
)
def test_a_failure_names_its_remedy(output: str, remedy: str) -> None:
    assert failure("kafka", output, LOG).remedy.startswith((remedy, f"Set {remedy}"))


def test_a_missing_jar_is_named() -> None:
    assert "org.a#b;1.0" in failure("kafka", ":: org.a#b;1.0: not found", LOG).what


def test_poms_are_read_only_to_lock() -> None:
    assert [_resolver(settings(None, poms=poms)).get("usepoms") for poms in (False, True)] == [
        "false",
        "true",
    ]


def test_a_root_brings_what_it_needs() -> None:
    written = ElementTree.fromstring(open_module("set", ("o:n:1",)))  # noqa: S314 - our own text
    found = written.find(".//dependency")
    assert found is not None
    assert (found.get("org"), found.get("rev"), found.get("transitive")) == ("o", "1", None)
