"""How the simulated API misbehaves: rates between 0 and 1, changed while it runs."""

from __future__ import annotations

import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from yeoul_ingest.options import option

GROUP = "misbehaviour"


def _rate(default: float, text: str) -> Any:
    return option(default, GROUP, text, "SHARE", ge=0, le=1)


class Faults(BaseModel):
    """Shares of requests or of records; JSON uses the camelCase of these names."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    error_rate: float = _rate(0.0, "requests answered 500, 503 or 429 with Retry-After")
    garbage_rate: float = _rate(
        0.0, "requests answered with HTML, an XML fault, JSON cut short or a body that breaks off"
    )
    slow_rate: float = _rate(0.0, "requests answered late")
    duplicate_rate: float = _rate(0.0, "records that a page shows twice")
    reused_id_rate: float = _rate(
        0.0, "records that carry the dataId of the record before, with other content"
    )
    bad_rate: float = _rate(
        0.0, "malformed records: 'abc' for a double, no dataId, a number for a record, ..."
    )
    outside_rate: float = _rate(0.0, "records outside Seoul's bounds")
    number_rate: float = _rate(
        0.005, "records with numbers for strings, as the real API has (good records)"
    )
    slip_rate: float = _rate(
        0.02, "records whose KST fields are 1 s off, as the real API has (good records)"
    )
    slow_seconds: float = option(5.0, GROUP, "how late a late answer is", "SECONDS", ge=0, le=600)
    retry_after: int = option(2, GROUP, "what Retry-After of a 429 says", "SECONDS", ge=0, le=3600)


class Control(Faults):
    """What `/control` shows and changes: the faults, and whether records are made at all."""

    generating: bool = True

    def changed(self, body: bytes) -> Self:
        """This with the changes of a JSON object that names only what changes.

        Raises ValueError that says what is accepted.
        """
        try:
            changes = json.loads(body)
        except ValueError as error:
            raise ValueError(f"no JSON: {error}") from error
        if not isinstance(changes, dict):
            raise ValueError('a JSON object is accepted, such as {"errorRate": 0.2}')  # noqa: TRY004
        return self.model_validate(self.model_dump(by_alias=True) | changes)
