# `make repro` builds everything from params.yaml, `make run-plain` does so without DVC and git. `make test` checks the
# code in some minutes, `make test-all` the slow rest: a browser, remotes, clusters, killed runs, executed documents.
# All need only python3 (3.11 or newer). Without a GPU add `TORCH=cpu`, which leaves out several GB of CUDA.
SHELL := /bin/bash
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro run-plain in-git test test-all lint docs constraints clean

repro: in-git .venv/.installed
	@python -m stages.settings
	@python -m stages.forecast
	dvc repro
	@python -m stages.differ || true  # without a commit there is nothing to compare with
	@$(where_to_look)

run-plain: .venv/.installed
	@python -m stages.settings
	@python -m stages.forecast
	python -m stages.plain
	@$(where_to_look)

where_to_look = echo "Done. Open reports/index.html; the scores are in reports/metrics.json, the networks in models/."

in-git:
	@$(if $(shell git rev-parse --git-dir 2> /dev/null),,$(error DVC needs a git repository, and this is none: \
		run `git init`, or `make run-plain`, which needs neither))

test: .venv/.installed-dev lint
	python -m pytest -m "not slow"

test-all: .venv/.installed-dev
	python -m pytest -m slow

lint: .venv/.installed-dev
	ruff check .
	ruff format --check .
	mypy

# Writes the tables of the documents from benchmarks/results.
docs: .venv/.installed-dev
	python benchmarks/tables.py

# Pins all that the pins of requirements-dev.txt need, on any system; `make constraints UPGRADE=--upgrade`: the newest.
constraints: .venv/bin/uv
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
		$(UPGRADE) requirements-dev.txt --output-file constraints.txt

clean:
	rm -rf .venv .checkpoints .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/.installed: requirements.txt constraints.txt | .venv/bin/python $(if $(TORCH),.venv/bin/uv)
	@echo "installing requirements.txt into .venv"
	@$(install) -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@echo "installing requirements-dev.txt into .venv"
	@$(install) -r requirements-dev.txt
	@touch $@

# uv, where there is one, takes seconds instead of minutes, and finds the build of PyTorch that TORCH names.
install = $$(command -v uv > /dev/null && echo uv pip install --python .venv $(if $(TORCH),--torch-backend $(TORCH)) \
	|| echo python -m pip install --disable-pip-version-check) --constraint constraints.txt

.venv/bin/uv: | .venv/bin/python
	python -m pip install --quiet --disable-pip-version-check uv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python is too old: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
