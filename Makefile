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
.PHONY: help demo test check soak bench fuzz install build code-bucket deploy destroy clean binaries

help: ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS='	' read -r name what; do printf '  make %-8s %s\n' "$$name" "$$what"; done

binaries:
	$(CARGO) build

# The programs are run from where they were built: `cargo run` would build them again with other features.
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug

demo: binaries ## Play the feed pipeline on this machine: schedule, Lambda, Batch, SNS, Lambda, Batch
	@$(BUILT)/jobwire-demo

test: binaries $(CHECKERS)/installed ## Run every test: unit, golden, whole-system, and with Docker those of containers
	@tests/images/bases.sh
	$(CARGO) test --tests

soak: binaries ## Try for some minutes to lose an event or to start a job twice: crashes, lost answers, a flood
	JOBWIRE_SOAK=1 $(CARGO) test --test submit_once -- --nocapture

check: ## Check the format, lint, and run every test
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(MAKE) test

# What others wrote and ours is compared with (cfn-lint, botocore's model, moto, jsonschema), in an environment of its own.
$(CHECKERS)/installed: tests/requirements.txt
	$(PYTHON) -m venv --clear $(CHECKERS)
	$(CHECKERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r tests/requirements.txt
	touch $@

# What is measured is the command as `make install` gives it.
bench: binaries $(BENCH)/installed ## Measure what is promised beside a peer, and write BENCHMARKS.md (ONLY=check,render prints some sections)
	$(CARGO) build --release --package jobwire
	@$(BUILT)/jobwire-bench $(if $(ONLY),--only $(ONLY))

# The peer's libraries, in an environment of their own.
$(BENCH)/installed: tests/bench/requirements.txt
	$(PYTHON) -m venv --clear $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r tests/bench/requirements.txt
	touch $@

FUZZED := trigger_file compiled_file template schedule scheduled sns s3 job_state
FUZZES := $(FUZZED:%=fuzz-%)
.PHONY: $(FUZZES)
SECONDS ?= 60
# RUNS=0 plays the seeds and stops.
RUNS ?= -1
CARGO_FUZZ := .jobwire/tools/bin/cargo-fuzz
CARGO_FUZZ_VERSION := 0.13.2
COMMA := ,
SPACE := $() $()

fuzz: $(patsubst %,fuzz-%,$(or $(subst $(COMMA), ,$(ONLY)),$(FUZZED))) ## Give each parser any bytes for SECONDS (60), and look whether promises hold (ONLY=sns,s3; needs a C++ compiler)

# What a fuzzer begins with, and how long its inputs may be, so that every seed fits.
fuzz-scheduled fuzz-sns fuzz-s3 fuzz-job_state: SEEDS = events
fuzz-scheduled fuzz-sns fuzz-s3 fuzz-job_state: LIMITS = -max_len=16384 -dict=tests/fuzz/dictionaries/event.dict
fuzz-trigger_file: LIMITS = -max_len=16384 -dict=tests/fuzz/dictionaries/trigger_file.dict \
	-seed_inputs=$(subst $(SPACE),$(COMMA),$(wildcard events/*.yaml infra/pipelines/*/jobwire.yaml tests/fuzz/src/*.yaml))
fuzz-compiled_file: SEEDS = tests/fuzz/seeds/compiled_file
fuzz-compiled_file: LIMITS = -max_len=16384 -dict=tests/fuzz/dictionaries/compiled_file.dict
fuzz-template: SEEDS = tests/fuzz/seeds/template
fuzz-template: LIMITS = -max_len=4096 -dict=tests/fuzz/dictionaries/template.dict
fuzz-schedule: SEEDS = tests/fuzz/seeds/schedule
fuzz-schedule: LIMITS = -max_len=512 -dict=tests/fuzz/dictionaries/schedule.dict

# cargo-fuzz takes the release profile, whose link-time optimisation takes minutes. With this much optimisation a fuzzer is
# ten times as fast as with none, and more makes little of it. Symbols stay, for backtraces.
$(FUZZES): export CARGO_PROFILE_RELEASE_LTO = off
$(FUZZES): export CARGO_PROFILE_RELEASE_OPT_LEVEL = 1
$(FUZZES): export CARGO_PROFILE_RELEASE_STRIP = none
$(FUZZES): export RUST_BACKTRACE = 1
$(FUZZES): export RUST_LIB_BACKTRACE = 0

# No sanitizer: it watches for what only unsafe code does, there is none here, and most need nightly Rust.
FUZZ_BUILD := --fuzz-dir tests/fuzz --sanitizer none --codegen-units 16

# What was worth keeping of all inputs lies in .jobwire/fuzz, where the next run goes on; the seeds are only read.
$(FUZZES): fuzz-%: .jobwire/tools/cargo-fuzz-$(CARGO_FUZZ_VERSION)
	@command -v $${CXX:-c++} >/dev/null || { echo "there is no C++ compiler: apt-get install g++" >&2; exit 2; }
	@mkdir -p .jobwire/fuzz/$*
	@$(CARGO_FUZZ) fuzz build $(FUZZ_BUILD) $*
	@echo "fuzz $*: $(or $(INPUT),$(SECONDS) seconds)"
	@$(CARGO_FUZZ) fuzz run $(FUZZ_BUILD) $* $(or $(INPUT),.jobwire/fuzz/$* $(SEEDS)) -- $(LIMITS) \
		-max_total_time=$(SECONDS) -runs=$(RUNS) -timeout=10 -verbosity=0 -print_final_stats=1 >.jobwire/fuzz/$*.log 2>&1 \
		|| { cat .jobwire/fuzz/$*.log; exit 1; }
	@sed -n 's/^stat::number_of_executed_units: */fuzz $*: inputs that broke no promise: /p' .jobwire/fuzz/$*.log

# It only drives the build, so it is not worth the time of an optimised one.
.jobwire/tools/cargo-fuzz-$(CARGO_FUZZ_VERSION):
	$(CARGO) install --quiet cargo-fuzz --version $(CARGO_FUZZ_VERSION) --locked --debug --root .jobwire/tools
	touch $@

install: ## Put the jobwire command, built for speed, among cargo's programs
	$(CARGO) install --path crates/cli --locked

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
