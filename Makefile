# Each target is a line or two that you can type yourself. Everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LAB = $(BIN)/python -m jupyterlab $(if $(NO_BROWSER),--no-browser)

.DEFAULT_GOAL := help
.PHONY: help learn author sync lesson slides test lint test-browser test-again test-oldest test-colab book offline-bundle full bench

help:  ## list what `make` can do
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

learn: $(VENV)/.learner  ## open the notebooks in JupyterLab (NO_BROWSER=1: print the address)
	$(BIN)/python -m helpers.data.prepare
	$(LAB) --config=tools/learn_config.py

author: $(VENV)/.author  ## the same for authors: saving a notebook writes its lesson too
	$(LAB) --config=tools/author_config.py

sync: $(VENV)/.author  ## build the notebooks from the lessons
	$(BIN)/python tools/sync.py

lesson: $(VENV)/.author  ## make a new lesson with all its parts: NAME=13_segmentation
	$(BIN)/python tools/new_lesson.py "$(NAME)"

slides: $(VENV)/.author  ## make slides of a lesson: NAME=05_fashion_mnist
	$(BIN)/python tools/slides.py "$(NAME)"

lint: $(VENV)/.author  ## check style and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell $(wildcard *.md lessons/*.md) helpers tools tests book

test: lint  ## check style, notebooks in step with lessons, every notebook, every solution, all tools
	$(BIN)/python tools/sync.py --check
	$(BIN)/python -m pytest -n 2 -m "not browser and not again"

test-browser: $(VENV)/.author  ## look at the notebooks in JupyterLab and at the book, in Chromium
	$(BIN)/python -m pytest -n 2 -m browser

test-again: $(VENV)/.author  ## run each cell twice, and then each notebook again (4 minutes)
	$(BIN)/python -m pytest -n 2 --dist=worksteal -m again

test-oldest:  ## run the tests with the oldest package that each lower bound allows (long)
	mkdir -p build
	$(PYTHON) tools/oldest.py > build/oldest.txt
	$(PYTHON) -m venv build/oldest
	build/oldest/bin/python -m pip install -r requirements-dev.txt -c build/oldest.txt
	build/oldest/bin/python -m pytest -n 2 -m "not again"

test-colab: $(VENV)/.author  ## run every notebook as in Colab (5 GB, long; COLAB_PYTHON: which Python 3.13)
	$(BIN)/python tools/colab.py

book: $(VENV)/.author  ## build the book, a site to read and search (COURSE_MODE=small: within minutes)
	$(BIN)/python tools/build_book.py

offline-bundle: $(VENV)/.learner  ## gather packages, notebooks and data for machines without a network
	$(BIN)/python -m helpers.data.prepare
	$(BIN)/python tools/offline_bundle.py

full: $(VENV)/.author  ## run every lesson as learners do and write lessons/results.json (long)
	$(BIN)/python tools/sync.py
	$(BIN)/python tools/record.py
	$(BIN)/python tools/sync.py

bench: $(VENV)/.author  ## measure the speed of training, and what each notebook takes (15 minutes)
	$(BIN)/python tools/bench.py
	$(BIN)/python -m pytest notebooks

# pip is there only when the venv was made to its end.
$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

# The two stamps say what is installed; they are old when a list of packages is newer.
$(VENV)/.learner: requirements.txt pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install -r requirements.txt
	$(BIN)/python -m pip install --no-deps -e .
	@touch $@

$(VENV)/.author: requirements-dev.txt requirements.txt pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install -r requirements-dev.txt
	@touch $@ $(VENV)/.learner
