# Every command a developer needs. Each target does its own set-up; nothing has to be installed beforehand but
# Python 3.11 or newer and make.

PYTHON ?= python3
PY := .venv/bin/python

.PHONY: help run setup setup-tests test check format bench soak screenshots lock clean

help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: setup  ## the whole product with two simulated boards (ARGS='--port 9000' adds flags)
	@$(PY) app.py --demo $(ARGS)

setup:  ## virtual environment and pinned packages
	@$(PYTHON) launcher/bootstrap.py

setup-tests:
	@$(PYTHON) launcher/bootstrap.py --tests

test: setup-tests check  ## everything that must hold (ARGS='-k name' chooses)
	@$(PY) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup-tests  ## style, types, import contracts, what is known against the dependencies
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m tests.firmware.board_types
	@$(PY) -m tests.audit
	@.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports

format: setup-tests  ## mend what ruff can mend
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: setup-tests  ## the report of speed and memory, as ratios (ROWS=1000000000 for the store's, ARGS=store for one)
	@$(PY) -m tests.benchmarks $(if $(ROWS),--rows $(ROWS)) $(ARGS)

soak: setup-tests  ## everything breaks for ten minutes, and nothing may be lost (ARGS='--seed 7 --minutes 60')
	@$(PY) -m tests.soak $(ARGS)

screenshots: setup-tests  ## the pictures of the documents, from the running demo (ARGS=15 for 15 minutes of readings)
	@$(PY) docs/screenshots.py $(ARGS)

lock:  ## resolve pyproject.toml into the two lock files (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -q \
	    pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -q \
	    pyproject.toml --group dev -o requirements-dev.lock

clean:  ## remove what can be made again; data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build
