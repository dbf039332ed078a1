# `make demo` and `make test` need only python3 (3.11 or newer) and make; both set up `.venv` on the first call.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
IDEA ?=
KEEP ?=
PARTS ?= yes

.PHONY: help demo up vectors test test-fast test-bare check format bench bundle cloudbuild-dry test-deps clean

help:
	@echo "make demo       the whole story once, on this machine, with no account and no key"
	@echo "                IDEA=FILE.md tells it with your own page, KEEP=1 leaves the pages up to look at"
	@echo "make up         the whole house, running until stopped"
	@echo "make vectors    the small vector model: search by meaning beside words; 83 MB are fetched once"
	@echo "make test       every test; installs first what it can of what they need beside Python (PARTS=no: nothing), and says so;"
	@echo "                what needs a part that is missing stands aside, and is named"
	@echo "make test-fast  the tests that take moments: no whole crash stories, nothing is installed"
	@echo "make test-bare  the same on a fresh clone that sees none of the parts and no network: what a bare machine shows"
	@echo "make check      formatting, lint, types, import contracts"
	@echo "make bench      the figures, as JSON"
	@echo "make bundle     what the cloud gets: an archive per function, in build/"
	@echo "make cloudbuild-dry  what Cloud Build does, as far as it can be done here, in the same order"
	@echo "make test-deps  only what make test installs: bubblewrap, Java, Chromium, Node.js, npm and pip by apt-get (as root, or with a sudo"
	@echo "                that asks for nothing); Notion's client by npm, the vector model and checkov by pip; Terraform and the Firestore"
	@echo "                emulator where apt knows their vendors' archives (else: gcloud components install cloud-firestore-emulator)"

$(VENV)/.runtime: requirements.txt tools/venv.sh
	@sh tools/venv.sh $(PYTHON) $(VENV) requirements.txt $@

$(VENV)/.dev: requirements-dev.txt tools/venv.sh
	@sh tools/venv.sh $(PYTHON) $(VENV) requirements-dev.txt $@
	@touch $(VENV)/.runtime

demo: $(VENV)/.runtime
	@$(BIN)/workwright demo $(if $(IDEA),--idea "$(IDEA)") $(if $(KEEP),--keep)

up: $(VENV)/.runtime
	@$(BIN)/workwright up

vectors: $(VENV)/.runtime
	@sh tools/vectors.sh $(VENV)

test: $(if $(filter no,$(PARTS)),,test-deps) $(VENV)/.dev
	@$(BIN)/python -m tests.support.parts
	@$(BIN)/python -m pytest -n 4 --dist loadgroup -q

test-fast: $(VENV)/.dev
	@$(BIN)/python -m tests.support.parts
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -q -m "not slow"

test-bare:
	@sh tools/bare.sh

check: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@for main in functions/*/main.py terraform/bundle.py tools/*.py; do $(BIN)/mypy $$main || exit 1; done
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.dev
	@for transport in inline http; do for concurrency in 1 16; do \
	  $(BIN)/workwright bench steps --json --transport $$transport --concurrency $$concurrency || exit 1; \
	done; done
	@$(BIN)/workwright bench notion --json
	@$(BIN)/workwright bench ship --json
	@$(BIN)/workwright bench cold --json
	@$(BIN)/workwright bench webhook --json
	@$(BIN)/workwright bench ops --json
	@$(BIN)/workwright bench prompts --json
	@$(BIN)/workwright bench load --json
	@$(BIN)/workwright bench scale --json

bundle: $(VENV)/.dev
	@$(BIN)/python terraform/bundle.py --out build

cloudbuild-dry: $(VENV)/.dev
	@$(BIN)/python tools/cloudbuild_dry.py

test-deps: $(VENV)/.dev
	@$(BIN)/python tools/install_parts.py

clean:
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
