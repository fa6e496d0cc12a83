# Each target sets up everything it needs: Python 3.11 to 3.13, make and git are enough.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: demo test up lint bench campaign clean

$(STAMP): requirements.lock setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11, 3.12 or 3.13 is needed, this is " + sys.version.split()[0] + ". Name one: make demo PYTHON=python3.12") if not (3, 11) <= sys.version_info[:2] < (3, 14) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --requirement requirements.lock
	$(BIN)/python -m pip install -qq --no-deps --editable .
	touch $@

demo: $(STAMP)  ## the main job on the sandbox, start to end
	$(BIN)/vismapbi demo

test: $(STAMP)  ## all tests
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

up: $(STAMP)  ## the UI with sandbox data
	$(BIN)/vismapbi up

lint: $(STAMP)  ## style, types and the import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## the benchmarks; see benchmarks/README.md
	$(BIN)/python -m benchmarks

campaign: $(STAMP)  ## long randomised campaigns
	$(BIN)/python -m pytest -m campaign -p no:xdist --campaign -s

clean:
	rm -rf $(VENV) .vismapbi .pytest_cache .mypy_cache .ruff_cache .hypothesis
