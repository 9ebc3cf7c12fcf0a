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
# The images: what they are built on, what is added to it, and what they are called and tagged.
BASE ?= public.ecr.aws/amazonlinux/amazonlinux:2023-minimal
PACKAGES ?=
IMAGE ?= jobwire/fetch-and-run
LABELS_IMAGE ?= jobwire/image-labels
TAG ?= latest
IMAGES_STACK ?= jobwire-fetch-and-run-image
# Linked with its C library, so that the programs run on any base. glibc's own tools do that for this machine's processor; for
# another name a target that you have the linker of, such as aarch64-unknown-linux-musl.
STATIC_TARGET ?= $(shell uname -m)-unknown-linux-gnu
STATIC := $(or $(CARGO_TARGET_DIR),target)/$(STATIC_TARGET)/release
FUNCTIONS := jobwire-scheduled jobwire-sns jobwire-s3 jobwire-job-state
CHECKERS := .jobwire/checkers
BENCH := .jobwire/bench

.DEFAULT_GOAL := help
.PHONY: help demo demo-fetch-and-run demo-images test check soak bench fuzz install build static images test-images push-images code-bucket deploy destroy clean binaries

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS='	' read -r name what; do printf '  make %-18s %s\n' "$$name" "$$what"; done

binaries:
	$(CARGO) build

# The programs are run from where they were built: `cargo run` would build them again with other features.
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug

# Where Docker is, the jobs of these two are containers, if their images can be built.
demo-fetch-and-run: binaries ## Run scripts from S3 as jobs on this machine, in containers where Docker is
	@$(IMAGES_WHERE_DOCKER_IS)
	@$(BUILT)/jobwire-demo fetch-and-run --image $(IMAGE)$(if $(filter-out latest,$(TAG)),:$(TAG))

demo-images: binaries ## Label uploaded images on this machine, in containers where Docker is
	@$(IMAGES_WHERE_DOCKER_IS)
	@$(BUILT)/jobwire-demo images --image $(LABELS_IMAGE)$(if $(filter-out latest,$(TAG)),:$(TAG))

IMAGES_WHERE_DOCKER_IS = ! docker info >/dev/null 2>&1 || $(MAKE) --no-print-directory images \
	|| echo "The images cannot be built now (another base than $(BASE): make $@ BASE=NAME)." >&2

demo: binaries ## Play the feed pipeline on this machine: schedule, Lambda, Batch, SNS, Lambda, Batch
	@$(BUILT)/jobwire-demo

test: binaries $(CHECKERS)/installed ## Run every test: unit, golden, whole-system, and with Docker those of containers
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

check: ## Check the format, lint, and run every test
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(MAKE) test

# What others wrote and ours is compared with (cfn-lint, botocore's model, moto, jsonschema), in an environment of its own.
$(CHECKERS)/installed: tests/requirements.txt
	$(PYTHON) -m venv --clear $(CHECKERS)
	$(CHECKERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r tests/requirements.txt
	touch $@

# What is measured is the command as `make install` gives it, and the runner as images hold it, for this machine's processor.
bench: override STATIC_TARGET = $(shell uname -m)-unknown-linux-gnu
bench: binaries static $(BENCH)/installed ## Measure what is promised beside a peer, and write BENCHMARKS.md (ONLY=check,render prints some sections)
	$(CARGO) build --release --package jobwire
	@$(BUILT)/jobwire-bench $(if $(ONLY),--only $(ONLY))

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

static:
	RUSTFLAGS="-C target-feature=+crt-static" $(CARGO) build --release --target $(STATIC_TARGET) --package jobwire-runner --package label-image

images: static ## Build the images of fetch-and-run and image-labels (needs Docker; BASE and PACKAGES as you like)
	@command -v docker >/dev/null || { echo "Docker is not installed" >&2; exit 2; }
	rm -rf build/images && mkdir -p build/images/fetch-and-run/bin build/images/image-labels/bin
	cp $(STATIC)/jobwire-runner build/images/fetch-and-run/bin/
	ln -s jobwire-runner build/images/fetch-and-run/bin/fetch_and_run.sh
	cp $(STATIC)/label-image build/images/image-labels/bin/
	docker build --build-arg BASE="$(BASE)" --build-arg PACKAGES="$(PACKAGES)" --file infra/images/fetch-and-run/Dockerfile --tag $(IMAGE):$(TAG) build/images/fetch-and-run
	docker build --build-arg BASE="$(BASE)" --file infra/pipelines/image-labels/Dockerfile --tag $(LABELS_IMAGE):$(TAG) build/images/image-labels

push-images: ## Push IMAGE:TAG to the repository of IMAGES_STACK (needs an account, the AWS CLI and Docker)
	@repository=$$(aws cloudformation describe-stacks --stack-name $(IMAGES_STACK) --query "Stacks[0].Outputs[?OutputKey=='RepositoryUri'].OutputValue" --output text) && \
	  test -n "$$repository" || { echo "the stack $(IMAGES_STACK) has no output RepositoryUri: name another by IMAGES_STACK=NAME" >&2; exit 2; }; \
	  aws ecr get-login-password | docker login --username AWS --password-stdin "$${repository%%/*}" && \
	  docker tag $(IMAGE):$(TAG) "$$repository:$(TAG)" && docker push "$$repository:$(TAG)"

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
