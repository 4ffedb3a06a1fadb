# Each target is a line or two that you can type yourself. Everything is installed into .venv.
# On Windows run it in Git Bash, which has the few commands of Unix that it needs.
WINDOWS := $(filter Windows_NT,$(OS))
PYTHON ?= $(if $(WINDOWS),python,python3)
VENV := .venv
BIN := $(VENV)/$(if $(WINDOWS),Scripts,bin)
LAB = $(BIN)/python -m jupyterlab $(if $(NO_BROWSER),--no-browser)
# TORCH=cpu: uv is an installer that knows where PyTorch keeps its builds without a GPU part.
INSTALL = $(BIN)/python -m $(if $(TORCH),uv pip install --torch-backend=$(TORCH),pip install)

.DEFAULT_GOAL := help
.PHONY: help learn update author sync lesson slides test lint test-browser test-again test-oldest test-colab book offline-bundle full bench

help:  ## list what `make` can do
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

learn: $(VENV)/.learner  ## open the notebooks (NO_BROWSER=1: print the address; TORCH=cpu: 1.5 GB, not 6)
	$(BIN)/python -m helpers.data.prepare
	$(LAB) --config=tools/learn_config.py

update:  ## get a new version and keep your answers (FROM=old-folder: without git)
	$(PYTHON) tools/update.py $(if $(FROM),"$(FROM)")

author: $(VENV)/.author  ## the same for authors: saving a notebook writes its lesson too
	$(BIN)/python tools/sync.py
	$(LAB) --config=tools/author_config.py

sync: $(VENV)/.author  ## build the notebooks from the lessons
	$(BIN)/python tools/sync.py

lesson: $(VENV)/.author  ## make a new lesson with all its parts: NAME=13_segmentation
	$(BIN)/python tools/new_lesson.py "$(NAME)"

slides: $(VENV)/.author  ## make slides of a lesson: NAME=05_fashion_mnist
	$(BIN)/python tools/slides.py "$(NAME)"

lint: $(VENV)/.author  ## check style, spelling, and notebooks in step with lessons
	$(BIN)/python tools/sync.py --check
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m codespell_lib $(wildcard *.md lessons/*.md) helpers tools tests book

test: lint  ## check all that, every notebook, every solution, all tools
	$(BIN)/python -m pytest -n 2 -m "not browser and not again"

test-browser: $(VENV)/.author  ## look at the notebooks in JupyterLab and at the book, in Chromium
	$(BIN)/python -m pytest -n 2 -m browser

test-again: $(VENV)/.author  ## run each cell twice, and then each notebook again (4 minutes)
	$(BIN)/python -m pytest -n 2 --dist=worksteal -m again

test-oldest:  ## run the tests with the oldest package that each lower bound allows (long)
	mkdir -p build
	$(PYTHON) tools/oldest.py > build/oldest.txt
	$(PYTHON) -m venv build/oldest
	build/oldest/$(notdir $(BIN))/python -m pip install -r requirements-dev.txt -c build/oldest.txt
	build/oldest/$(notdir $(BIN))/python -m pytest -n 2 -m "not again"

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

# This runs each time, and changes the file only where .venv is made.
$(VENV)/pyvenv.cfg: FORCE
	@$(PYTHON) tools/make_venv.py $(if $(filter file,$(origin PYTHON)),,--this)
FORCE:

# The two stamps say what is installed; they are old when a list of packages is newer.
$(VENV)/.learner: requirements.txt pyproject.toml $(VENV)/pyvenv.cfg
	$(if $(TORCH),$(BIN)/python -m pip install uv)
	$(INSTALL) -r requirements.txt -e .
	@touch $@

$(VENV)/.author: requirements-dev.txt requirements.txt pyproject.toml $(VENV)/pyvenv.cfg
	$(if $(TORCH),$(BIN)/python -m pip install uv)
	$(INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/.learner
