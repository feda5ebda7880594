"""What all models of the API have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Frozen; camelCase in documents; unknown keys are ignored, and null means not given.

    The API server prunes what the schema does not know, and clients are known to send such keys,
    so that they must never make a document invalid.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, document: Any) -> Any:
        if isinstance(document, dict) and None in document.values():
            return {key: value for key, value in document.items() if value is not None}
        return document


ModelT = TypeVar("ModelT", bound=Model)


def read_or_blank(model: type[ModelT], document: Any) -> ModelT:
    """A stored status; what another program made of it unreadable counts as lost."""
    try:
        return model.model_validate(document or {})
    except ValueError:
        return model()


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def show_time(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second, as Kubernetes writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Time = Annotated[
    datetime,
    AfterValidator(_utc),
    PlainSerializer(show_time, return_type=str, when_used="json"),
]
"""A moment, always in UTC; written to the second."""

Int = Annotated[int, Field(strict=True)]
Bool = Annotated[bool, Field(strict=True)]

Port = Annotated[int, Field(strict=True, ge=1, le=65535)]

Texts = dict[str, str]
"""Names to texts."""

Amounts = dict[str, int | str]
"""Names of resources to quantities, as Kubernetes writes them."""

Part = dict[str, Any]
"""A part in Kubernetes' own words; the API server checks it when the object is created."""

Parts = tuple[Part, ...]
