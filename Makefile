# Two commands set everything up by themselves: `make demo` and `make test`.
# They need Python 3.11, make and a shell; everything goes into .venv in this folder.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BENCH_VENV ?= .venv-bench
DOCS_VENV ?= .venv-docs
ORACLE_VENV ?= .venv-oracle
RELEASE_VENV ?= .venv-release
DEPLOY_VENV ?= .venv-deploy
BENCH_DATA := .bench-data
# Only if you have it: a parquet file of the Upworthy Research Archive's exploratory set, for `make judge`.
HAILUO_UPWORTHY ?=
# Likewise Kaggle's KAG_conversion_data.csv.
HAILUO_KAG ?=
# And a folder of public export files of real accounts.
HAILUO_EXPORTS ?= ../shared/exports
BIN := $(VENV)/bin
# Everything is installed with a hash from a lock file; only the product itself has none, and brings nothing along.
# Python compiles what is imported when it first is: of all that is installed that is a small part.
LOCKED := -m pip install --no-compile --quiet --disable-pip-version-check --no-deps --require-hashes --requirement
PRODUCT := -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
# Pages are tested in a real browser if there is one; CI installs Debian's chromium.
BROWSER := $(shell command -v chromium)
# The linter and the type checker for the JavaScript of the pages come from npm, where you have it.
NPM := $(shell command -v npm)
JAVASCRIPT := scripts/javascript
# Thousands of tests are compiled once, not in each of the processes, also where the environment forbids it.
export PYTHONDONTWRITEBYTECODE :=
PYTEST := $(BIN)/python -m pytest --quiet --inline-snapshot=disable --durations 5

.PHONY: help demo test test-live test-flows test-browser test-firefox test-rest test-long coverage unit unit-campaigns unit-results fuzz check javascript docs deploy-check smoke lint schema lock release-check proof scale-proof bench-exports bench-gallery bench-jobs bench-ledger bench-media bench-overhead bench-pay-once bench-prefect bench-start judge report-demo gallery-pictures finish-pictures ui setup automations pictures clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python $(LOCKED) constraints.txt
	$(BIN)/python $(PRODUCT)
	@touch $@

$(VENV)/.dev: constraints-dev.txt | $(VENV)/.run
	$(BIN)/python $(LOCKED) $<
	@touch $@

demo: $(VENV)/.run  ## render the demo campaign against the simulator: no key, no money; run it twice
	@$(BIN)/hailuo demo

# What waits (a browser, Prefect's server and workers) runs beside what computes. Apart from each other, for
# playwright keeps an event loop, and Prefect leaves clients behind.
test: $(VENV)/.dev  ## every test but the long ones
	@$(if $(BROWSER),,echo 'no chromium here: the tests of pages in a browser are skipped')
	@echo 'several parts at once; each says at its end how it went'
	@$(MAKE) --no-print-directory --jobs 4 --keep-going --output-sync=target $(TEST_PARTS)

TEST_PARTS := test-live test-flows $(if $(BROWSER),test-browser) test-rest

test-live:
	$(PYTEST) $(COVERAGE) -m 'prefect and not long' tests/live

test-flows:
	$(PYTEST) $(COVERAGE) -m 'prefect and not long' --ignore tests/live

test-browser:
	$(PYTEST) $(COVERAGE) -m browser

# Playwright drives Debian's Firefox through tests/support/firefox.py. No test here needs a Firefox that plays H.264.
IN_FIREFOX := test_two_people.py test_blind_pairs.py test_live.py test_results_view.py
test-firefox: $(VENV)/.dev  ## people pick, choose in pairs and judge live in firefox-esr
	$(PYTEST) -m browser --page-browser firefox $(addprefix tests/publish/gallery/,$(IN_FIREFOX))

test-rest:
	$(PYTEST) $(COVERAGE) --numprocesses 2 --dist worksteal -m 'not prefect and not browser and not long'

