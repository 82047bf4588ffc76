# `make up` and `make test` are all that is needed; `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.skyhub
# Tests wait for processes and browsers part of the time: one worker more than cores; long files are not left for the end.
PYTEST = $(BIN)/pytest -n $$(( $$(nproc 2>/dev/null || echo 2) + 1 )) --dist loadfile --no-loadscope-reorder

# A hub, a server or a test that may not keep what it compiled takes 3 s longer to start, each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help up install test test-all check lock benchmarks clean

help:
	@echo "make up          set up and start the hub with the demo night, in the foreground"
	@echo "make test        set up and run the tests"
	@echo "make test-all    the same with the slow tests"
	@echo "make check       linter, formatter and type checker"
	@echo "make benchmarks  print the figures against their peers"
	@echo "make install     set up alone: environment in $(VENV), front end, proxy"
	@echo "make lock        compile requirements/lock.txt anew"

up: install
	@exec $(BIN)/skyhub up

test: install
	$(PYTEST) -m "not slow"

test-all: install
	SKYHUB_TESTS=all $(PYTEST)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

benchmarks: install
	@for program in benchmarks/[a-z]*.py; do echo "== $$program"; $(BIN)/python $$program || exit 1; done

install: $(STAMP)/python $(STAMP)/editable $(STAMP)/front-end $(STAMP)/proxy

$(STAMP)/python: requirements/lock.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "skyhub needs Python 3.11 or newer and $(PYTHON) is $$($(PYTHON) -V 2>&1): set PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian: python3-venv)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements/bootstrap.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements/lock.txt requirements/bootstrap.txt
	@mkdir -p $(STAMP) && rm -f $(STAMP)/editable && touch $@

$(STAMP)/editable: platform/pyproject.toml widgets/pyproject.toml $(STAMP)/python
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e platform -e widgets
	@$(BIN)/skyhub install-jupyter
	@touch $@

$(STAMP)/front-end: $(shell find widgets/js -path widgets/js/node_modules -prune -o -type f -print) $(STAMP)/python
	@cd widgets/js && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm ci --silent --no-audit --no-fund && node build.mjs
	@touch $@

$(STAMP)/proxy: hub_config/proxy/package-lock.json $(STAMP)/python
	@cd hub_config/proxy && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm ci --silent --no-audit --no-fund
	@touch $@

# Left out: jsonschema checks one format with rfc3987-syntax, which is nowhere asked for and whose import builds 38
# parsers in each server, report and kernel tool (1.2 s). Of jax-bandflux the files of models are used, and not its code.
lock:
	$(BIN)/uv pip compile platform/pyproject.toml widgets/pyproject.toml requirements/dev.in \
		requirements/models.in --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-package skyhub \
		--no-emit-package rfc3987-syntax --no-emit-package lark --no-emit-package jax --no-emit-package jaxlib \
		--no-emit-package ml-dtypes --no-emit-package opt-einsum --no-annotate --no-header \
		--quiet --output-file requirements/lock.txt
	$(BIN)/python requirements/environment.py
	$(BIN)/uv pip compile requirements/bootstrap.in --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header --quiet --output-file requirements/bootstrap.txt

clean:
	rm -rf $(VENV) widgets/js/node_modules hub_config/proxy/node_modules widgets/skyhub_widgets/static
