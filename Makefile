# Rowlock. `make` alone lists what can be done.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
STATIC := src/rowlock/storefront/static
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
UV := $(BIN)/uv

# Stamps: each is newer than everything it was made from, or it is made again.
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
PACKAGES := web/node_modules/.installed
WEB := $(if $(wildcard web/package.json),$(STATIC)/manifest.json)
WEB_SOURCES := $(shell find web src/rowlock/storefront/messages -name node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: help run install test faults seeded-bugs attack check bench clean lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Variables: PYTHON=<interpreter for a new .venv>, ARGS=<more words for rowlock up, pytest, the faults or the benchmarks>"

run: ## set up and start the demo on http://localhost:8080
	@$(MAKE) --silent --jobs=2 $(RUNTIME) $(WEB)
	@exec $(BIN)/rowlock up --demo $(ARGS)

install: ## set up .venv and the web build, start nothing
	@$(MAKE) --silent --jobs=2 $(DEVELOPMENT) $(WEB)

test: install ## set up and run every test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup $(ARGS)
	$(if $(WEB),cd web && npm test --silent)

faults: install ## kill, stop and cut processes 500 times under load; every acknowledged answer must stand
	$(BIN)/python -m tests.faults $(ARGS)

seeded-bugs: install ## put known bugs into a copy of the source; the tests must catch every one (ARGS=--report)
	$(BIN)/python -m tests.seeded_bugs $(ARGS)

attack: install ## attack a running Rowlock in every known way for some minutes (ARGS="--minutes 30 --report")
	$(BIN)/python -m tests.attacks $(ARGS)

check: install ## format, lint, types, import rules, own rules, security lint, dependency audit
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.tidy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive src
	$(if $(WEB),cd web && npm run --silent check)
	$(BIN)/python -m tools.audit

bench: install ## run the benchmarks and write their report
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove everything that the other targets made
	rm -rf $(VENV) web/node_modules $(STATIC) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

lock: install ## pin the newest versions that fit requirements/*.in
	@test -x $(UV) || $(PIP) install uv
	for set in runtime build dev; do \
	  $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --output-file requirements/$$set.txt requirements/$$set.in; \
	done

$(BIN)/python:
	@PYTHON="$(PYTHON)" tools/make-venv $(VENV)

$(RUNTIME): requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "installing what Rowlock runs on"
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@$(PIP) install --require-hashes -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): requirements/dev.txt $(RUNTIME)
	@echo "installing what tests and checks need"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(PACKAGES): web/package.json web/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20.19 or newer (Debian: nodejs, npm)" >&2; exit 1; }
	@echo "installing what the web build needs"
	@cd web && npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

$(STATIC)/manifest.json: $(PACKAGES) $(WEB_SOURCES)
	@echo "building the web pages"
	@cd web && npm run --silent build -- --logLevel warn
	@touch $@
