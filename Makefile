# Every command of the repository, the same for a contributor and for continuous integration.
#
# Nothing has to be prepared: each target makes .venv and installs what it needs, once for each
# state of pyproject.toml and uv.lock. It takes Python 3.11 or newer with pip or venv (or an
# installed uv) and GNU make.
#
#   make test ARGS="-k kinship -x"     arguments for what the target runs
#   make test PYTHON=python3.13        another interpreter; .venv is made anew for it

PYTHON ?= python3
ARGS ?=
SEEDS ?= 10000
SHELL := /bin/sh
BIN := .venv/bin

# One's own uv if it works, else one fetched into .tools.
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo .tools/bin/uv)

# What a target installs is remembered here, for each interpreter.
READY := .venv/.ready-$(subst /,_,$(PYTHON))-

# A login without a writable home (a container's, a service's) keeps the cache here.
ifneq ($(shell test -d "$$HOME" && test -w "$$HOME" && echo yes),yes)
export UV_CACHE_DIR ?= .tools/cache
endif

# Trust whom the machine trusts: a network that opens TLS has its certificate there.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
export UV_NATIVE_TLS ?= 1
endif

export UV_PROJECT_ENVIRONMENT := .venv
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help demo test test-kannel test-spark check bench simulate crash docs clean

help: ## lists the commands
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1	/p' Makefile

demo: $(READY)demo ## shows the whole road, on synthetic patients that nobody here wrote
	@echo "demo: the whole road, on synthetic patients that nobody here wrote"
	@$(BIN)/emrcore demo $(ARGS)

test: $(READY)test ## runs the test suite
	@echo "test: the whole suite, the examples of the documentation included"
	@$(BIN)/pytest $(ARGS)

# Kannel listens on every address, so it gets a network that has none but the loopback.
test-kannel: $(READY)test ## runs what needs a real Kannel: root, kannel, kannel-extras, iproute2
	@echo "test-kannel: the tests that need a real Kannel, in a network of their own"
	@unshare --net -- sh -c 'ip link set lo up && exec "$$@"' sh \
	  $(BIN)/pytest -m kannel $(ARGS) tests/adapters/test_real_kannel.py

# Two executors of a processor each, as processes of their own, all on the loopback.
test-spark: $(READY)spark ## runs what needs PySpark: a Java of 17 or newer
	@echo "test-spark: the tests on a cluster of PySpark with two executors"
	@$(BIN)/pytest -m spark $(ARGS) tests/adapters/test_spark.py

check: $(READY)check ## checks style, types, floors and the examples of the documentation
	@echo "check: style, types, floors, and the examples of the documentation"
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest --quiet README.md docs

bench: $(READY)bench ## measures, in the short form of each benchmark
	@echo "bench: every script of benchmarks/, in its short form"
	@for script in benchmarks/*.py; do \
	  echo "$$script"; $(BIN)/python "$$script" $(ARGS) || exit; done

simulate: $(READY)test ## simulates SEEDS schedules; ARGS="--seed 85" tells one of them again
	@echo "simulate: the office under faults, in one thread; see docs/explanation/simulation.md"
	@$(BIN)/python -m emrcore.testing.simulation --seeds $(SEEDS) $(ARGS)

crash: $(READY)test ## crashes the store at length; ARGS="power --rounds 50" picks a campaign
	@echo "crash: kills, restarts, power cuts, full disks, bit flips; see docs/explanation/crashes.md"
	@PYTHONPATH=tests/support $(BIN)/python -m crashes $(ARGS)

docs: $(READY)docs ## builds the manual into docs/_build
	@echo "docs: the manual, into docs/_build; a warning is an error"
	@$(BIN)/sphinx-build -W --keep-going -q $(ARGS) docs docs/_build

clean: ## removes what the other commands made
	@echo "clean: removing .venv, .tools, caches and everything built"
	@rm -rf .venv .tools dist docs/_build docs/reference/rules.md \
	  docs/reference/security-requirements.md docs/reference/mission.md .pytest_cache .mypy_cache \
	  .ruff_cache .import_linter_cache .hypothesis src/emrcore/texts/locales/*/LC_MESSAGES/*.mo
	@find src tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf __pycache__

# -- The environment ------------------------------------------------------------------------------

FOR_demo := --extra sql --extra links
FOR_bench := --extra sql --extra frames --group engines --group bench
FOR_test := --group test
FOR_spark := --group test --group spark
FOR_check := --group test --group check
FOR_docs := --group docs

$(READY)%: pyproject.toml uv.lock hatch_build.py \
    $(wildcard src/emrcore/texts/locales/*/LC_MESSAGES/*.po) | $(UV)
	@echo "$*: first installing into .venv"
	@$(UV) sync --quiet --locked --inexact --python "$(PYTHON)" --no-default-groups $(FOR_$*)
	@touch $@

# pip may install into a folder of ours where the system's Python is managed by apt (PEP 668);
# Debian's python3 can have venv without pip, or pip without venv.
.tools/bin/uv:
	@echo "installing uv into .tools"
	@PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_DISABLE_PIP_VERSION_CHECK=1; \
	export PIP_USER PIP_REQUIRE_VIRTUALENV PIP_DISABLE_PIP_VERSION_CHECK; \
	if "$(PYTHON)" -m pip --version >/dev/null 2>&1 && \
	  "$(PYTHON)" -m pip install --quiet --upgrade --target .tools uv; then :; \
	elif "$(PYTHON)" -m venv --clear .tools/venv >/dev/null 2>&1 && \
	  .tools/venv/bin/python -m pip install --quiet uv; then \
	  mkdir -p .tools/bin && ln -sf ../venv/bin/uv .tools/bin/uv; \
	else \
	  echo "emrcore needs Python 3.11 or newer with pip or venv, or uv itself:" >&2; \
	  echo "  apt-get install python3-venv      or      https://docs.astral.sh/uv/" >&2; \
	  exit 1; \
	fi
