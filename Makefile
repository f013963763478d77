# Thin on purpose: what a target does is written in tools/.
# PYTHON makes the environment; any Python from 3.11 on will do:  make demo PYTHON=python3.13
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo lab test test-full bench faults lint lock build-js screenshots

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 22

demo: ## run the quickstart with the embedded model: no key, no Node, no question
	@$(PYTHON) -m tools.environment lab,local --model
	@$(BIN)/python -m tools.demo

lab: ## open the quickstart in JupyterLab: a copy in build/lab, which is kept
	@$(PYTHON) -m tools.environment lab,local --model
	@mkdir -p build/lab && for n in notebooks/*.ipynb; do \
	  test -e build/lab/$$(basename $$n) || cp $$n build/lab/; done
	@$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) build/lab/quickstart.ipynb

test: ## every suite, one line each; under fifteen minutes
	@$(PYTHON) -m tools.environment test --model --node --browser
	@$(BIN)/python -m tools.run_tests

test-full: ## the same with the slow tests and the benchmarks; writes build/test-full-report.md
	@$(PYTHON) -m tools.environment test --model --node --browser
	@$(BIN)/python -m tools.run_tests --full

bench: ## every figure beside the limit it is compared with
	@$(PYTHON) -m tools.environment test --model --browser
	@$(BIN)/python -m tools.run_bench

faults: ## a table of what endpoints do to a run, and what is left of it
	@$(PYTHON) -m tools.environment test
	@$(BIN)/python -m tests.faults.table

lint: ## ruff and mypy
	@$(PYTHON) -m tools.environment test
	@$(BIN)/python -m tools.run_tests lint

lock: ## renew requirements/lock.txt: the newest versions, if every Python and system has them; audit them
	@$(PYTHON) -m tools.environment test --node
	@$(BIN)/python -m tools.renew_lock

build-js: ## build the front end into synth_widgets/static
	@$(PYTHON) -m tools.environment test --node
	@cd js && PATH="$(abspath $(BIN)):$$PATH" npm run build

screenshots: ## the README's pictures, in docs/images; build/shots has those of every state after the browser suites
	@$(PYTHON) -m tools.environment test --browser
	@$(BIN)/python -m tools.screenshots
