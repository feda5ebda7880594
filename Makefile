# `make help` lists the targets; what a line says after `##` is what it shows.

# How long `make run` streams, in seconds; `forever` until Ctrl-C.
FOR ?= 60
# `make up AIRFLOW=1`, `make run AIRFLOW=1`: Airflow feeds Kafka, not the poller's own process.
AIRFLOW ?=
# More for `make bench`: `BENCH="--only yeoul flink_sql --turns 2"`; for `make bench-operator`:
# `BENCH="--only burst --applications 200 --no-write"`.
BENCH ?=
# How many processes share the tests; each starts services of its own. `WORKERS=0`: one after the other.
WORKERS ?= auto
# More for pytest: `make test-unit PYTEST="-k decode -x"`.
PYTEST ?=

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Where the time goes stands at the end.
SLOWEST = --durations=15 --durations-min=10
# The tests of a module follow each other in one process.
APART = --dist loadfile $(SLOWEST)
SHARED = --numprocesses $(WORKERS) $(APART)
# Who waits for servers leaves cores idle: half again as many processes as there are cores, at most 8.
CORES := $(shell getconf _NPROCESSORS_ONLN)
WAITING = $(if $(filter auto,$(WORKERS)),$(shell echo $$(($(CORES) < 6 ? $(CORES) * 3 / 2 : 8))),$(WORKERS))
# Another environment that happens to be active is not this one.
unexport VIRTUAL_ENV

OWN_UV := .yeoul/uv/bin/uv
UV := $(or $(shell command -v uv 2>/dev/null),$(OWN_UV))
RUN := $(UV) run --frozen --no-sync
READY := .venv/.synced
PACKAGES := spark_apps ingest local operators web
# With KUBECONFIG the tests use the cluster that it names. Where neither that nor a Kubernetes of
# our own can be, they are skipped and say why.
BED := $(if $(or $(KUBECONFIG),$(filter-out Linux,$(shell uname -s))),,bed)
IMAGES := $(if $(BED),$(if $(filter 0,$(shell id -u)),images))
CODE := $(PACKAGES) charts tests images $(wildcard benchmarks)

##@ See it

.PHONY: run
run: $(READY) ## everything at once: start, stream FOR=60 seconds, prove, draw a picture, stop
	@$(RUN) yeoul demo --for $(FOR) $(if $(AIRFLOW),--airflow)

##@ The platform on this machine

.PHONY: up
up: $(READY) ## start Kafka, HDFS, PostgreSQL and the simulated API, and leave them running
	@$(RUN) yeoul up $(if $(AIRFLOW),--airflow)

.PHONY: down
down: $(READY) ## stop everything; data stays
	@$(RUN) yeoul down

.PHONY: status
status: $(READY) ## show what runs, and how far the pipelines are
	@$(RUN) yeoul status

.PHONY: fetch
fetch: $(READY) ## download the jars now, to be without a network later
	@$(RUN) yeoul fetch

.PHONY: airflow
airflow: $(READY) ## install Airflow into .yeoul/airflow now, from its own lock file
	@$(RUN) python -m yeoul_local.airflow_venv

.PHONY: reset
reset: $(READY) ## stop everything and delete the platform's data; downloads stay
	@$(RUN) yeoul reset --yes

##@ Development

.PHONY: setup
setup: ## install the Python packages of uv.lock into .venv
	@$(MAKE) --always-make $(READY)

.PHONY: fmt
fmt: $(READY) ## format the code and mend what the linter can
	@$(RUN) ruff format $(CODE)
	@$(RUN) ruff check --fix $(CODE)

.PHONY: generate
generate: $(READY) ## write what is derived from the models: schema, CRDs and references
	@$(RUN) python -m yeoul_stream.pipeline.generate
	@$(RUN) python -m yeoul_operator.api.generate
	@$(RUN) python -m yeoul_operator.pipeline.generate
	@$(RUN) python -m yeoul_operator.run.generate
	@$(RUN) python -m charts.generate
	@$(RUN) python -m charts.strimzi

.PHONY: check
check: check-format check-lint check-types check-layers check-generated ## all that needs no test: format, lint, types, layers, generated files

.PHONY: check-format
check-format: $(READY)
	@echo "== format"; $(RUN) ruff format --check $(CODE)

.PHONY: check-lint
check-lint: $(READY)
	@echo "== lint"; $(RUN) ruff check $(CODE)

.PHONY: check-types
check-types: $(READY)
	@echo "== types"; $(RUN) mypy $(CODE)

.PHONY: check-layers
check-layers: $(READY)
	@echo "== import layers"; $(RUN) lint-imports --no-logo

.PHONY: check-generated
check-generated: $(READY)
	@echo "== generated files"; $(RUN) python -m yeoul_stream.pipeline.generate --check
	@$(RUN) python -m yeoul_operator.api.generate --check
	@$(RUN) python -m yeoul_operator.pipeline.generate --check
	@$(RUN) python -m yeoul_operator.run.generate --check
	@$(RUN) python -m charts.generate --check
	@$(RUN) python -m charts.strimzi --check

