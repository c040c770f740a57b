# One command from a fresh clone to a search, the tests or the checks. Needs make and python3 alone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Programs' temporaries are large and mapped anew at every call: huge pages make a training step faster. Only glibc
# reads this, and only before a process starts.
HUGE_PAGES := glibc.malloc.hugetlb=1
# Touched when an installation is complete: a change of either file it depends on makes the environment anew.
INSTALLED := $(VENV)/.installed
DOCS_INSTALLED := $(VENV)/.docs_installed

.DEFAULT_GOAL := help
.PHONY: help venv search test coverage lint types docs clean

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

venv: $(INSTALLED) ## create .venv with the pinned versions of requirements.lock

$(INSTALLED): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) not found: install Python 3.11, 3.12 or 3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { echo "make: Python 3.11, 3.12 or 3.13 \
	is needed and $(PYTHON) is `$(PYTHON) -V 2>&1`: name another one, as in make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "make: $(PYTHON) lacks its venv module: install it \
	(Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet -r requirements.lock
	$(BIN)/pip install --quiet --no-deps -e .
	@touch $@

search: $(INSTALLED) ## search on scikit-learn's digits (minutes on two cores), results in runs/digits
	GLIBC_TUNABLES=$(HUGE_PAGES) $(BIN)/python -m econas_jax.search --config configs/digits.py --workdir runs/digits

test: $(INSTALLED) ## run all tests, two at a time
	$(BIN)/python -m pytest -n 2 --dist worksteal

coverage: $(INSTALLED) ## run all tests and count the lines they reach: at least 90 %; takes longer
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov=econas_jax --cov-report=term --cov-fail-under=90

lint: $(INSTALLED) ## check style and format (ruff)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(INSTALLED) ## check types (mypy)
	$(BIN)/mypy

docs: $(DOCS_INSTALLED) ## build the documentation into build/docs, with warnings as errors
	$(BIN)/python -m sphinx -b html -W --keep-going --quiet docs build/docs

$(DOCS_INSTALLED): $(INSTALLED) docs/requirements.txt
	$(BIN)/pip install --quiet -r docs/requirements.txt
	@touch $@

clean: ## remove the environment, caches and build outputs; runs/ stays
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* htmlcov .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
