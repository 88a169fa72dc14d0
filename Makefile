# Everything is built in .venv, what only tests call Frontline with in .venv-clients; nothing outside
# the checkout is touched, but for `make test` installing Debian's chromium, redis-server, haproxy and
# prometheus where they are missing and may be installed.

PYTHON ?= python3
# Which torch exports the encoder. Its CPU build is tried first: a tenth of the size.
TORCH ?= $(shell grep '^torch==' requirements/torch.in)
# make bench NAME=match
NAME ?= hit
# make test ARGS="-k barge -x"
ARGS ?=
# Processes that test side by side; 0: all in one, for a debugger. Half of the time a test waits for
# servers and browsers: on two cores three take 9 minutes where two take 13. Each computes with one
# thread: several that wait for each other on busy cores take eight times as long.
WORKERS ?= 3

VENV := .venv
CLIENTS := .venv-clients
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
FRONTLINE := $(BIN)/frontline
SAMPLE := cache_seed/samples/bank.csv
SOURCES := $(wildcard intents cache_seed gateway bench training tests requirements)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup served torch run demo test check format bench model verifier finality seed browser redis programs \
  clients lock clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- the environment ------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Frontline needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name another one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@echo "[1/3] virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

# What serves, and exports the encoder: all that `make run` waits for.
$(VENV)/.run: requirements/run.lock | $(BIN)/python
	@echo "[2/3] $$(grep -c '==' $<) locked packages: half a minute on a fast line"
	@$(PIP) install --no-compile --no-deps --require-hashes -r $<
	@touch $@

$(VENV)/.package: pyproject.toml $(VENV)/.run
	@echo "[3/3] frontline itself"
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# What trains. Of two who come at once one installs it; what an installation left behind that was
# broken off is put away first.
$(VENV)/.torch: requirements/torch.in requirements/train.lock | $(VENV)/.package
	@flock $(VENV)/.torch.lock $(MAKE) -s --no-print-directory torch

torch:
	@test $(VENV)/.torch -nt requirements/torch.in && exit 0; \
	rm -rf $(VENV)/lib/python*/site-packages/torch $(VENV)/lib/python*/site-packages/torch-*; \
	echo "$(TORCH), CPU build: about 200 MB, half a minute on a fast line"; \
	$(PIP) install --no-deps --require-hashes -r requirements/train.lock && \
	{ $(PIP) install --no-deps "$(TORCH)+cpu" 2>/dev/null || { \
	  echo "this index has no CPU build: taking $(TORCH) as it is, with all it needs (up to 3 GB)"; \
	  $(PIP) install "$(TORCH)"; }; } && touch $(VENV)/.torch

$(VENV)/.lock: requirements/dev.lock $(VENV)/.torch
	@echo "$$(grep -c '==' requirements/dev.lock) locked packages in all: about a minute"
	@$(PIP) install --no-deps --require-hashes -r requirements/dev.lock
	@touch $@

var:
	@mkdir -p var

# var makes the checkout the home of what is run in it, wherever else there is one.
setup: $(VENV)/.package $(VENV)/.lock var ## build .venv: Python packages, exact versions, checked hashes

served: $(VENV)/.package var

# --- what it is for ---------------------------------------------------------------------------

run: model ## start from nothing: build, seed a sample bank, serve on http://localhost:8080
	@$(FRONTLINE) seed --if-empty $(SAMPLE)
	@test -f $(VENV)/.torch || { echo "torch, which trains, is installed meanwhile: var/torch.log"; \
	  nice -n 19 $(MAKE) -s --no-print-directory $(VENV)/.torch >var/torch.log 2>&1 & }
	@exec $(FRONTLINE) serve

demo: setup model ## hear all of it without a key; beside it, DOOR=twilio or vonage is a caller by telephone
	@exec $(BIN)/python -m $(if $(DOOR),bench.phone --door $(DOOR),bench.demo --table $(SAMPLE)) $(ARGS)

model: served ## export the sentence encoder into var/model, once
	@$(FRONTLINE) model build

verifier: setup model ## teach the verifier anew from training: both lessons, two hours on two idle cores
	@$(BIN)/python -m training.teach
	@$(BIN)/python -m training.teach --further --half
	@$(FRONTLINE) model build --force

finality: setup ## learn anew from training which words are a turn's last: three minutes
	@$(BIN)/python -m training.finality

seed: model ## publish a CSV: make seed SAMPLE=my.csv
	@$(FRONTLINE) seed $(SAMPLE)

test: setup model browser redis programs clients ## run all tests: make test ARGS="-k barge -x"
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: setup ## lint, format and types
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/mypy

format: setup ## put the code in the form that check wants
	@$(BIN)/ruff check --fix --quiet $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

bench: setup model ## measure: make bench NAME=match
	@$(FRONTLINE) bench $(NAME)

browser:
	@command -v chromium chromium-browser google-chrome >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing chromium for the tests in a browser: a minute or two"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qq -y --no-install-recommends chromium >/dev/null; } \
	  || echo "chromium could not be installed: the tests in a browser will be skipped"; \
	else \
	  echo "no chromium here: the tests in a browser will be skipped"; \
	fi

programs:
	@command -v haproxy >/dev/null && command -v promtool >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing haproxy and prometheus for the tests of a deployment"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qq -y --no-install-recommends haproxy prometheus >/dev/null; } \
	  || echo "they could not be installed: the tests that need them will be skipped"; \
	else \
	  echo "no haproxy or promtool here: the tests that need them will be skipped"; \
	fi

redis:
	@command -v redis-server >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qq -y --no-install-recommends redis-server >/dev/null; } \
	  || echo "redis-server could not be installed: the tests of the shared store will be skipped"; \
	else \
	  echo "no redis-server here: the tests of the shared store will be skipped"; \
	fi

# Other people's clients and bots that the tests call and are called by; without them those tests
# are skipped. Frontline does not import them.
$(CLIENTS)/.packages: requirements/clients.lock | $(BIN)/python
	@echo "$$(grep -c '^[a-z].*==' $<) packages of clients for the tests, in $(CLIENTS): about a minute"
	@rm -rf $(CLIENTS)
	@$(PYTHON) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip --disable-pip-version-check -qq install --no-deps --require-hashes -r $<
	@touch $@

clients:
	@$(MAKE) -s $(CLIENTS)/.packages || { rm -rf $(CLIENTS); \
	  echo "the clients could not be installed: the tests with them will be skipped"; }

lock: setup ## resolve requirements/*.in again: make lock ARGS=--upgrade
	@$(BIN)/python requirements/lock.py $(ARGS)

clean: ## remove the environment and caches; var/ (catalogues, model) stays
	rm -rf $(VENV) $(CLIENTS) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find intents cache_seed gateway tests -name __pycache__ -type d -prune -exec rm -rf {} +