test-long: $(VENV)/.dev  ## the exhaustive versions of tests that `make test` has in a quicker form
	$(PYTEST) --numprocesses 2 --dist worksteal -m 'long and not prefect'
	$(PYTEST) -m 'long and prefect'

coverage: COVERAGE := --cov --cov-append --cov-report=
coverage: $(VENV)/.dev  ## every test, and the branches that none of them takes; one part after the other
	@rm -f .coverage
	@$(MAKE) --no-print-directory --keep-going COVERAGE='$(COVERAGE)' $(TEST_PARTS)
	$(BIN)/coverage report

# Two halves side by side, so that nothing is imported and collected twice.
unit: $(VENV)/.dev  ## the quick tests only
	@$(MAKE) --no-print-directory --jobs 2 --keep-going --output-sync=target unit-campaigns unit-results

UNIT := $(PYTEST) --hypothesis-profile few -m 'not whole and not slow and not prefect and not browser'
RESULTS := tests/docs tests/feed tests/flows tests/media tests/placements tests/publish tests/report tests/store

unit-campaigns:
	$(UNIT) $(addprefix --ignore ,$(RESULTS))

unit-results:
	$(UNIT) $(RESULTS)

# Seconds to look for, and the seed of the first round: a failure names the seed that repeats it.
FUZZ_SECONDS ?= 300
FUZZ_SEED ?=
fuzz: $(VENV)/.dev  ## property tests with fresh random examples, for FUZZ_SECONDS (300); a failure names its seed
	$(BIN)/python scripts/fuzz.py --seconds $(FUZZ_SECONDS) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

check: $(VENV)/.dev  ## format, lint, types, layers, spelling, generated files; writes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python scripts/generate_schema.py --check
	$(BIN)/python scripts/generate_reference.py --check
	@$(if $(NPM),$(MAKE) --no-print-directory javascript,echo 'no npm here: the JavaScript of the pages is not checked')

$(JAVASCRIPT)/node_modules/.package-lock.json: $(JAVASCRIPT)/package.json $(JAVASCRIPT)/package-lock.json
	npm ci --no-progress --loglevel=error --prefix $(JAVASCRIPT)
	@touch $@

javascript: $(JAVASCRIPT)/node_modules/.package-lock.json  ## lint and type-check the JavaScript of the pages; needs npm
	$(JAVASCRIPT)/node_modules/.bin/eslint --config $(JAVASCRIPT)/eslint.config.mjs hailuo
	$(JAVASCRIPT)/node_modules/.bin/tsc --project $(JAVASCRIPT)

# The site generator is installed apart: nothing else needs it.
$(DOCS_VENV)/.docs: constraints-docs.txt
	$(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_VENV)/bin/python $(LOCKED) $<
	@touch $@

docs: $(DOCS_VENV)/.docs  ## build docs/ as a site into site/; a broken link is an error
	$(DOCS_VENV)/bin/zensical build --clean --strict

# Installed apart, as nothing else needs them.
$(DEPLOY_VENV)/.deploy: constraints-deploy.txt
	$(PYTHON) -m venv $(DEPLOY_VENV)
	$(DEPLOY_VENV)/bin/python $(LOCKED) $<
	@touch $@

