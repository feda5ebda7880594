#!/bin/sh
# A command of Airflow's, or a program by its name. Under this path, and in both ways, Airflow's own
# chart calls its image: `bash -c "exec airflow scheduler"`, and `/entrypoint airflow jobs check` as a probe.
set -eu

case "${1:-}" in
  airflow | bash | python3 | sh) exec "$@" ;;
  *) exec airflow "$@" ;;
esac
