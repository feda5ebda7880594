"""How KWOK plays pods: ready at once, unless an annotation of the pod says otherwise.

bed.yeoul.dev/phase: by-test       KWOK leaves the pod's status to the test
bed.yeoul.dev/deletion: by-test    a deleted pod stays in Terminating until the test removes it
bed.yeoul.dev/ends-after: 5s       the pod ends so long after it was ready ...
bed.yeoul.dev/exit-code: "1"       ... with this code; without, with 0
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

PHASE = "bed.yeoul.dev/phase"
DELETION = "bed.yeoul.dev/deletion"
ENDS_AFTER = "bed.yeoul.dev/ends-after"
EXIT_CODE = "bed.yeoul.dev/exit-code"
BY_TEST = "by-test"

Stage = dict[str, Any]

_ENDED = """\
{{ $now := Now }}
{{ $root := . }}
{{ $code := or (index (or .metadata.annotations dict) "bed.yeoul.dev/exit-code") "0" }}
conditions:
- lastTransitionTime: {{ $now | Quote }}
  status: "False"
  type: Ready
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: false
  restartCount: 0
  state:
    terminated:
      exitCode: {{ $code }}
      reason: {{ if eq $code "0" }}Completed{{ else }}Error{{ end }}
      startedAt: {{ $root.status.startTime | Quote }}
      finishedAt: {{ $now | Quote }}
{{ end }}
phase: {{ if eq $code "0" }}Succeeded{{ else }}Failed{{ end }}
"""


def _annotation(key: str) -> str:
    return f'.metadata.annotations["{key}"]'


def _ends() -> Stage:
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": "pod-ends"},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
            "selector": {
                "matchExpressions": [
                    {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"},
                    {"key": ".status.phase", "operator": "In", "values": ["Running"]},
                    {"key": _annotation(ENDS_AFTER), "operator": "Exists"},
                ]
            },
            "delay": {"durationFrom": {"expressionFrom": _annotation(ENDS_AFTER)}},
            "next": {"statusTemplate": _ENDED},
        },
    }


def adapt(shipped: list[Stage]) -> list[Stage]:
    """The stages of KWOK's module, with the annotations above and `pod-ends` added."""
    spared = {"pod-ready": PHASE, "pod-complete": PHASE, "pod-delete": DELETION}
    stages = copy.deepcopy(shipped)
    for stage in stages:
        key = spared.get(stage["metadata"]["name"])
        if key:
            stage["spec"]["selector"]["matchExpressions"].append(
                {"key": _annotation(key), "operator": "NotIn", "values": [BY_TEST]}
            )
    return [*stages, _ends()]


def write(shipped: Path, target: Path) -> None:
    """Read the shipped stages and write the adapted ones."""
    documents = [one for one in yaml.safe_load_all(shipped.read_text()) if one]
    target.write_text(yaml.safe_dump_all(adapt(documents), sort_keys=False))
