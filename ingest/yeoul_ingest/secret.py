"""The API key: read from the environment or a file, and kept out of everything that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from pydantic import SecretStr

SHOWN = "***"


class SecretError(ValueError):
    """There is no usable API key; the message names the places searched."""


def read_api_key(file: Path | None, env: Mapping[str, str], variable: str) -> SecretStr:
    """The key from `file` if one is named, else from the environment variable.

    Raises SecretError where neither holds one. White space around the key is dropped.
    """
    if file is not None:
        try:
            key = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(
                f"--api-key-file: {str(file)!r} cannot be read ({_reason(error)}); "
                "name a text file that holds the key and nothing else"
            ) from error
        place = f"the file {str(file)!r}"
    else:
        key = env.get(variable, "").strip()
        place = f"the environment variable {variable}"
    if not key:
        raise SecretError(
            f"no API key: {place} is empty or not set; "
            f"name a file with --api-key-file or set {variable}"
        )
    return SecretStr(key)


def redact(text: str, key: SecretStr) -> str:
    """`text` without the key, as it is or as a URL spells it."""
    secret = key.get_secret_value()
    return text.replace(secret, SHOWN).replace(quote(secret, safe=""), SHOWN)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return str(error.strerror) if isinstance(error, OSError) else "not UTF-8 text"
