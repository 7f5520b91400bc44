# `make test` is what CI runs; the rest are its parts. Needs: Rust, a C compiler, Python 3.11 with venv.

# Python 3, to make the tests' virtual environment with.
PYTHON := $(or $(PYTHON),$(shell command -v python3))
VENV := .venv
# Node.js comes with the virtual environment: the version that the JavaScript client asks for.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# nextest where there is one; plain cargo test does as well.
NEXTEST := $(shell command -v cargo-nextest)
RUN_TESTS := $(if $(NEXTEST),cargo nextest run,cargo test) --locked --no-fail-fast
# Tests wait for most of their time, for processes and clocks: four times as many at once as there are processors keep these busy.
export NEXTEST_TEST_THREADS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 4 )))
# How long each fuzz target runs, and the targets: all, or those that are named.
FUZZ_SECONDS := 60
FUZZ_TARGETS := $(basename $(notdir $(wildcard tests/fuzz/fuzz_targets/*.rs)))
CARGO_FUZZ_VERSION := 0.13.2
CARGO_FUZZ_ROOT := target/tools/cargo-fuzz-$(CARGO_FUZZ_VERSION)
CARGO_FUZZ := $(CARGO_FUZZ_ROOT)/bin/cargo-fuzz

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help test format clippy build functions template suites suites-aws schemathesis docs fuzz bench clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

test: format clippy template build docs suites suites-aws ## every check there is

format: ## is everything formatted?
	cargo fmt --all --check

clippy: ## lints are errors
	cargo clippy --locked --workspace --all-targets -- -D warnings

# Neither asks AWS anything: a region is just needed to know what there is in it.
template: $(VENV)/installed ## lints of what is deployed to AWS
	cfn-lint --regions us-east-1 -- template.yaml
	SAM_CLI_TELEMETRY=0 sam validate --lint --region us-east-1 --template template.yaml

# All at once: one choice of features, so that nothing is built twice.
build:
	cargo build --locked --workspace --tests --bin treble --bin treble-pulse-bridge

# By themselves, as they are deployed: with others they would get these' features.
functions:
	cargo build --locked --release -p treble-functions

# Of the libraries: a page for each function's program would take a minute and a half. With examples the features are those that
# tests have, so that what the lints have checked isn't checked again.
docs: build ## the documentation's links, and its examples
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --lib --examples --quiet
	cargo test --locked --workspace --doc

# Where tests find the functions that they start.
suites suites-aws events e2e: export TREBLE_FUNCTIONS := $(CURDIR)/target/release

suites: build functions tools rabbitmq ## unit tests, and the wire-level suites on the embedded store
	$(RUN_TESTS) --workspace

suites-aws: build functions tools rabbitmq ## the wire-level suites once more, on an emulated DynamoDB and SQS
	python tests/python/emulator.py $(RUN_TESTS) --workspace --test it

schemathesis: build tools ## a thousand made-up requests an operation, from the OpenAPI document
	SCHEMATHESIS_EXAMPLES=1000 cargo test --locked --package treble-tests --test it -- --nocapture schemathesis

# What the largest function consists of, its symbols tell, without which it is then built again.
bench: tools ## what it costs, beside what it may cost; minutes, and best on a machine with nothing else to do
	cargo rustc --locked --release -p treble-functions --bin default -- -C strip=none
	python tests/benches/breakdown.py target/release/default
	$(MAKE) --no-print-directory functions
	cargo build --locked --release -p treble-local
	cargo bench --locked -p treble-tests

# Not part of `test`, where the targets only see their seeds. What a run found to be worth trying is kept below target/,
# for the next one; an input that breaks a target is kept in tests/fuzz/artifacts/.
fuzz: $(CARGO_FUZZ) ## run each fuzz target for a minute: FUZZ_SECONDS=5, FUZZ_TARGETS="cron path"
	cargo run --locked --quiet --package treble-fuzz --example seeds target/fuzz/seeds
	for target in $(FUZZ_TARGETS); do \
	  mkdir -p target/fuzz/corpus/$$target && \
	  $(CARGO_FUZZ) run --fuzz-dir tests/fuzz --target-dir target/fuzz --sanitizer none --features libfuzzer \
	    $$target target/fuzz/corpus/$$target target/fuzz/seeds/$$target -- \
	    -dict=tests/fuzz/dictionaries/$$target.dict -max_total_time=$(FUZZ_SECONDS) -timeout=10 || exit 1; \
	done

$(CARGO_FUZZ):
	cargo install --locked --quiet cargo-fuzz --version $(CARGO_FUZZ_VERSION) --root $(CARGO_FUZZ_ROOT)

.PHONY: tools
tools: $(VENV)/installed tests/node/node_modules/.package-lock.json ## the other languages' clients, pinned

$(VENV)/installed: tests/requirements.txt
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --no-deps --requirement $<
	touch $@

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json $(VENV)/installed
	cd tests/node && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# What comes from Debian, where it isn't there: a file of it, and its packages.
define debian
@test -e $(1) || \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get -qq update && apt-get -qq install --yes --no-install-recommends $(2); \
  else \
    echo "There is no $(1): sudo apt-get install $(2)" >&2; exit 1; \
  fi
endef

QEMU := /usr/bin/qemu-aarch64

.PHONY: rabbitmq qemu
rabbitmq: ## RabbitMQ, for the tests to start, each its own; the package's own service is not needed
	$(call debian,/usr/lib/rabbitmq/bin/rabbitmq-server,rabbitmq-server)

qemu:
	$(call debian,$(QEMU),qemu-user)
	$(call debian,/usr/aarch64-linux-gnu/lib/libgcc_s.so.1,libc6-arm64-cross libgcc-s1-arm64-cross)

# Not part of `test`: librdkafka takes a minute or two to compile, and the server is another one with it.
.PHONY: kafka
KAFKA := --locked --workspace --features treble-local/kafka,treble-tests/kafka
kafka: ## the local server as a consumer of Kafka, its lints and its suite: needs OpenSSL's headers
	cargo clippy $(KAFKA) --all-targets -- -D warnings
	cargo build $(KAFKA) --bins
	$(RUN_TESTS) --workspace --features treble-local/kafka,treble-tests/kafka --test kafka

.PHONY: watch
watch: tools ## the functions by `cargo lambda watch` at http://localhost:9000, on an emulated AWS
	cargo build --locked
	cargo build --locked --package treble-functions --bins
	python tests/python/emulator.py python infra/watch.py

# What the local stack's functions are built as: `dev`, or `release`. `treble`, which only sets them up, is the tests' in either
# case.
STACK_PROFILE := dev
STACK_BINARIES = target/$(if $(filter release,$(STACK_PROFILE)),release,debug)
# Where its API is; its AWS is at any free port unless it is said.
PORT := 8080
AWS_PORT := 0
# Whom its AWS listens to: 0.0.0.0, for the containers of `sam local`.
AWS_HOST := 127.0.0.1

.PHONY: local-stack local-stack-down sam-local local-stack-binaries
local-stack-binaries: $(if $(filter release,$(STACK_PROFILE)),functions)
	cargo build --locked --workspace $(if $(filter release,$(STACK_PROFILE)),--bin treble,--bins)

local-stack: $(VENV)/installed local-stack-binaries ## an emulated AWS with template.yaml deployed into it: PORT=8080, STACK_PROFILE=release
	python infra/localstack/local_stack.py up --binaries $(STACK_BINARIES) --port $(PORT) --aws-port $(AWS_PORT) --aws-host $(AWS_HOST)

local-stack-down: ## end it, and leave nothing of it
	python infra/localstack/local_stack.py down

# What functions are built for, and what is known by that in cargo-lambda's words.
ARCHITECTURE := arm64

.PHONY: lambda sizes e2e suites-arm64
ONLY_E2E := $(if $(NEXTEST),-E 'test(/^end_to_end::/)',-- end_to_end::)
lambda: $(VENV)/installed ## the functions as `sam build` builds them, all at once: ARCHITECTURE=x86_64
	rustup target add $(if $(filter arm64,$(ARCHITECTURE)),aarch64,x86_64)-unknown-linux-gnu
	cd functions && cargo lambda build --locked --release --$(subst _,-,$(ARCHITECTURE))

sizes: lambda ## how large each function is to be uploaded, beside what it may be
	python infra/localstack/sizes.py target/lambda

# On an x86_64: each function is a script there that has QEMU run it.
ON_ARM64 := target/arm64
suites-arm64: export TREBLE_FUNCTIONS := $(CURDIR)/$(ON_ARM64)
suites-arm64: lambda build tools rabbitmq qemu ## the suites of functions with those that are for Lambda's arm64, on an emulated processor
	mkdir -p $(ON_ARM64)
	for function in $(CURDIR)/target/lambda/*/bootstrap; do \
	  script=$(ON_ARM64)/$$(basename $$(dirname $$function)); \
	  printf '#!/bin/sh\nexec $(QEMU) -L /usr/aarch64-linux-gnu %s\n' $$function >$$script && chmod +x $$script || exit 1; \
	done
	python tests/python/emulator.py $(RUN_TESTS) --workspace --test it
	$(RUN_TESTS) --workspace --test it $(ONLY_E2E)

e2e: build functions tools rabbitmq ## the template deployed into an emulator, and all that hooks are for
	$(RUN_TESTS) --workspace --test it $(ONLY_E2E)

# A test tells when they are out of date.
.PHONY: events
events: build functions tools ## the samples for `sam local invoke`, recorded anew
	TREBLE_WRITE_EVENTS=1 python tests/python/emulator.py cargo test --locked --package treble-tests --test it -- events::

sam-local: $(VENV)/installed ## what `sam local start-api` needs, beside a local stack: make local-stack AWS_HOST=0.0.0.0
	python infra/localstack/sam_local.py

clean: ## remove what was built and installed
	cargo clean
	rm -rf $(VENV) tests/node/node_modules tests/fuzz/artifacts
