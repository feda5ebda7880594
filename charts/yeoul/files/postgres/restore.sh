#!/bin/bash
# A dump as a database of its own. For the official image of PostgreSQL.
#
#   PGHOST, PGUSER  the server, as libpq wants it, and a superuser
#   PASSWORD_FILE   holds the role's password
#   BACKUPS, FILE   the folder of the dumps, and which one
#   DATABASE        the database to make; there must be none of that name
#   OWNER           the role that gets it
#   WAIT            for how many seconds a server is waited for (300)
#
# No database that is there is touched. The new one gets its name once it is whole.
set -euo pipefail
shopt -s nullglob

fail() { echo "restore: $1" >&2; exit 1; }

run() { # database: statements come by stdin
  psql --no-password --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$1" \
    --set=database="$DATABASE" --set=half="$half" --set=owner="$OWNER" --set=note="$note"
}

half="${DATABASE}_restoring"
note="restored from $FILE"
dump="$BACKUPS/$FILE"
if [ ! -s "$dump" ]; then
  there=("$BACKUPS"/*.dump)
  fail "there is no $FILE; there are: ${there[*]##*/}"
fi

PGPASSWORD="$(cat "$PASSWORD_FILE")"
export PGPASSWORD PGCONNECT_TIMEOUT=10 PGOPTIONS="-c client_min_messages=warning"
for ((second = 0; second < ${WAIT:-300}; second += 2)); do
  if pg_isready --quiet; then break; fi
  sleep 2
done

found="$(run postgres <<<"SELECT 'there: ' || coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = :'database'")"
if [ "$found" = "there: $note" ]; then
  echo "$DATABASE is there, $note: nothing is left to do"
  exit 0
fi
[ -z "$found" ] || fail "there is a database $DATABASE already, and it stays as it is: name another one"
[ "$(run postgres <<<"SELECT count(*) FROM pg_roles WHERE rolname = :'owner'")" = 1 ] || fail "there is no role $OWNER"

# What an interrupted one has left.
run postgres <<'SQL'
DROP DATABASE IF EXISTS :"half" WITH (FORCE);
CREATE DATABASE :"half" OWNER :"owner" TEMPLATE template0;
SQL
pg_restore --no-password --exit-on-error --jobs=2 --dbname="$half" "$dump" ||
  fail "$FILE could not be restored, see above; roles that it names must be there. Nothing else has changed"

run "$half" <<'SQL'
SELECT to_regclass('yeoul.targets') IS NOT NULL AS has_ledger \gset
\if :has_ledger
BEGIN;
-- The ledger knows tables by numbers, which are others now. Of several of one name the newest was
-- there when the dump was made.
CREATE TEMPORARY TABLE known ON COMMIT DROP AS
  SELECT DISTINCT ON (installation, pipeline, sink, t.name)
    installation, pipeline, sink, c.oid AS target, t.name, created, first_at
  FROM yeoul.targets t
  JOIN pg_namespace n ON true
  JOIN pg_class c ON c.relnamespace = n.oid AND n.nspname || '.' || c.relname = t.name
  ORDER BY installation, pipeline, sink, t.name, first_at DESC;
DELETE FROM yeoul.targets;
INSERT INTO yeoul.targets (installation, pipeline, sink, target, name, created, first_at)
  SELECT installation, pipeline, sink, target, name, created, first_at FROM known;
COMMIT;
\echo where its sinks stand:
SELECT format('  %s %s, topic %s: %s partitions, last written at %s',
  pipeline, sink, topic, count(*), date_trunc('second', max(updated_at)))
FROM yeoul.ledger GROUP BY installation, pipeline, sink, topic ORDER BY 1;
\endif
ANALYZE;
SQL

run postgres <<'SQL'
COMMENT ON DATABASE :"half" IS :'note';
ALTER DATABASE :"half" RENAME TO :"database";
SQL
echo "$DATABASE is made of $FILE; pipelines use it once postgres.database.name says so"