deploy-check: $(DEPLOY_VENV)/.deploy  ## lint deploy/Dockerfile, and hold deploy/compose.yaml against compose's schema
	$(DEPLOY_VENV)/bin/hadolint deploy/Dockerfile
	$(DEPLOY_VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml

smoke: $(VENV)/.dev  ## build the wheel and use it outside this folder
	sh scripts/smoke.sh $(abspath $(BIN))

lint: $(VENV)/.dev  ## format, and fix what can be fixed automatically
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Versions stay as they are where they still fit: delete a line, or the file, to get the newest of it.
LOCK := $(BIN)/uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links
lock: $(VENV)/.dev  ## write the lock files after a change of dependencies; needs the registry
	$(LOCK) pyproject.toml --group build --extra all --extra server --extra c2pa --output-file constraints.txt
	$(LOCK) pyproject.toml --group build --extra all --extra server --extra c2pa --extra dev --constraint constraints.txt --output-file constraints-dev.txt
	$(LOCK) pyproject.toml --group build --extra all --extra bench --constraint constraints.txt --output-file constraints-bench.txt
	$(LOCK) --group docs --output-file constraints-docs.txt
	$(LOCK) --group release --output-file constraints-release.txt
	$(LOCK) --group deploy --output-file constraints-deploy.txt
	$(LOCK) benchmarks/judge/oracle-requirements.in --output-file benchmarks/judge/oracle-requirements.txt

# Installed apart, for what they bring (rfc3987-syntax) more than doubles the time to import Prefect.
$(RELEASE_VENV)/.release: constraints-release.txt
	$(PYTHON) -m venv $(RELEASE_VENV)
	$(RELEASE_VENV)/bin/python $(LOCKED) $<
	@touch $@

release-check: $(RELEASE_VENV)/.release  ## what a release needs: the wheel works, no known vulnerability in what it brings, dist/sbom.cdx.json
	$(MAKE) --no-print-directory smoke
	mkdir -p dist
	$(RELEASE_VENV)/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-file dist/sbom.cdx.json constraints.txt
	$(RELEASE_VENV)/bin/pip-audit --strict --require-hashes --disable-pip --requirement constraints.txt

schema: $(VENV)/.dev  ## write campaigns/schema.json and the generated parts of docs/
	$(BIN)/python scripts/generate_schema.py
	$(BIN)/python scripts/generate_reference.py

# The other programs of the comparison are installed apart, so that their versions do not mix with the product's.
$(BENCH_VENV)/.bench: constraints-bench.txt
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python $(LOCKED) $<
	$(BENCH_VENV)/bin/python $(PRODUCT)
	@touch $@

bench-pay-once: $(BENCH_VENV)/.bench  ## how often other programs and ours pay twice under faults and kills; about five minutes
	$(BENCH_VENV)/bin/python -m benchmarks.pay_once --write docs/evidence/proof.md

bench-ledger: $(VENV)/.dev  ## S3 requests that the state of 10,000 jobs costs; about three minutes, writes docs/evidence/proof.md
	$(BIN)/python -m benchmarks.ledger_requests --write docs/evidence/proof.md

proof: $(VENV)/.dev  ## kill real runs at every step and at random, and compare invoice and ledger; about fifteen minutes, writes docs/evidence/proof.md
	$(BIN)/python -m benchmarks.proof --write docs/evidence/proof.md

bench-prefect: $(VENV)/.dev  ## what Prefect costs without any code of ours: import, server, task runs; about eight minutes, writes docs/evidence/measurements.md
	$(BIN)/python -m benchmarks.prefect_costs --write docs/evidence/measurements.md

bench-start: $(VENV)/.dev  ## what a command costs before it does anything, against an empty Python; half a minute, writes docs/evidence/measurements.md
	$(BIN)/python -m benchmarks.start_cost --write docs/evidence/measurements.md

bench-exports: $(VENV)/.dev  ## CPU and memory that an export of a million rows costs, against pandas alone; about two minutes, writes docs/evidence/measurements.md
	$(BIN)/python -m benchmarks.export_load --write docs/evidence/measurements.md

bench-media: $(VENV)/.dev  ## what the checks of a clip cost, against ffprobe and ffmpeg; about six minutes, writes docs/evidence/media.md
	$(BIN)/python -m benchmarks.media --write docs/evidence/media.md

bench-gallery: $(VENV)/.dev  ## a gallery of 2,000 variants in a real browser; writes docs/evidence/gallery.md
	$(BIN)/python -m benchmarks.gallery --write docs/evidence/gallery.md

bench-overhead: $(VENV)/.dev  ## what the flow costs more than the library alone; about twenty-five minutes, writes docs/evidence/overhead.md
	$(BIN)/python -m benchmarks.flow_overhead --write docs/evidence/overhead.md

.PHONY: bench-speed
bench-speed: $(VENV)/.dev  ## how short and how lean a night is, in virtual time, against the best schedule and other ways, and what a large plan costs; about twelve minutes, writes docs/evidence/performance.md
	$(BIN)/python -m benchmarks.speed --write docs/evidence/performance.md
	$(BIN)/python -m benchmarks.speed.plan_cost --write docs/evidence/performance.md
	$(BIN)/python -m benchmarks.speed.limits --write docs/evidence/performance.md

# Another experiment engine to compare with. It needs old numpy and pandas, so it is installed apart.
$(ORACLE_VENV)/.oracle: benchmarks/judge/oracle-requirements.txt
	$(PYTHON) -m venv $(ORACLE_VENV)
	$(ORACLE_VENV)/bin/python $(LOCKED) $<
	@touch $@

# This wheel contains real logs of clicks; it is read, never installed.
$(BENCH_DATA)/obp-0.4.1-py3-none-any.whl: benchmarks/judge/logs-requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest $(BENCH_DATA) --requirement $<

judge: $(VENV)/.dev $(ORACLE_VENV)/.oracle $(BENCH_DATA)/obp-0.4.1-py3-none-any.whl  ## how right the ad report is: published figures, simulated worlds, another engine; about half an hour, writes docs/evidence/judge.md
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.judge --workers 2 --write docs/evidence/judge.md \
	  --oracle $(ORACLE_VENV)/bin/python --obp $(BENCH_DATA)/obp-0.4.1-py3-none-any.whl \
	  $(if $(HAILUO_UPWORTHY),--upworthy $(HAILUO_UPWORTHY)) $(if $(HAILUO_KAG),--kag $(HAILUO_KAG)) \
	  --exports $(HAILUO_EXPORTS)

report-demo: $(VENV)/.dev  ## an ad report of the demo's clips with SYNTHETIC results, and its pictures, with chromium
	$(BIN)/python -m scripts.report_pictures

setup: $(VENV)/.run  ## everything on the Prefect server of PREFECT_API_URL: pool, queue, deployments, schedules (off), automations; keeps what you set
	$(BIN)/python -m flows.setup

automations: $(VENV)/.run  ## who hears of what: makes or updates the automations on the server of PREFECT_API_URL
	$(BIN)/python -m flows.automations

gallery-pictures: $(VENV)/.dev  ## take the pictures of docs/how-to/gallery.md again, with chromium
	$(BIN)/python -m scripts.gallery_pictures

finish-pictures: $(VENV)/.dev  ## draw the pictures of docs/how-to/finish.md again, from finished copies
	$(BIN)/python -m scripts.finish_pictures

bench-jobs: $(VENV)/.dev  ## 10,000 jobs in one process that may open 1,000 files; an hour or more, writes docs/evidence/scale.md
	$(BIN)/python -m benchmarks.many_jobs --write docs/evidence/scale.md

scale-proof: $(VENV)/.dev  ## 2,000 jobs on four machines, one killed, the server restarted; about nine minutes, writes docs/evidence/scale.md
	$(BIN)/python -m benchmarks.scale --write docs/evidence/scale.md

ui: $(VENV)/.dev  ## Prefect's server, a worker, a simulator and every deployment on this machine, until Ctrl-C
	@$(BIN)/python -m scripts.ui

pictures: $(VENV)/.dev  ## take the pictures of docs/how-to/operations.md again, with chromium
	$(BIN)/python -m scripts.pictures

clean:  ## delete everything that can be made again
	rm -rf $(VENV) $(BENCH_VENV) $(DOCS_VENV) $(RELEASE_VENV) $(DEPLOY_VENV) site .cache $(ORACLE_VENV) $(BENCH_DATA) $(JAVASCRIPT)/node_modules demo-store .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
