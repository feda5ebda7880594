"""The bookkeeping tables, schema `yeoul` of the sink's database."""

from psycopg2.extensions import connection as Connection

# Serialises concurrent first starts: CREATE ... IF NOT EXISTS alone can collide in the catalogue.
_LOCK = 0x79656F756C  # "yeoul"

TABLES = ("sinks", "ledger", "books", "dead_letters", "replayed", "targets")

# Asking for one that is there needs CREATE on the database all the same.
_SCHEMA = """
DO $$ BEGIN
    IF to_regnamespace('yeoul') IS NULL THEN CREATE SCHEMA yeoul; END IF;
END $$;
"""

_DDL = """
CREATE TABLE IF NOT EXISTS yeoul.sinks (
    installation text NOT NULL,
    pipeline     text NOT NULL,
    sink         text NOT NULL,
    epoch        bigint NOT NULL,
    holder       text NOT NULL DEFAULT '',
    claimed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (installation, pipeline, sink)
);
COMMENT ON TABLE yeoul.sinks IS 'The epoch that may write. A writer with an older one is refused.';

CREATE TABLE IF NOT EXISTS yeoul.ledger (
    installation    text NOT NULL,
    pipeline        text NOT NULL,
    sink            text NOT NULL,
    topic_id        text NOT NULL,
    "partition"     integer NOT NULL,
    topic           text NOT NULL,
    next_offset     bigint NOT NULL,
    epoch           bigint NOT NULL,
    last_kafka_time timestamptz,
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (installation, pipeline, sink, topic_id, "partition")
);
COMMENT ON TABLE yeoul.ledger IS 'The next offset of each sink, committed with its rows.';

CREATE TABLE IF NOT EXISTS yeoul.books (
    installation    text NOT NULL,
    pipeline        text NOT NULL,
    sink            text NOT NULL,
    topic_id        text NOT NULL,
    "partition"     integer NOT NULL,
    start_offset    bigint NOT NULL,
    end_offset      bigint NOT NULL,
    topic           text NOT NULL,
    read            bigint NOT NULL,
    written         bigint NOT NULL,
    filtered        bigint NOT NULL,
    dead            jsonb NOT NULL,
    superseded      bigint NOT NULL DEFAULT 0,
    unknown_keys    bigint NOT NULL,
    lost            bigint NOT NULL,
    digest          bigint NOT NULL,
    epoch           bigint NOT NULL,
    last_kafka_time timestamptz,
    committed_at    timestamptz NOT NULL DEFAULT now(),
    rules           text NOT NULL DEFAULT '',
    PRIMARY KEY (installation, pipeline, sink, topic_id, "partition", start_offset, end_offset)
);
ALTER TABLE yeoul.books ADD COLUMN IF NOT EXISTS rules text NOT NULL DEFAULT '';
ALTER TABLE yeoul.books ADD COLUMN IF NOT EXISTS buckets jsonb;
ALTER TABLE yeoul.sinks ADD COLUMN IF NOT EXISTS horizon timestamptz;
ALTER TABLE yeoul.sinks ADD COLUMN IF NOT EXISTS holder text NOT NULL DEFAULT '';
COMMENT ON COLUMN yeoul.sinks.holder IS 'The driver that has claimed it, empty where a tool has.';
COMMENT ON COLUMN yeoul.books.buckets IS
    'Rows and digest by partition of time, where a table has such.';
COMMENT ON COLUMN yeoul.sinks.horizon IS 'Rows before it are dropped by the sink''s retention.';
COMMENT ON COLUMN yeoul.books.rules IS
    'Fingerprint of the fields, select and where under which the range was written.';
COMMENT ON TABLE yeoul.books IS 'What became of every record of each committed offset range.';

CREATE TABLE IF NOT EXISTS yeoul.dead_letters (
    installation text NOT NULL,
    pipeline     text NOT NULL,
    sink         text NOT NULL,
    topic_id     text NOT NULL,
    "partition"  integer NOT NULL,
    "offset"     bigint NOT NULL,
    topic        text NOT NULL,
    key          bytea,
    payload      bytea,
    kafka_time   timestamptz,
    reason       text NOT NULL,
    detail       text NOT NULL,
    epoch        bigint NOT NULL,
    written_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (installation, pipeline, sink, topic_id, "partition", "offset")
);
COMMENT ON TABLE yeoul.dead_letters IS 'Records that could not be written, with the reason.';

CREATE TABLE IF NOT EXISTS yeoul.replayed (
    LIKE yeoul.dead_letters INCLUDING DEFAULTS,
    replayed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE yeoul.replayed IS 'Dead letters that were replayed, and are dead no longer.';

CREATE TABLE IF NOT EXISTS yeoul.targets (
    installation text NOT NULL,
    pipeline     text NOT NULL,
    sink         text NOT NULL,
    target       oid NOT NULL,
    name         text NOT NULL,
    created      boolean NOT NULL,
    first_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (installation, pipeline, sink, target)
);
COMMENT ON TABLE yeoul.targets IS 'The tables that each sink writes, and whether it created them.';
"""

# The last table and the last columns that were added: where they are, nothing is missing.
_COMPLETE = """
SELECT to_regclass('yeoul.targets') IS NOT NULL
AND to_regclass('yeoul.replayed') IS NOT NULL AND EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = to_regclass('yeoul.books') AND attname = 'rules' AND NOT attisdropped)
AND EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = to_regclass('yeoul.sinks') AND attname = 'holder' AND NOT attisdropped)
"""


def ensure_schema(connection: Connection) -> None:
    """Create the bookkeeping tables where they are missing, add new columns, and commit.

    A column is added in a moment, whatever the table's size; writers of an older version go on.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(_COMPLETE)
        if cursor.fetchone() == (True,):
            return
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute(_SCHEMA + _DDL)
