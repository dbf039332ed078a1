# `make demo` and `make test` need only python3 (3.11 or newer) and make; both set up `.venv` on the first call.

PYTHON ?= $(shell sh tools/choose_python.sh)
VENV := .venv
BIN := $(VENV)/bin
IDEA ?=
KEEP ?=
PARTS ?= yes

.PHONY: help demo up vectors test test-fast test-bare check format bench bundle cloudbuild-dry test-deps clean

help:
	@echo "make demo       the whole story once, on this machine, with no account and no key"
	@echo "                IDEA=FILE.md tells it with your own page, KEEP=1 leaves the pages up to look at"
	@echo "make up         all of Workwright on this machine, until it is stopped"
	@echo "make vectors    the small vector model, to search by meaning as well as by words; downloads 83 MB once"
	@echo "make test       every test; first installs what it can of what they need besides Python, and says so (PARTS=no installs nothing);"
	@echo "                tests that need a missing part are skipped and named"
	@echo "make test-fast  only the quick tests, without whole crash stories; installs nothing"
	@echo "make test-bare  the same on a fresh clone without the parts and without a network, as on a bare machine"
	@echo "make check      formatting, lint, types, import contracts"
	@echo "make bench      the figures, as JSON"
	@echo "make bundle     what is deployed: an archive for each function, in build/"
	@echo "make cloudbuild-dry  what Cloud Build does, as far as it can be done here, in the same order"
	@echo "make test-deps  installs only what make test installs: bubblewrap, Java, Chromium, Node.js, npm, pip, curl, swaks, msmtp, systemd"
	@echo "                and logrotate by apt-get (as root, or with a sudo that asks for nothing); Notion's client and what makes"
	@echo "                TypeScript clients by npm, the vector model, checkov and what makes Python models by pip;"
	@echo "                Terraform and the Firestore emulator where apt knows their vendors' archives"
	@echo "                (else: gcloud components install cloud-firestore-emulator)"

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
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -q

test-fast: $(VENV)/.dev
	@$(BIN)/python -m tests.support.parts
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -q -m "not slow"

test-bare:
	@sh tools/bare.sh

check: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@for main in functions/*/main.py; do $(BIN)/mypy $$main || exit 1; done
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
