# Jobwire. `make help` says what there is.

SHELL := /bin/sh
CARGO ?= cargo
PYTHON ?= python3
# The images: what they are built on (as each Dockerfile says, where nothing is given), what is added to it, and what they are
# called and tagged.
BASE ?=
PACKAGES ?=
IMAGE ?= jobwire/fetch-and-run
LABELS_IMAGE ?= jobwire/image-labels
TAG ?= latest
# Linked with its C library, so that the programs run on any base. glibc's own tools do that for this machine's processor; for
# another name a target that you have the linker of, such as aarch64-unknown-linux-musl.
STATIC_TARGET ?= $(shell uname -m)-unknown-linux-gnu
# The scripts in infra/deploy read what they are given as variables, and so nothing of it as a shell's words: these, and what stands
# on make's own command line (PIPELINE, STAGE, STACK, ARCH, PARAMETERS and more; infra/deploy/settings.sh has what else holds).
export CARGO BASE PACKAGES TAG STATIC_TARGET
CHECKERS := .jobwire/checkers
CHECKOV := .jobwire/checkov
BENCH := .jobwire/bench
FUNCTIONS := jobwire-scheduled jobwire-sns jobwire-s3 jobwire-job-state
COMMA := ,
SPACE := $() $()

.DEFAULT_GOAL := help
.PHONY: help demo demo-fetch-and-run demo-images test check soak bench fuzz install build static images test-images push-images deploy destroy clean binaries

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS='	' read -r name what; do printf '  make %-20s %s\n' "$$name" "$$what"; done
	@printf '\nREADME.md says under "On AWS" what PIPELINE, STAGE, PARAMETERS and the other variables of build, deploy and destroy are.\n'

binaries:
	$(CARGO) build

# The programs are run from where they were built: `cargo run` would build them again with other features.
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug

demo: binaries ## Play the feed pipeline on this machine: schedule, Lambda, Batch, SNS, Lambda, Batch
	@$(BUILT)/jobwire-demo

# Where Docker is, the jobs of these two are containers, if their images can be built.
demo-fetch-and-run: binaries ## Run scripts from S3 as jobs on this machine, in containers where Docker is
	@$(IMAGES_WHERE_DOCKER_IS)
	@$(BUILT)/jobwire-demo fetch-and-run --image $(IMAGE)$(if $(filter-out latest,$(TAG)),:$(TAG))

demo-images: binaries ## Label uploaded images on this machine, in containers where Docker is
	@$(IMAGES_WHERE_DOCKER_IS)
	@$(BUILT)/jobwire-demo images --image $(LABELS_IMAGE)$(if $(filter-out latest,$(TAG)),:$(TAG))

IMAGES_WHERE_DOCKER_IS = ! docker info >/dev/null 2>&1 || $(MAKE) --no-print-directory images \
	|| echo "The images cannot be built now (on another base perhaps: make $@ BASE=NAME)." >&2

test: binaries $(CHECKERS)/installed $(CHECKOV)/installed ## Run every test: unit, golden, whole-system, and with Docker those of containers
	@tests/images/bases.sh
	@! docker image inspect jobwire-test/busybox >/dev/null 2>&1 || $(MAKE) --no-print-directory test-images
	$(CARGO) test --tests

# Our images on the tests' bases, one without any C library and one with glibc, so that what users build is what is tested.
test-images: static
	@for base in busybox debian; do \
	  $(MAKE) --no-print-directory images BASE=jobwire-test/$$base IMAGE=jobwire-test/fetch-and-run LABELS_IMAGE=jobwire-test/image-labels TAG=$$base || exit 1; \
	done

soak: binaries ## Try for some minutes to lose an event or to start a job twice: crashes, lost answers, a flood
	JOBWIRE_SOAK=1 $(CARGO) test --test submit_once -- --nocapture

# What is tested of the functions for AWS is what this machine can run.
check: ## Check the format, lint, build the functions for AWS, and run every test
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(MAKE) build PIPELINE=infra/pipelines/feed STAGE= STACK= OUT= FUNCTIONS_DIR= ARCH=$(if $(filter aarch64,$(shell uname -m)),arm64,x86_64)
	JOBWIRE_BUILT=required $(MAKE) test

# What others wrote and ours is compared with (cfn-lint, botocore's model, moto, jsonschema, the AWS CLI), in an environment of its own.
$(CHECKERS)/installed: tests/requirements.txt
	$(PYTHON) -m venv --clear $(CHECKERS)
	$(CHECKERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r tests/requirements.txt
	touch $@

$(CHECKOV)/installed: tests/requirements-checkov.txt
	$(PYTHON) -m venv --clear $(CHECKOV)
	$(CHECKOV)/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r tests/requirements-checkov.txt
	touch $@

# What is measured is the command as `make install` gives it, and the runner as images hold it, for this machine's processor.
bench: override STATIC_TARGET = $(shell uname -m)-unknown-linux-gnu
# Each peer is built by itself, since packages that are built together get each other's features.
BENCHED := $(or $(subst $(COMMA), ,$(ONLY)),check render fetch-and-run functions)
bench: binaries $(if $(filter fetch-and-run,$(BENCHED)),static) $(BENCH)/installed ## Measure what is promised beside a peer, and write BENCHMARKS.md (ONLY=check,functions prints some sections, with WRITE=1 also there)
	$(if $(filter check render,$(BENCHED)),$(CARGO) build --release --package jobwire)
	$(if $(filter functions,$(BENCHED)),$(CARGO) build --release $(FUNCTIONS:%=--package %))
	$(if $(filter fetch-and-run functions,$(BENCHED)),$(CARGO) build --release --package jobwire-bench-host)
	$(if $(filter functions,$(BENCHED)),set -e; for peer in floor sdk; do $(CARGO) build --release --package jobwire-bench-$$peer; done)
	@$(BUILT)/jobwire-bench $(if $(ONLY),--only $(ONLY) $(if $(WRITE),--write))

# What the peers consist of, in an environment of their own.
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

build: ## Build the functions for AWS, and pack what PIPELINE needs of them (ARCH=arm64)
	@infra/deploy/build

static:
	RUSTFLAGS="-C target-feature=+crt-static" $(CARGO) build --release --target $(STATIC_TARGET) --package jobwire-runner --package label-image

images: static ## Build the images of fetch-and-run and image-labels (needs Docker; BASE and PACKAGES as you like)
	@PIPELINE=infra/pipelines/fetch-and-run infra/deploy/image $(IMAGE):$(TAG)
	@PIPELINE=infra/pipelines/image-labels infra/deploy/image $(LABELS_IMAGE):$(TAG)

push-images: static ## Build the image of PIPELINE's jobs and push it to the repository of its stack
	@infra/deploy/image
	@infra/deploy/push-image

deploy: ## Deploy PIPELINE to AWS; each change is shown before it is made
	@infra/deploy/deploy

destroy: ## Remove what deploy made; data stays, unless DATA=delete
	@infra/deploy/destroy

clean: ## Remove what was built; end a local cloud first
	$(CARGO) clean
	rm -rf build .jobwire
