# Everything sets itself up: Python 3.11+, pip and make are enough.
#   make demo      score the founding cohort and print one diagnosis
#   make test      lint, types and tests, drawn cases as seeded samples (under four minutes on two cores)
#   make test-long the same with every drawn case, and tables of millions of rows
#   make bench     speed against rivals, and how many small faults the tests notice (long)
#   make docs      reference pages, examples and schemas made anew
#   make validate  accuracy and calibration on published cases; writes docs/validation.md

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# processes the tests run in; "auto" is one per core, 0 is none beside this one
WORKERS ?= auto
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-long lint test-lowest bench validate docs clean

# stamps are renewed when the dependencies change
$(VENV)/base: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "imtdx needs Python 3.11 or newer; set PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing imtdx into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/test: $(VENV)/base
	@echo "installing the test tools ..."
	@$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

demo: $(VENV)/base
	@echo "== The founding cohort (Guo 2025, 16 children), its own counts left out"
	@$(BIN)/imtdx score tests/data/guo2025_cohort.csv -o scored.csv --without-source guo2025shanxi
	@$(BIN)/python -c "import pandas as pd; print(pd.read_csv('scored.csv')[['Case','top1','p1','top2','p2','top3','p3','p_imt']].to_string(index=False))"
	@echo
	@echo '== imtdx diagnose "ALK+ SMA+ vimentin+ desmin focal+ CD117- S100- DOG1- Ki-67 10%" --age 5 --sex m --site mesentery'
	@$(BIN)/imtdx diagnose "ALK+ SMA+ vimentin+ desmin focal+ CD117- S100- DOG1- Ki-67 10%" --age 5 --sex m --site mesentery

test: lint
	$(PYTEST)

test-long: lint
	$(PYTEST) --long

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/test
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.mutation

validate: $(VENV)/test
	$(BIN)/python -m benchmarks.validate

# the lowest versions of the dependencies that pyproject.toml admits
test-lowest:
	$(PYTHON) -m venv .venv-lowest
	$(PYTHON) tools/lowest_versions.py > .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pip install --quiet -r .venv-lowest/lowest.txt --editable '.[test]'
	.venv-lowest/bin/python -m pytest

# pages made from --help and docstrings, examples run anew, schemas beside the YAML
docs: $(VENV)/test
	$(BIN)/python tools/make_reference.py
	$(BIN)/python tools/doc_examples.py --renew
	$(BIN)/python -m imtdx._schema_json

clean:
	rm -rf $(VENV) .venv-lowest scored.csv scored.csv.issues.csv .pytest_cache .mypy_cache .ruff_cache .hypothesis
