"""What libpq says, sorted by what helps. Its words are those of PostgreSQL 15 and 18."""

from __future__ import annotations

import pytest

from yeoul_stream.migrate.refusals import Why, refusal, remedy
from yeoul_stream.secrets import PostgresSecret

WHO = PostgresSecret(
    host="db", port=5432, dbname="team13", username="u", password="never", sslmode="require"
)
AT = 'connection to server at "db" (10.0.0.1), port 5432 failed: '


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (AT + 'FATAL:  password authentication failed for user "u"', Why.PASSWORD),
        (AT + "fe_sendauth: no password supplied", Why.PASSWORD),
        (AT + 'FATAL:  role "u" does not exist', Why.PASSWORD),
        (AT + 'FATAL:  database "team13" does not exist', Why.NO_DATABASE),
        (AT + 'FATAL:  no pg_hba.conf entry for host "10.0.0.2", user "u"', Why.NOT_LET_IN),
        (AT + 'FATAL:  permission denied for database "team13"', Why.NOT_LET_IN),
        (AT + 'FATAL:  role "u" is not permitted to log in', Why.NOT_LET_IN),
        (AT + "server does not support SSL, but SSL was required", Why.ENCRYPTION),
        ('root certificate file "/.postgresql/root.crt" does not exist', Why.ENCRYPTION),
        (AT + "SSL error: certificate verify failed", Why.ENCRYPTION),
        (AT + "Connection refused", Why.NOT_READY),
        (AT + "timeout expired", Why.NOT_READY),
        ('could not translate host name "db" to address', Why.NOT_READY),
        (AT + "FATAL:  the database system is starting up", Why.NOT_READY),
        (AT + "FATAL:  sorry, too many clients already", Why.NOT_READY),
        (AT + "FATAL:  Passwort-Authentifizierung fehlgeschlagen", Why.NOT_READY),
    ],
)
def test_words_mean(words: str, why: Why) -> None:
    assert refusal(words).why is why


@pytest.mark.parametrize("why", Why)
def test_a_remedy_names_the_server_and_no_password(why: Why) -> None:
    found = refusal("x")
    text = remedy(type(found)(why, "in its words"), WHO)
    assert "db:5432" in text
    assert "in its words" in text
    assert "never" not in text


def test_only_a_server_that_is_not_ready_is_waited_for() -> None:
    assert [why for why in Why if type(refusal("x"))(why, "").may_pass] == [Why.NOT_READY]
