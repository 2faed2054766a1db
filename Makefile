# The commands of Cairn. Only python3 (3.11 or later) and make are needed; everything else goes into .venv.
PYTHON ?= python3
PORT ?= 8000
PORTAL_PORT ?= 8001
DATA_DIR ?= .cairn
TESTS ?=

VENV := .venv/bin/python
STACK := $(VENV) -m config.embedded --data "$(DATA_DIR)"

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo demo-reset test coverage attack defects drill bench recover check format lock clean

help:  ## Show this list.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

install:  ## Set up .venv, and nothing else.
	@$(PYTHON) config/embedded/install.py demo

install-dev:  ## The same with what the tests and checks need.
	@$(PYTHON) config/embedded/install.py dev

demo: install  ## Run all of Cairn with example data (PORT=, PORTAL_PORT=, DATA_DIR=).
	@exec $(STACK) demo --port "$(PORT)" --portal-port "$(PORTAL_PORT)"

demo-reset: install  ## Delete the example data; the next `make demo` begins anew.
	@exec $(STACK) reset

test: install-dev  ## The whole suite, browser journeys included (TESTS= narrows it).
	@$(VENV) -m tests.plugin
	@exec $(VENV) -m pytest -n 2 --dist worksteal $(TESTS)

coverage: install-dev  ## The suite once more, measured: the lock, the blinding and the cellars whole, the rest to 90 %.
	@$(VENV) -m tests.plugin
	@$(VENV) -m pytest -n 2 --dist worksteal --cov --cov-report= && $(VENV) -m tests.coverage_gate

attack: install-dev  ## Attack the tests' universe as members, payer and visitors; prints figures and writes them into docs/trust.md.
	@exec $(VENV) -m tests.attack

defects: install-dev  ## Plant mistakes one by one and count how many the suite notices.
	@exec $(VENV) -m tests.defects

drill: install-dev  ## Kill web, workers, broker and PostgreSQL under load, and an import; restore to a moment; writes docs/trust.md.
	@exec $(VENV) -m tests.drill

bench: install-dev  ## Measure: comparison, upload and dashboard against their yardsticks.
	@exec $(VENV) -m bench

recover: install-dev  ## Simulate 1,000 collaboratives for each claim of the statistics; writes docs/{recovery,bright-spots,impact}.md (half an hour).
	@OPENBLAS_NUM_THREADS=1 $(VENV) -m tests.feedback.statistics.recovery_report
	@OPENBLAS_NUM_THREADS=1 $(VENV) -m tests.interventions.recovery

check: install-dev  ## Style, import rules, templates, migrations.
	$(VENV) -m ruff check .
	.venv/bin/lint-imports
	.venv/bin/djlint templates --lint --quiet
	$(VENV) -m config.embedded --data "$(DATA_DIR)/check" run cairn_web manage.py makemigrations --check --dry-run

format: install-dev  ## Lay out the Python code.
	$(VENV) -m ruff format .

lock: install-dev  ## Resolve the requirement files anew, with hashes and without addresses.
	@cd requirements && for set in installer base demo dev; do \
	  ../.venv/bin/uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate $$set.in -o $$set.txt; done

clean:  ## Remove .venv and caches; the data stay.
	rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage* staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
