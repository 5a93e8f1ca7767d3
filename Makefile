# make run            start Tangram here; the first time also installs it and makes the demo company
# make test            the whole suite on SQLite; browser tests when a Chromium is found; ARGS="-k tickets -n 2"
# make test-services  the same suite on PostgreSQL and Redis: DATABASE_URL, REDIS_URL
# make lint           ruff, and migrations that are missing
# make assets         the pages' scripts and styles, unless they are up to date
# make try-real DATA=folder   real files through tickets, a broadcast and a settlement, as one JSON object
# make bench-rules    how fast rules decide, beside the alternatives
# make bench-sql      how fast conditions find customers in PostgreSQL: DATABASE_URL; MARKDOWN=file writes a page
# make bench-tickets  how many tickets a second go through a flow, beside other engines: DATABASE_URL, MARKDOWN
# make pictures      the handbooks' pictures, made by walking through the product in a browser
# make clean          remove what make made, but never the data in var/

# The first Python that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PORT ?= 8000
DATA ?= ../shared/data

VENV := .venv
IN_VENV := $(VENV)/bin/python
INSTALL := $(IN_VENV) -m pip install --quiet --disable-pip-version-check

# What is set outside, such as DATABASE_URL, must not turn a test on SQLite into something else.
ON_SQLITE := env -u DATABASE_URL -u REDIS_URL -u TANGRAM_DATA -u DJANGO_SETTINGS_MODULE
ON_SERVICES := env -u TANGRAM_DATA -u DJANGO_SETTINGS_MODULE
DATABASE_URL_FOR_TESTS := $(or $(DATABASE_URL),postgres://postgres@127.0.0.1:5432/tangram)
REDIS_URL_FOR_TESTS := $(or $(REDIS_URL),redis://127.0.0.1:6379/9)

.PHONY: bench-rules bench-sql bench-tickets pictures run prepare test test-services lint assets try-real clean
.DEFAULT_GOAL := run

run: prepare
	@PORT=$(PORT) $(IN_VENV) -m project.serve

prepare: assets
	@$(IN_VENV) manage.py prepare

assets: $(VENV)/.installed
	@$(IN_VENV) project/build_assets.py >&2

test: $(VENV)/.installed-for-tests assets
	@$(ON_SQLITE) $(IN_VENV) -m pytest $(ARGS)

test-services: $(VENV)/.installed-for-tests assets
	@$(ON_SERVICES) DATABASE_URL=$(DATABASE_URL_FOR_TESTS) REDIS_URL=$(REDIS_URL_FOR_TESTS) \
		$(IN_VENV) -m pytest $(ARGS)

lint: $(VENV)/.installed-for-tests
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .
	@$(ON_SQLITE) DATABASE_URL=sqlite://:memory: $(IN_VENV) manage.py makemigrations --check --dry-run

# Only the JSON goes to standard output.
try-real: assets
	@$(IN_VENV) manage.py prepare --fresh >&2
	@$(IN_VENV) manage.py try_real $(DATA)

clean:
	rm -rf $(VENV) node_modules project/assets/build var/test-snapshots var/screenshots .ruff_cache .pytest_cache .hypothesis

$(IN_VENV):
	@test -n "$(PYTHON)" || { echo "Tangram needs Python 3.11 or newer, and none was found: install python3, or set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) project/venv.py

$(VENV)/.installed: requirements.txt | $(IN_VENV)
	@echo "Installing what Tangram needs; this takes a minute or two, once." >&2
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.installed-for-tests: requirements-dev.txt $(VENV)/.installed
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

$(VENV)/.installed-for-bench: bench/requirements.txt $(VENV)/.installed
	@$(INSTALL) -r bench/requirements.txt
	@touch $@

bench-rules: $(VENV)/.installed-for-bench
	@$(IN_VENV) -m bench.rules

bench-sql: $(VENV)/.installed-for-bench
	@$(ON_SERVICES) DATABASE_URL=$(DATABASE_URL_FOR_TESTS) $(IN_VENV) -m bench.sql $(if $(MARKDOWN),--markdown $(MARKDOWN))

bench-tickets: $(VENV)/.installed-for-bench
	@$(ON_SERVICES) DATABASE_URL=$(DATABASE_URL_FOR_TESTS) $(IN_VENV) -m bench.tickets $(if $(MARKDOWN),--markdown $(MARKDOWN))

pictures: $(VENV)/.installed-for-tests assets
	@$(ON_SQLITE) TANGRAM_BROWSER=required $(IN_VENV) -m pytest tests/project/test_main_story.py \
		tests/editor/test_table_in_browser.py tests/editor/test_formulas_in_browser.py \
		tests/tickets/test_back_test_in_browser.py tests/broadcasts/test_limits_by_place_in_browser.py
	@$(ON_SQLITE) $(IN_VENV) -m tests.pictures