##@ Tests

.PHONY: test
test: test-unit test-data-plane ## all that a developer runs daily, with the real parts

.PHONY: test-unit
test-unit: $(READY) ## tests without services: a minute or two
	@echo "== unit tests"
	@$(RUN) pytest tests/unit --numprocesses $(WORKERS) $(PYTEST)

.PHONY: test-data-plane
test-data-plane: $(READY) fetch airflow ## tests with real Kafka, PostgreSQL, HDFS and Spark: minutes
	@echo "== tests with real Kafka, PostgreSQL, HDFS and Spark; skipped ones are named at the end"
	@$(RUN) pytest tests/data_plane --numprocesses $(WAITING) $(APART) $(PYTEST)

.PHONY: bed
bed: $(READY) ## build the Kubernetes of the tests, into ~/.cache/yeoul-bed: 12 minutes once
	@PYTHONPATH=tests $(RUN) python -m bed.build

.PHONY: skaffold-check
skaffold-check: $(READY) bed ## let Skaffold itself read skaffold.yaml; building it takes ten CPU minutes once
	@PYTHONPATH=tests $(RUN) python -m bed.build skaffold
	@$(RUN) pytest tests/chart/test_skaffold.py $(PYTEST)

.PHONY: images
images: $(READY) bed fetch ## build the container images into dist/images
	@$(RUN) python images/build.py

.PHONY: test-control-plane
test-control-plane: $(READY) $(BED) ## tests with a real API server, and pods that KWOK plays: minutes
	@$(RUN) pytest tests/control_plane $(if $(KUBECONFIG),,$(SHARED)) $(PYTEST)

.PHONY: test-chart
test-chart: $(READY) $(BED) ## tests of the Helm chart: rendered, and taken by a real API server
	@$(RUN) pytest tests/chart $(if $(KUBECONFIG),,$(SHARED)) $(PYTEST)

.PHONY: test-cluster
test-cluster: $(READY) $(IMAGES) airflow ## tests with real pods on a real node, as root: minutes
	@$(RUN) pytest tests/cluster $(SLOWEST) $(PYTEST)

.PHONY: bench
bench: $(READY) fetch ## measure what the README claims, side by side with others, and latency: 25 minutes
	@$(RUN) python -m benchmarks.stream $(BENCH)

.PHONY: bench-latency
bench-latency: $(READY) fetch ## measure how long a record takes into PostgreSQL: 3 minutes
	@$(RUN) python -m benchmarks.stream --only latency $(BENCH)

.PHONY: bench-verify
bench-verify: $(READY) fetch ## measure the proof of 10,000,000 rows, and how soon it names a wrong byte: 20 minutes
	@$(RUN) python -m benchmarks.verify $(BENCH)

.PHONY: bench-operator
bench-operator: $(READY) ## measure the operator on a real control plane: time, requests, CPU, memory
	@PYTHONPATH=tests $(RUN) python -m benchmarks.operator $(BENCH)

.PHONY: bench-cluster
bench-cluster: $(READY) $(IMAGES) ## measure the chart with real pods on a node, as root: time, memory, cores
	@PYTHONPATH=tests $(RUN) python -m benchmarks.cluster

##@ Housekeeping

.PHONY: clean
clean: ## stop everything; delete data and caches, keep downloads
	@if [ -x .venv/bin/yeoul ]; then $(RUN) yeoul reset --yes; fi
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist spark-warehouse
	@find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## clean, and delete all downloads too
	@rm -rf .venv .yeoul

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Syncs again whenever the lock file changes. uv shows its downloads.
$(READY): uv.lock pyproject.toml $(PACKAGES:%=%/pyproject.toml) | $(UV)
	@$(UV) sync --frozen --all-packages --all-groups
	@touch $@

# Only where there is no uv: one of our own, in the repository. A name that is there may still be of
# no Python: version managers leave such behind, and Debian's own may lack venv.
$(OWN_UV):
	@for python in python3.12 python3.11 python3 ""; do \
	  $$python -c 'import ensurepip, venv' 2>/dev/null && break; done; \
	[ -n "$$python" ] || { \
	  echo "Python 3.11 or 3.12 is needed and not there: install it, or uv (https://docs.astral.sh/uv), and run make again." >&2; exit 1; }; \
	echo "There is no uv; installing one into .yeoul/uv, and nowhere else."; \
	mkdir -p .yeoul && $$python -m venv .yeoul/uv && .yeoul/uv/bin/python -m pip install --disable-pip-version-check uv || { \
	  rm -rf .yeoul/uv; \
	  echo "uv could not be installed by $$python: look at the error above, or install uv yourself (https://docs.astral.sh/uv), and run make again." >&2; exit 1; }
