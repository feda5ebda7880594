#!/bin/bash
# The role and the database of the pipelines, in a cluster that is new.
set -euo pipefail

psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres \
  --set=database="$YEOUL_DATABASE" --set=owner="$YEOUL_OWNER" <<'SQL'
\set password `cat /run/secrets/postgres/password`
CREATE ROLE :"owner" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"owner";
SQL
