# Everything starts with `make`: it lists what there is. Needs make and Python 3.11 or newer.
# Another Python: `make PYTHON=python3.12 run`.

PYTHON ?= python3
VENV := .venv/bin
BOOTSTRAP := $(PYTHON) -I config/bootstrap.py
UV_VERSION := 0.13.8
UV_OPTIONS := -q --generate-hashes --no-header --no-emit-index-url --universal --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench requirements translations clean

help: ## List these targets
	@echo "Botharbor: multi-tenant Telegram bots from one Django process"
	@echo
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo
	@echo "make run takes PORT, DATA_DIR and EMULATORS from the environment; make test takes"
	@echo "ARGS, for example ARGS=\"--only sqlite -k webhook\"."

setup: ## Create .venv with all development packages, and .env
	@$(BOOTSTRAP) --dev

run: ## Set up if needed, then run everything; Ctrl-C stops it
	@$(BOOTSTRAP)
	@exec $(VENV)/python manage.py up

test: ## Set up if needed, then run lint and every test
	@$(BOOTSTRAP) --dev --no-env
	@exec $(VENV)/python -m tests.run $(ARGS)

lint: ## Run the checks of `make test` that need no test
	@$(BOOTSTRAP) --dev --no-env
	@exec $(VENV)/python -m tests.run --only lint

format: ## Format Python and templates
	@$(BOOTSTRAP) --dev --no-env
	@$(VENV)/ruff check --fix-only --quiet .
	@$(VENV)/ruff format .
	@$(VENV)/djlint templates --reformat --quiet || true

bench: ## Measure what DESIGN promises; ARGS are passed on
	@$(BOOTSTRAP) --dev --no-env
	@exec $(VENV)/python -m benchmarks $(ARGS)

requirements: ## Pin requirements*.txt anew from requirements*.in
	@$(BOOTSTRAP) --dev --no-env
	@$(VENV)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@for name in requirements requirements-dev requirements-bench; do \
		echo "$$name.in -> $$name.txt" && $(VENV)/uv pip compile $(UV_OPTIONS) $$name.in -o $$name.txt || exit 1; done

translations: ## Extract texts for both Chinese scripts (needs GNU gettext), then compile
	@$(BOOTSTRAP) --dev --no-env
	$(VENV)/python manage.py makemessages -l zh_Hans -l zh_Hant --no-location --no-obsolete -i .venv -i .venv-bench -i var -i tests
	$(VENV)/python manage.py compile_translations

clean: ## Remove .venv, .venv-bench and caches; keeps .env and the data in var/
	rm -rf .venv .venv-bench .mypy_cache .ruff_cache .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name '*.mo' -not -path './.venv*/*' -delete
