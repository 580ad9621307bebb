# Every target installs what it needs into .venv first; nothing outside this folder is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs gallery bench clean
.DEFAULT_GOAL := test

$(VENV)/.%: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("spectralaw needs Python 3.11 or newer, but $(PYTHON) is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	@touch $@

demo: $(VENV)/.figures
	$(BIN)/spectralaw demo --output results

test: $(VENV)/.test
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

gallery: $(VENV)/.figures
	$(BIN)/python docs/gallery.py

bench: $(VENV)/.bench $(VENV)/peers/.weightwatcher
	$(BIN)/python -m benchmarks

# WeightWatcher has an environment of its own, for it wants other versions than we do
$(VENV)/peers/.weightwatcher:
	$(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check 'weightwatcher==0.7.7' 'torch>=2.4'
	@touch $@

clean:
	rm -rf $(VENV) results site .pytest_cache .ruff_cache .hypothesis
