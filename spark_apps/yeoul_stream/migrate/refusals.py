"""What a server's refusal of a connection means, and what helps. Pure.

libpq gives no code for what goes wrong before a session begins, so its words are looked at. A
server that speaks another language is taken for one that is not ready; its words are shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from yeoul_stream.secrets import PostgresSecret


class Why(Enum):
    """Why there is no session."""

    NOT_READY = "not ready"
    PASSWORD = "password"  # noqa: S105 - a reason
    NO_DATABASE = "no database"
    NOT_LET_IN = "not let in"
    ENCRYPTION = "encryption"


@dataclass(frozen=True)
class Refusal:
    """Why a role was refused, in the server's words."""

    why: Why
    words: str

    @property
    def may_pass(self) -> bool:
        """Whether waiting may help."""
        return self.why is Why.NOT_READY


_WORDS = (
    # A role that is not there is answered as a wrong password is.
    (Why.PASSWORD, r"password authentication failed|no password supplied|authentication failed"),
    (Why.PASSWORD, r'role ".*" does not exist'),
    (Why.NO_DATABASE, r'database ".*" does not exist'),
    (Why.NOT_LET_IN, r"pg_hba\.conf|permission denied for database|not permitted to log in"),
    (Why.ENCRYPTION, r"does not support SSL|certificate|SSL error|sslmode"),
)


def refusal(words: str) -> Refusal:
    """Sort what libpq said."""
    line = " ".join(words.split())
    for why, pattern in _WORDS:
        if re.search(pattern, line):
            return Refusal(why, line)
    return Refusal(Why.NOT_READY, line)


def remedy(found: Refusal, who: PostgresSecret) -> str:
    """Return what is wrong and what helps, in one line that names role, database and server."""
    place = f"{who.host}:{who.port}"
    advice = {
        Why.NOT_READY: f"{place} does not answer: see that the server runs, that host and port are "
        "its, and that no NetworkPolicy or firewall is in between",
        Why.PASSWORD: f"{place} refuses the password of role {who.username!r}, or has no such "
        "role: put the right password into the Secret, or create the role",
        Why.NO_DATABASE: f"{place} has no database {who.dbname!r}",
        Why.NOT_LET_IN: f"{place} does not let role {who.username!r} into database "
        f"{who.dbname!r} from here: allow it in pg_hba.conf, and grant LOGIN and CONNECT",
        Why.ENCRYPTION: f"{place} and sslmode {who.sslmode or 'prefer'!r} do not fit: choose "
        "another sslmode, or give the server a certificate that is trusted",
    }[found.why]
    return f"{advice} ({found.words})"
