# What a person types. Everything is installed under .tools/ and .venv/ from the hashed lock files;
# state lies under var/ (or HENG_HOME). A stamp makes every second call instant.

UV_VERSION := 0.13.9
PYTHON ?= $(or $(shell command -v python3.11),python3)

# Without byte code every start of airflow costs 6.5 to 8 s instead of 2 to 3.
unexport PYTHONDONTWRITEBYTECODE
# A lock resolves for one interpreter: the one of this machine, never one that uv would fetch.
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The environment is ours whatever else is active in the caller's shell.
unexport VIRTUAL_ENV
unexport PYTHONHOME
unexport PYTHONPATH

UV := .tools/bin/uv
BIN := .venv/bin
LOCK_OPTIONS := --quiet --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock"
SYNC := $(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python
SELF := $(UV) pip install --quiet --no-deps --python $(BIN)/python --editable .

.DELETE_ON_ERROR:
.PHONY: help run test check bench docs tours lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

run: .venv/installed ## Start everything on the sample deliveries; Ctrl-C stops it. ARGS="--minutes 5"
	@$(BIN)/heng run $(ARGS)

test: .venv/installed-dev ## Install what tests need and run them. ARGS="tests/rules -k limit"
	@sh .ci/browser
	@sh .ci/proxy
	@$(BIN)/pytest --numprocesses auto --dist loadfile $(ARGS)

check: .venv/installed-dev ## Format, lint, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: .venv/installed-dev ## Landing speed, and the cost of a night at 1 and 10 million passages
	@$(BIN)/python tests/benchmarks/bench_landing.py
	@$(BIN)/python tests/benchmarks/bench_night.py

docs: .venv/installed ## Write the generated pages: docs/feeds, docs/tables.md, docs/rules.md, docs/tours
	@$(BIN)/python -m etl.docs

tours: .venv/installed-dev ## Walk the guided tours in a browser and write them with pictures to build/tours
	@CI=true sh .ci/browser
	@CI=true $(BIN)/pytest -q tests/tours $(ARGS)
	@echo "The tours lie in build/tours."

lock: .tools/uv-$(UV_VERSION) ## Resolve pyproject.toml into the two lock files
	@$(UV) pip compile $(LOCK_OPTIONS) pyproject.toml --output-file requirements.lock
	@$(UV) pip compile $(LOCK_OPTIONS) pyproject.toml --group dev --output-file requirements-dev.lock

clean: ## Remove what was installed and cached; var/ stays
	@rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# --- installation ----------------------------------------------------------------------------------

.tools/uv-$(UV_VERSION):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "Heng needs Python 3.11; '$(PYTHON)' is another one. Set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh .ci/packages python3-venv
	@echo "Installing uv $(UV_VERSION) into .tools ..."
	@rm -rf .tools && $(PYTHON) -m venv .tools
	@.tools/bin/pip install -qq uv==$(UV_VERSION)
	@touch $@

$(BIN)/python: | .tools/uv-$(UV_VERSION)
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv

.venv/installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the environment into .venv ..."
	@if [ -e .venv/installed-dev ]; then $(SYNC) requirements-dev.lock; else $(SYNC) requirements.lock; fi
	@$(SELF)
	@touch $@

# The test environment holds everything the other one does, so it stands for both.
.venv/installed-dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing the test environment into .venv ..."
	@$(SYNC) requirements-dev.lock
	@$(SELF)
	@touch .venv/installed $@
