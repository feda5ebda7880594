"""A frozen pydantic model as the options of a command: one definition of names, help and checks."""

from __future__ import annotations

import argparse
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, JsonValue, ValidationError
from pydantic.fields import FieldInfo

Model = typing.TypeVar("Model", bound=BaseModel)


def option(
    default: Any,
    group: str,
    text: str,
    metavar: str = "",
    *,
    name: str = "",
    accepted: str = "",
    **checks: Any,
) -> Any:
    """A field of a model of options.

    `group` and `text` are its place and line in the help; `name` is what it is called there, where
    that differs from the field; `accepted` explains a pattern; `checks` are pydantic's.
    """
    extra: dict[str, JsonValue] = {
        "group": group,
        "metavar": metavar,
        "option": name,
        "accepted": accepted,
    }
    return Field(default, description=text, json_schema_extra=extra, **checks)


class OptionsError(ValueError):
    """What the user gave does not fit: one line for each option, with value and remedy."""


def add_options(
    parser: argparse.ArgumentParser,
    model: type[BaseModel],
    env_prefix: str,
    groups: Sequence[str],
) -> None:
    """Add one option for each field of `model`; `groups` orders the groups that they name.

    A field `api_key_file` becomes `--api-key-file` and the environment variable
    `<env_prefix>API_KEY_FILE`. A mapping becomes a repeatable `--name KEY=VALUE`, a bool a pair
    `--name` and `--no-name`.
    """
    titled = {title: parser.add_argument_group(title) for title in groups}
    for name, field in model.model_fields.items():
        group = titled[_extra(field, "group") or groups[0]]
        flag = _flag(name, field)
        text = _help(name, field, env_prefix)
        if _is_mapping(field):
            group.add_argument(
                flag, action="append", dest=name, help=text, metavar="KEY=VALUE", default=None
            )
        elif field.annotation is bool:
            group.add_argument(
                flag, action=argparse.BooleanOptionalAction, dest=name, help=text, default=None
            )
        else:
            group.add_argument(flag, dest=name, help=text, metavar=_metavar(name, field))


def variables(model: type[BaseModel], env_prefix: str) -> list[str]:
    """The environment variables of all options, in order."""
    return [_env_name(name, field, env_prefix) for name, field in model.model_fields.items()]


def read_options(
    model: type[Model],
    arguments: argparse.Namespace,
    env: Mapping[str, str],
    env_prefix: str,
) -> Model:
    """Build the model: the command line wins over the environment, that over the defaults.

    Raises OptionsError with every problem at once.
    """
    values: dict[str, object] = {}
    for name, field in model.model_fields.items():
        given = getattr(arguments, name, None)
        if given is None:
            from_env = env.get(_env_name(name, field, env_prefix), "")
            if from_env == "":
                continue
            given = from_env.split(",") if _is_mapping(field) else from_env
        values[name] = _pairs(_flag(name, field), given) if _is_mapping(field) else given
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise OptionsError(explain(model, error, env_prefix)) from None


def explain(model: type[BaseModel], error: ValidationError, env_prefix: str) -> str:
    """One line for each problem: the option and its variable, the value, what is accepted."""
    lines = []
    for problem in error.errors():
        if not problem["loc"]:
            lines.append(str(problem["msg"]).removeprefix("Value error, "))
            continue
        name = str(problem["loc"][0])
        field = model.model_fields[name]
        where = f"{_flag(name, field)} ({_env_name(name, field, env_prefix)})"
        message = str(problem["msg"]).removeprefix("Value error, ")
        if problem["type"] == "string_pattern_mismatch":
            message = "accepted is " + (_extra(field, "accepted") or message)
        # A mapping may hold a secret: its validator names the key that is wrong.
        hidden = problem["type"] == "missing" or _is_mapping(field)
        got = "" if hidden else f" {_shown(problem['input'])}:"
        lines.append(f"{where}:{got} {message[:1].lower()}{message[1:]}")
    return "\n  ".join(lines)


def _shown(value: object) -> str:
    # The query of a URL may hold a key.
    return repr(re.sub(r"\?.+", "?...", value) if isinstance(value, str) else value)


def _pairs(flag: str, given: object) -> object:
    if not isinstance(given, list):
        return given
    pairs: dict[str, str] = {}
    for item in given:
        key, equals, value = str(item).partition("=")
        if not equals or not key:
            raise OptionsError(f"{flag}: {item!r}: accepted is KEY=VALUE, for example type=json")
        pairs[key.strip()] = value
    return pairs


def _is_mapping(field: FieldInfo) -> bool:
    return typing.get_origin(field.annotation) is dict


def _option(name: str, field: FieldInfo) -> str:
    return _extra(field, "option") or name


def _flag(name: str, field: FieldInfo) -> str:
    return "--" + _option(name, field).replace("_", "-")


def _env_name(name: str, field: FieldInfo, env_prefix: str) -> str:
    return env_prefix + _option(name, field).upper()


def _extra(field: FieldInfo, key: str) -> str | None:
    extra = field.json_schema_extra
    value = extra.get(key) if isinstance(extra, dict) else None
    return value if isinstance(value, str) else None


def _help(name: str, field: FieldInfo, env_prefix: str) -> str:
    default = ""
    if field.is_required():
        default = "required; "
    elif isinstance(field.default, bool):
        default = f"default {'on' if field.default else 'off'}; "
    elif field.default not in (None, "", {}):
        default = f"default {field.default}; "
    text = f"{field.description or ''} [{default}{_env_name(name, field, env_prefix)}]"
    return text.replace("%", "%%")


def _metavar(name: str, field: FieldInfo) -> str:
    shown = _extra(field, "metavar")
    if shown:
        return shown
    kinds = typing.get_args(field.annotation)
    kind = next((k for k in kinds if k is not types.NoneType), field.annotation)
    if kind in (int, float):
        return "N" if kind is int else "X"
    return name.rpartition("_")[2].upper()
