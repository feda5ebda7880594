#!/bin/bash
# What Docker's official image does at its start, for a user that is not root:
#
#   POSTGRES_PASSWORD        the superuser's (required for a new cluster, unless `trust` is asked for)
#   POSTGRES_USER            the superuser's name (postgres)
#   POSTGRES_DB              a database to create (the name of the user)
#   each of these with _FILE: a file that holds it
#   POSTGRES_INITDB_ARGS     more for initdb
#   POSTGRES_HOST_AUTH_METHOD   how clients of the network prove who they are (scram-sha-256)
#   PGDATA                   the cluster's folder, created when it is empty
#   /docker-entrypoint-initdb.d/*.sh, *.sql, *.sql.gz   run once, in a new cluster
#
# The first argument is `postgres`, with options of its own, or another program.
set -euo pipefail

fail() { echo "postgres: $1" >&2; exit 1; }

value() { # name, default: the variable, or what the file holds that <name>_FILE names
  local file="$1_FILE"
  if [ -n "${!1:-}" ] && [ -n "${!file:-}" ]; then fail "$1 and $file are both set; set one of them"; fi
  if [ -n "${!file:-}" ]; then cat "${!file}"; else printf '%s' "${!1:-$2}"; fi
}

create_cluster() {
  local user password database method="${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}"
  user="$(value POSTGRES_USER postgres)"
  password="$(value POSTGRES_PASSWORD "")"
  database="$(value POSTGRES_DB "$user")"
  if [ -z "$password" ] && [ "$method" != trust ]; then
    fail "a new cluster needs POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE for its superuser $user"
  fi
  # Made aside: what an earlier start left unfinished is begun anew, and whatever else lies here stays.
  local new="$PGDATA/.new"
  if [ -d "$new" ]; then find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +; fi
  [ -z "$(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found)" ] || fail "PGDATA ($PGDATA) is not empty and holds no cluster; name an empty folder"
  mkdir -m 0700 "$new"
  # A local socket is open to this container only, as in the official image.
  # The arguments may hold quotes; they are the administrator's own.
  eval 'initdb --pgdata="$new" --username="$user" --pwfile=<(printf "%s\n" "$password") \
    --encoding=UTF8 --auth-local=trust --auth-host="$method" '"${POSTGRES_INITDB_ARGS:-}"
  printf '\nhost all all all %s\n' "$method" >>"$new/pg_hba.conf"
  pg_ctl --pgdata="$new" --wait --silent -o "-c listen_addresses='' -c unix_socket_directories='$new'" start
  local psql=(psql --host="$new" --username="$user" --no-password --no-psqlrc --quiet --set=ON_ERROR_STOP=1)
  if [ "$database" != postgres ]; then
    "${psql[@]}" --dbname=postgres --set=database="$database" <<<'CREATE DATABASE :"database";'
  fi
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) PGHOST="$new" PGUSER="$user" PGDATABASE="$database" bash "$file" ;;
      *.sql) "${psql[@]}" --dbname="$database" --file="$file" ;;
      *.sql.gz) gunzip --stdout "$file" | "${psql[@]}" --dbname="$database" ;;
    esac
  done
  pg_ctl --pgdata="$new" --wait --silent --mode=fast stop
  # Its mark comes last: without it a start begins anew.
  find "$new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv --target-directory="$PGDATA" {} +
  mv "$new/PG_VERSION" "$PGDATA"
  rmdir "$new"
}

case "${1:-postgres}" in -*) set -- postgres "$@" ;; esac
[ "${1:-postgres}" = postgres ] || exec "$@"
shift || true

mkdir -p "$PGDATA" 2>/dev/null || true
[ -w "$PGDATA" ] || fail "PGDATA ($PGDATA) cannot be written to; mount a volume there, with fsGroup 999"
# A volume's folder that belongs to root by way of fsGroup would be refused: use one inside of it.
[ -O "$PGDATA" ] || fail "PGDATA ($PGDATA) belongs to another user; name a folder below the volume, such as $PGDATA/pgdata"
chmod 0700 "$PGDATA"
if [ ! -f "$PGDATA/PG_VERSION" ]; then create_cluster; fi

# With a read-only root file system the socket lies beside the data.
sockets=/var/run/postgresql
if [ ! -w "$sockets" ]; then sockets="$PGDATA"; fi
exec postgres -D "$PGDATA" -c "listen_addresses=*" -c "unix_socket_directories=$sockets" "$@"
