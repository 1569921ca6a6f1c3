# Bookmobile: everything one does with it. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install run test check bench soak lock migration messages clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Bookmobile needs Python 3.11 or newer; set PYTHON=python3.12, for example.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

install: $(STAMP) ## make .venv and install from the lock file

run: $(STAMP) ## two demo libraries on your screen
	$(BIN)/bookmobile demo

test: $(STAMP) ## every test that this machine can run
	$(BIN)/python -m pytest

check: $(STAMP) ## format, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

bench: $(STAMP) ## ratios to bounds measured in the same run
	$(BIN)/python -m bench

soak: $(STAMP) ## the long runs: hundreds of kills, five libraries
	$(BIN)/python -m pytest tests/stories/test_nothing_lost.py -s --timeout 0 --kills 200
	$(BIN)/python -m tests.stories.consortium --libraries 5 --works 1000 --reviews 5000

lock: $(STAMP) ## compile requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --override lock-overrides.txt --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

migration: $(STAMP) ## write the next step of the database: make migration MESSAGE="What it lets us do"
	$(BIN)/python -m server.migrations "$(MESSAGE)"

messages: $(STAMP) ## collect the messages of pages and code into the catalogues
	$(BIN)/python -m tests.collecting

clean: ## remove what was made here
	rm -rf $(VENV) demo-data bench-out .mypy_cache .ruff_cache .pytest_cache
