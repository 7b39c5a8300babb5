# Two commands do all the set-up on a fresh machine: `make rehearse` and `make test`.
# They bring uv, the Python environment and the pinned tools by themselves; a second run finds them there.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ENV ?= dev
UV := scripts/uv
RUN := $(UV) run --frozen --no-sync
# Two of them mostly wait for a rehearsal: see tests/order.py.
WORKERS ?= 4
# Of `make faults`.
SAMPLE ?= 60
MINUTES ?= 120
# Many an image sets this; each of a rehearsal's processes would then compile the same modules again.
unexport PYTHONDONTWRITEBYTECODE
# Of these large packages a few modules are ever imported; the first run compiles those.
SELDOM := pulumi_aws|pulumi_kubernetes|sympy|networkx|debugpy
# Types that were checked in one checkout are known in the next.
export MYPY_CACHE_DIR ?= $(or $(FERRY_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ferry)/mypy

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: rehearse
rehearse: setup ## the main job: preview, up, checks, destroy, report; ENV=prod for production
	@$(RUN) ferry rehearse --env $(ENV)

.PHONY: test
test: lint tools browser ## everything: lint, types, import rules, unit tests, both rehearsals
	@PYTHONHASHSEED=0 $(RUN) pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: drill
drill: setup ## every traffic and fault figure of a crossing, measured; under an hour (make drill RUNS=3 for a look)
	@$(RUN) ferry drill $(if $(RUNS),--runs $(RUNS))

.PHONY: lint
lint: setup ## ruff, mypy (strict) and the one-way import rules
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) lint-imports

.PHONY: bench
bench: setup tools ## how time grows with 1, 10 and 100 copies of a small component
	@$(RUN) python -m ferry.rehearsal.bench
	@$(RUN) python -m ferry.assess.bench
	@$(RUN) python -m ferry.guard.bench

.PHONY: mutants
mutants: setup tools ## for every requirement, a one-line mutation that its named test must kill
	@$(RUN) python -m tests.mutants

.PHONY: faults
faults: setup tools ## break provider calls, one at a time, and go on: ENV=dev SAMPLE=60 (0 for all) MINUTES=120
	@$(RUN) python -m tests.ferry.reconcile --env $(ENV) --sample $(SAMPLE) --minutes $(MINUTES) \
		--report reports/faults-$(ENV).jsonl

.PHONY: release
release: setup ## packages, their bill of materials and their digests, into dist/
	@$(RUN) python -m ferry.release --to dist

.PHONY: setup
setup: ## bring uv, the Python environment and a real Redis
	@$(UV) sync --frozen
	@[ .venv/compiled -nt uv.lock ] || { $(RUN) python -m compileall -qq -j 2 -x '/($(SELDOM))/' .venv/lib; touch .venv/compiled; }
	@scripts/redis

.PHONY: browser
browser: ## bring the Chromium that the report's tests look with, where that is possible
	@scripts/browser

.PHONY: tools
tools: setup ## build the pinned tools that are not there yet
	@$(RUN) python -m sandbox.toolchain

.PHONY: clean
clean: ## remove the environment, reports and caches of this checkout; built tools stay in the user's cache
	rm -rf .venv reports .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
