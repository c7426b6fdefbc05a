# Two commands on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
# Everything lives in .venv; nothing is installed elsewhere.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test test-quick fuzz lint types fmt samples vectors bench lock clean

demo: $(VENV)/.run
	@$(BIN)/ecert demo --out demo-out

test: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m pytest -n 2 --dist worksteal --cov=ecert --cov-report= -q
	@$(BIN)/python tools/check_coverage.py

test-quick: $(VENV)/.dev
	@$(BIN)/python -m pytest -n 2 -q -m "not slow"

# A minute for each parser that reads bytes from outside; docs/reference/fuzzing.md has the long runs.
fuzz: $(VENV)/.dev
	@$(BIN)/python fuzz/run.py --all --seconds 60

lint: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q . && $(BIN)/codespell src docs README.md CONTRIBUTING.md

types: $(VENV)/.dev
	@$(BIN)/mypy

fmt: $(VENV)/.dev
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

samples: $(VENV)/.dev
	@$(BIN)/python sample_certs/make_samples.py

vectors: $(VENV)/.dev
	@$(BIN)/python tests/vectors/build/decision.py

bench: $(VENV)/.dev
	@$(BIN)/python benchmarks/run.py

# Exact versions with the hashes of every platform's files; needs uv on the PATH.
lock:
	@uv pip compile pyproject.toml --extra all --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -q -o requirements/run.txt
	@uv pip compile pyproject.toml --extra all --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -q -c requirements/run.txt -o requirements/dev.txt

clean:
	@rm -rf $(VENV) demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz .coverage*

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "ecert needs Python 3.11 or newer on the PATH" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing into $(VENV) (once, about a minute)" >&2
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing into $(VENV) (once, about a minute)" >&2
	@$(PIP) --require-hashes -r requirements/dev.txt
	@$(PIP) --no-deps --editable .
	@touch $@ $(VENV)/.run
