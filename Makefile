# make run   train QMIX's learner with a TFCAF mixer on Level-Based Foraging for a few minutes
# make test  the whole test suite        make lint   style and types        make bench  benchmarks
# make coverage  which lines of the plug-in its tests run
# make fuzz  ten minutes of random mutations of the functions that the plug-in's tests accept
# make docs  rewrite the generated pages of docs/
# make sc2   install what StarCraft II needs from PyPI, and say what you have to fetch

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
export PYTHONPATH := src

# The small networks of this field are fastest on one thread, and workers want the other cores.
export OMP_NUM_THREADS ?= 1

.PHONY: run sc2 test lint format docs bench coverage fuzz clean help
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# \(make.*\)/\1/p' Makefile

# Each stamp is younger than the requirements it was installed from: a second call installs nothing.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: requirements.txt | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt requirements-llm.txt requirements-sc2.txt requirements.txt | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-sc2.txt
	@touch $@ $(VENV)/.run-installed $(VENV)/.sc2-installed

$(VENV)/.sc2-installed: requirements-sc2.txt $(VENV)/.run-installed
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-sc2.txt
	@touch $@

# a schedule short enough to see the curve rise within three minutes; QMIX's own is made for 10 million steps
RUN_ARGS ?= t_max=80000 epsilon_anneal_time=30000 updates_per_rollout=8 batch_size=32 \
  standardise_rewards=True target_update_interval=100 llm.source=builtin

run: $(VENV)/.run-installed
	$(PY) src/main.py --config=qmix --env-config=lbf with mixer=tfcaf $(RUN_ARGS)

sc2: $(VENV)/.sc2-installed
	@$(PY) -m envs.sc2_install

test: $(VENV)/.dev-installed
	$(PY) -m pytest $(TEST_ARGS)

lint: $(VENV)/.dev-installed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: $(VENV)/.dev-installed
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(VENV)/.run-installed
	$(PY) bench/train_speed.py

coverage: $(VENV)/.dev-installed
	$(PY) -m coverage run --source=src/llm_credit -m pytest tests/llm_credit -m "not slow"
	$(PY) -m coverage report

FUZZ_SECONDS ?= 600

fuzz: $(VENV)/.dev-installed
	PYTHONPATH=src:. $(PY) -m tests.llm_credit.fuzz --seconds $(FUZZ_SECONDS)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

docs: $(VENV)/.run-installed
	$(PY) -m utils.config.document
	$(PY) -m utils.logging.document
