# Jobwire. `make help` says what there is.

SHELL := /bin/sh
CARGO ?= cargo
PYTHON ?= python3
# The example that `demo` plays and `deploy` deploys; name your own by PIPELINE=path/to/folder.
PIPELINE ?= infra/pipelines/feed
STACK ?= jobwire-$(notdir $(patsubst %/,%,$(PIPELINE)))
OUT ?= build/$(STACK)
# x86_64 or arm64.
ARCH ?= x86_64
TARGET := $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-unknown-linux-gnu.2.34
FUNCTIONS := jobwire-scheduled jobwire-sns jobwire-s3 jobwire-job-state
CHECKERS := .jobwire/checkers
BENCH := .jobwire/bench

.DEFAULT_GOAL := help
.PHONY: help demo test check bench build code-bucket deploy destroy clean binaries

help: ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS='	' read -r name what; do printf '  make %-8s %s\n' "$$name" "$$what"; done

binaries:
	$(CARGO) build --workspace

# The programs are run from where they were built: `cargo run` would build them again with other features.
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug

demo: binaries ## Play the feed pipeline on this machine: schedule, Lambda, Batch, SNS, Lambda, Batch
	@$(BUILT)/jobwire-demo

test: binaries $(CHECKERS)/installed ## Run every test: unit, golden, whole-system
	$(CARGO) test --workspace --tests

check: ## Check the format, lint, and run every test
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(MAKE) test

# What others wrote and ours is compared with (cfn-lint, botocore's model, moto, jsonschema), in an environment of its own.
$(CHECKERS)/installed: tests/requirements.txt
	$(PYTHON) -m venv --clear $(CHECKERS)
	$(CHECKERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r tests/requirements.txt
	touch $@

# What is measured is the release build of each program by itself, as it is installed.
bench: binaries $(BENCH)/installed ## Measure what is promised beside a peer, and write BENCHMARKS.md (ONLY=check,render prints some sections)
	$(CARGO) build --release --package jobwire
	@$(BUILT)/jobwire-bench $(if $(ONLY),--only $(ONLY))

# The peer's libraries, in an environment of their own.
$(BENCH)/installed: tests/bench/requirements.txt
	$(PYTHON) -m venv --clear $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r tests/bench/requirements.txt
	touch $@

build: ## Build the functions and the runner for AWS (needs cargo-lambda: pip install cargo-lambda ziglang)
	@command -v cargo-lambda >/dev/null || { echo "cargo-lambda is not installed: pip install cargo-lambda ziglang" >&2; exit 2; }
	$(CARGO) lambda build --release --target $(TARGET) $(FUNCTIONS:%=--package %) --package jobwire-runner

code-bucket:
	@test -n "$(CODE_BUCKET)" || { echo "name a bucket of yours for the functions' code: make deploy CODE_BUCKET=NAME" >&2; exit 2; }

deploy: code-bucket binaries build ## Deploy PIPELINE to AWS (needs an account, the AWS CLI, and CODE_BUCKET for the functions' code)
	$(BUILT)/jobwire --file $(PIPELINE)/jobwire.yaml $(if $(STAGE),--stage $(STAGE)) synth --out $(OUT)
	aws cloudformation package --template-file $(OUT)/template.json --s3-bucket $(CODE_BUCKET) --use-json --output-template-file $(OUT)/packaged.json
	aws cloudformation deploy --template-file $(OUT)/packaged.json --stack-name $(STACK) --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --parameter-overrides Architecture=$(ARCH)
	aws cloudformation deploy --template-file $(PIPELINE)/batch.yaml --stack-name $(STACK)-batch --capabilities CAPABILITY_IAM CAPABILITY_NAMED_IAM --parameter-overrides AppStack=$(STACK) $(PARAMETERS)

destroy: ## Remove what deploy made (needs an account; buckets and logs stay)
	aws cloudformation delete-stack --stack-name $(STACK)-batch
	aws cloudformation wait stack-delete-complete --stack-name $(STACK)-batch
	aws cloudformation delete-stack --stack-name $(STACK)
	aws cloudformation wait stack-delete-complete --stack-name $(STACK)

clean: ## Remove what was built; end a local cloud first
	$(CARGO) clean
	rm -rf build .jobwire
