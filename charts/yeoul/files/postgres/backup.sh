#!/bin/bash
# A dump of a database, beside those of before. For the official image of PostgreSQL.
#
#   PGHOST, PGUSER, PGDATABASE   the database, as libpq wants it
#   PASSWORD_FILE   holds the role's password
#   BACKUPS         the folder of the dumps
#   KEEP            how many are kept
#   WAIT            for how many seconds a server is waited for (300)
#
# A dump bears its name once it is whole and can be read; older ones go only after that.
set -euo pipefail
shopt -s nullglob

fail() { echo "backup: $1" >&2; exit 1; }

[ -w "$BACKUPS" ] || fail "$BACKUPS cannot be written to: give the claim's volume to group $(id -g), or choose storage that heeds fsGroup"
# The schedule and an upgrade may meet.
exec 9>"$BACKUPS/.lock"
flock -n 9 || fail "another backup is writing to $BACKUPS: it is left to that one"

PGPASSWORD="$(cat "$PASSWORD_FILE")"
export PGPASSWORD PGCONNECT_TIMEOUT=10
for ((second = 0; second < ${WAIT:-300}; second += 2)); do
  if pg_isready --quiet; then break; fi
  sleep 2
done

name="$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ).dump"
half="$BACKUPS/.$name.half"
# What a killed one has left.
rm -f "$BACKUPS"/.*.half
trap 'rm -f "$half"' EXIT

# One snapshot: rows and positions are of the same moment. A table that is being dropped is not
# waited for without end.
pg_dump --no-password --format=custom --lock-wait-timeout=60s --file="$half"
tables="$(pg_restore --list "$half" | grep -c ' TABLE DATA ' || true)"
[ "$tables" -gt 0 ] || fail "the dump of $PGDATABASE holds no table, so it is not counted and no other one goes: see that postgres.database.name is the database that pipelines write"
# All of it is read once, so that a bad block is found today.
pg_restore --file=/dev/null "$half"
sync "$half"
mv -n "$half" "$BACKUPS/$name"
sync "$BACKUPS"

# Their names sort by time.
dumps=("$BACKUPS/$PGDATABASE"-????????T??????Z.dump)
for ((number = 0; number < ${#dumps[@]} - KEEP; number++)); do
  rm "${dumps[number]}"
  echo "removed ${dumps[number]##*/}"
done
echo "made $name with $tables tables; there are:"
for file in "$BACKUPS"/*.dump; do
  printf '%12d bytes  %s\n' "$(stat -c %s "$file")" "${file##*/}"
done
