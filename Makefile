# `make repro` builds everything from params.yaml. `make test` checks the code in some minutes, `make test-all`
# the slow rest: a browser, remotes, killed runs, executed documents. All need only python3 (3.11 or newer).
SHELL := /bin/bash
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro test test-all lint clean

repro: .venv/.installed
	@python -m stages.settings
	dvc repro

test: .venv/.installed-dev lint
	python -m pytest -m "not slow"

test-all: .venv/.installed-dev
	python -m pytest -m slow

lint: .venv/.installed-dev
	ruff check .
	ruff format --check .
	mypy

clean:
	rm -rf .venv .checkpoints .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/.installed: requirements.txt
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@echo "installing requirements.txt into .venv"
	@python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@echo "installing requirements-dev.txt into .venv"
	@python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
