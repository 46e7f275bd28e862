# Everything that is run on this project, by hand and in CI alike.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules

CARGO ?= cargo
# Set to 1 to let fullcheck go on without a tool that is missing; its last line then counts what was left out.
SKIP_MISSING ?=
# Cases that fullcheck tries each property on.
CASES ?= 10000
# Seconds that each fuzz target runs.
FUZZ_SECONDS ?= 60
# The Python that tests the package for Python, and makes the wheel.
PYTHON ?= python3
# A Python 2 that has xmlrpclib, if it is neither python2 nor python2.7.
PYTHON2 ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

# Not --quiet: whoever tries the project first must see that it compiles, and what. Not optimised, because this one run gains
# less by that than it takes to compile.
.PHONY: demo
demo: ## See everything work: mocks, cases, exchanges, client
	@$(CARGO) run --config 'profile.dev.package.xend-harness.opt-level=0' --package xend-harness -- demo

.PHONY: check
check: ## Formatting, lints, all tests, docs: the test command
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	$(MAKE) --no-print-directory test examples packages
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --quiet
	@$(MAKE) --no-print-directory oracles-there

# Tests that ask another implementation are left out where it is missing, unless ORACLES says that they must run.
.PHONY: oracles
oracles: export ORACLES := required
oracles: ## Every check that asks another implementation: Python 2 and 3, which must be there, and the adapters that can be installed
	$(CARGO) test --package xend-wire --test wire --quiet -- python
	$(CARGO) test --package mock-xend --test mock --quiet -- python
	$(CARGO) test --package xend-harness --test harness --quiet -- cli::python::
	python3 adapters/libraries.py install
	$(CARGO) test --package xend-harness --test harness --quiet -- --nocapture cli::adapters::
	@$(MAKE) --no-print-directory oracles-there

.PHONY: oracles-there
oracles-there:
	@run=0; missing=; \
	oracle() { \
	    name=$$1; module=$$2; shift 2; \
	    for command; do if "$$command" -c "import $$module" >/dev/null 2>&1; then run=$$((run + 1)); return; fi; done; \
	    missing="$$missing, $$name (no $$module)"; \
	}; \
	oracle python2 xmlrpclib $(PYTHON2) python2 python2.7; \
	oracle python3 xmlrpc.client python3; \
	echo "oracles: $$run of 2 run$${missing:+, left out: $${missing#, }}"

# A process for each of the 33,000 questions would take longer than all of them: these suites run in one process each. They
# wait for peers half of their time, so that they run beside the other tests, and what they print stands behind them.
.PHONY: test
test: ## All tests, with cargo-nextest where it is there
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	    $(CARGO) test --workspace --no-run --quiet; \
	    failed=0; out=$$(mktemp); set -m; \
	    { $(CARGO) test --workspace --test suite --test conformance --test power --quiet && \
	    $(CARGO) test --workspace --doc --quiet; } >"$$out" 2>&1 </dev/null & suites=$$!; set +m; \
	    trap 'kill -- -$$suites 2>/dev/null || true; rm -f "$$out"' EXIT; \
	    $(CARGO) nextest run --workspace --no-fail-fast --status-level fail \
	        -E 'not (binary(suite) or binary(conformance) or binary(power))' || failed=1; \
	    if wait $$suites; then grep '^test result' "$$out"; else failed=1; cat "$$out"; fi; exit $$failed; \
	else \
	    $(CARGO) test --workspace --quiet; \
	fi

# They are built with the features that the tests use, so that nothing is compiled twice.
.PHONY: examples
examples: ## The example of each crate, run
	@$(CARGO) build --workspace --bins --examples --quiet
	@built=$${CARGO_TARGET_DIR:-target}/debug; out=$$(mktemp -d); trap 'rm -rf "$$out"; kill $$mock 2>/dev/null || true' EXIT; \
	exec 3< <("$$built/mock-xend" --release 3.0.3 --sxp tcp:127.0.0.1:0); mock=$$!; \
	read -r -u 3 _ _ address; \
	expect() { "$${@:2}" >"$$out/text"; grep -q -e "$$1" "$$out/text" || { cat "$$out/text"; echo "$$2: no line has \"$$1\""; exit 1; }; }; \
	expect '^vm2 paused' "$$built/examples/list_domains" "sxp+tcp://$${address#tcp:}"; \
	expect '^a response: Int(5)' "$$built/examples/decode" \
	    <<<'<methodResponse><params><param><value><int>5</int></value></param></params></methodResponse>'; \
	expect '501 Operation not implemented: pause' "$$built/examples/scripted_refusal"; \
	expect '^refuses-all: ' "$$built/examples/own_subject"; \
	expect '^xmlrpc: ' "$$built/examples/count_cases"; \
	echo 'examples: 5 run'

.PHONY: results
results: ## How XML-RPC libraries read, write and call: installs what is missing into target/adapters, and writes docs/results
	$(CARGO) build --quiet --package xend-harness
	python3 adapters/results.py --harness "$${CARGO_TARGET_DIR:-target}/debug/xend-harness"

.PHONY: engines
engines: ## The common laws with Xend, QEMU and libvirt's test driver: docs/engines.md; takes qemu-system-x86 and python3-libvirt
	$(CARGO) build --quiet --package xend-harness
	python3 adapters/engines/table.py "$${CARGO_TARGET_DIR:-target}/debug/xend-harness"

# The programs are those that `examples` has built.
.PHONY: packages
packages: examples ## The packages for Python and Node.js, tested with a debug build where pytest and Node.js are
	@PYTHON='$(PYTHON)' packaging/test.sh "$${CARGO_TARGET_DIR:-target}/debug"

.PHONY: power
power: ## Everything broken is caught: who catches whom of the readers and writers, and docs/power.md
	POWER=1 $(CARGO) test --workspace --test power --quiet -- --nocapture --include-ignored

.PHONY: power-all
power-all: ## The same, and each broken caller, server and daemon against all cases, most of which wait: half an hour
	POWER=all $(CARGO) test --workspace --test power --quiet -- --nocapture --include-ignored

# The processes that try mutants at the same time, and the part of the mutants to try, such as 0/8, instead of all.
MUTANT_JOBS ?= 2
MUTANT_SHARD ?=

# What a unit test would find does not count: the cases are all the test that there is.
.PHONY: power-deep
power-deep: ## cargo-mutants on the parsers and printers, with the cases alone as the test: how much of them is tested
	@CARGO='$(CARGO)' wire/power-deep.sh --jobs $(MUTANT_JOBS) $(if $(MUTANT_SHARD),--shard $(MUTANT_SHARD) --sharding round-robin)

# What is missing is told first. Behind check, two steps run at a time, because Miri and the linker keep one processor busy;
# the first are those that take longest, and target/fullcheck-STEP.log has what each says.
.PHONY: fullcheck
fullcheck: ## check, then Miri, properties on many cases, fuzzing, instruction counts, size, packages, dependency policy
	@steps=(); skipped=0; \
	step() { \
	    if eval "$$2" >/dev/null 2>&1; then steps+=("$$1"); \
	    elif [ -n '$(SKIP_MISSING)' ]; then skipped=$$((skipped + 1)); echo "skipped: $$1, for want of $$3"; \
	    else echo "$$3 is missing: run \"make tools\", or \"make fullcheck SKIP_MISSING=1\" to go without" >&2; exit 1; fi; \
	}; \
	step properties true none; \
	step miri '$(CARGO) +nightly miri --version' Miri; \
	step size true none; \
	step gates 'valgrind --version' valgrind; \
	step fuzz '$(CARGO) +nightly fuzz --version' cargo-fuzz; \
	step package true none; \
	step power true none; \
	step fuzz-build '$(CARGO) +nightly fuzz --version && c++ --version && zip --version && unzip -v' 'cargo-fuzz, a C++ compiler, zip or unzip'; \
	step policy '$(CARGO) deny --version' cargo-deny; \
	$(MAKE) --no-print-directory check; \
	logs=$$(realpath "$${CARGO_TARGET_DIR:-target}"); \
	run() { \
	    if $(MAKE) --no-print-directory "$$1" >"$$2/fullcheck-$$1.log" 2>&1; then echo "fullcheck: $$1 has passed, $$SECONDS s"; \
	    else tail -n 100 "$$2/fullcheck-$$1.log"; echo "fullcheck: $$1 has failed"; exit 1; fi; \
	}; \
	export -f run; \
	printf '%s\n' "$${steps[@]}" | xargs -P 2 -I '{}' bash -c 'run {} "$$0"' "$$logs"; \
	echo "fullcheck: all passed, $$skipped skipped"

.PHONY: miri
miri: ## wire under Miri with isolation: no I/O, no clock, no undefined behaviour; then the mock and the client in memory
	MIRIFLAGS=-Zmiri-strict-provenance $(CARGO) +nightly miri test --package xend-wire --lib
	MIRIFLAGS='-Zmiri-strict-provenance -Zmiri-disable-isolation' $(CARGO) +nightly miri test --package mock-xend --test mock -- cuts
	MIRIFLAGS='-Zmiri-strict-provenance -Zmiri-disable-isolation' $(CARGO) +nightly miri test --package xend-client --test client -- properties

.PHONY: properties
properties: ## Every property on CASES cases, and random programs against the model, an eighth of that number for each release
	PROPTEST_CASES=$(CASES) CASES=$(CASES) $(CARGO) test --workspace --release --quiet -- properties

# How long 'make soak' lasts, in seconds.
SOAK_SECONDS ?= 600

.PHONY: soak
soak: ## 64 clients against a mock with random faults, for SOAK_SECONDS
	SOAK_SECONDS=$(SOAK_SECONDS) $(CARGO) test --release --package mock-xend --test mock --quiet -- --exact chaos::soak --ignored --nocapture

.PHONY: bench
bench: ## Speed of codecs, mock and suites, beside their peers, in one run each
	$(CARGO) run --release --quiet --manifest-path bench/Cargo.toml --package xend-bench -- table
	$(CARGO) run --release --quiet --manifest-path bench/Cargo.toml --package xend-bench-server -- table
	$(CARGO) run --release --quiet --manifest-path bench/Cargo.toml --package xend-bench-server -- listing
	$(CARGO) build --release --quiet --package xend-harness
	bench/suites.sh "$${CARGO_TARGET_DIR:-target}/release/xend-harness"

.PHONY: gates
gates: ## Instructions a byte that the codecs take, against bench/gates.toml; and that twice the work costs no more than 2.5 times as many
	$(CARGO) run --release --quiet --manifest-path bench/Cargo.toml --package xend-bench -- gates
	$(CARGO) run --release --quiet --manifest-path bench/Cargo.toml --package xend-bench-server -- growth

.PHONY: dist
dist: ## What is handed out, in target/packages: static programs, wheel, npm package, SBOMs, checksums; the same bytes each time
	@CARGO='$(CARGO)' PYTHON='$(PYTHON)' packaging/dist.sh "$${CARGO_TARGET_DIR:-target}/packages"

.PHONY: image
image: dist ## A container image of what `dist` made, run once; takes buildah
	@packaging/image.sh "$${CARGO_TARGET_DIR:-target}/packages"

.PHONY: tried
tried: dist ## Wheel and npm package, installed where nothing else is, and used
	@PYTHON='$(PYTHON)' packaging/try.sh "$${CARGO_TARGET_DIR:-target}/packages"

.PHONY: book
book: ## The book of docs/, in target/book, with all its links checked; takes mdbook
	@out=$$(realpath -m "$${CARGO_TARGET_DIR:-target}/book"); rm -rf "$$out"; \
	log=$$(mdbook build docs --dest-dir "$$out" 2>&1) || { echo "$$log"; exit 1; }; \
	if grep -E 'WARN|ERROR' <<<"$$log"; then exit 1; fi; \
	rm -rf "$$out"/book.toml "$$out"/book/*.py; \
	python3 docs/book/check.py "$$out"

# Each program has a profile of its own, since all its data travels in the harness, so that it must not grow unnoticed.
.PHONY: size
size: ## The programs as they are handed out, each of which is to stay under 8 MB
	$(CARGO) build --profile dist --quiet --package mock-xend --bins
	$(CARGO) build --profile dist-harness --quiet --package xend-harness --no-default-features --bins
	@for program in dist/mock-xend dist-harness/xend-harness; do \
	    bytes=$$(wc -c < "$${CARGO_TARGET_DIR:-target}/$$program"); \
	    echo "$${program#*/} has $$bytes bytes"; test "$$bytes" -lt 8000000; \
	done

.PHONY: fuzz
fuzz: ## Each fuzz target for FUZZ_SECONDS, two at a time; target/fuzz-TARGET.log has what each says
	$(CARGO) run --quiet --manifest-path fuzz/Cargo.toml --example seed
	cd fuzz && $(CARGO) +nightly fuzz build
	@logs=$$(realpath "$${CARGO_TARGET_DIR:-target}"); \
	try() { \
	    if (cd fuzz && $(CARGO) +nightly fuzz run "$$1" -- -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -rss_limit_mb=2048) \
	        >"$$2/fuzz-$$1.log" 2>&1; \
	    then echo "fuzz: $$1 has found nothing"; \
	    else tail -n 40 "$$2/fuzz-$$1.log"; echo "fuzz: $$1 has failed"; exit 1; fi; \
	}; \
	export -f try; \
	printf '%s\n' sexpr xmlrpc roundtrip files answers mock replies | xargs -P 2 -I '{}' bash -c 'try {} "$$0"' "$$logs"

# One target is enough to try the script with; `make fuzz` builds all of them.
.PHONY: fuzz-build
fuzz-build: ## The build script for ClusterFuzzLite and OSS-Fuzz, run for one target, if cargo-fuzz, a nightly and zip are there
	@missing=; \
	need() { "$${@:2}" >/dev/null 2>&1 || missing="$$missing, $$1"; }; \
	need cargo-fuzz $(CARGO) +nightly fuzz --version; \
	need 'a C++ compiler' c++ --version; \
	need zip zip --version; \
	need unzip unzip -v; \
	if [ -n "$$missing" ]; then echo "fuzz-build: left out, for want of $${missing#, }"; else fuzz/try-build.sh sexpr; fi

# A published mock must not bring the parser of its command line to those who use the library alone.
.PHONY: package
package: ## The crates as they would be published, each built from its archive
	$(CARGO) package --workspace --allow-dirty --quiet
	@! $(CARGO) tree --package mock-xend --no-default-features --edges normal | grep -w clap

.PHONY: msrv
msrv: ## All crates compile with the oldest Rust that Cargo.toml names
	@version=$$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml); \
	rustup toolchain install "$$version" --profile minimal; \
	$(CARGO) "+$$version" check --workspace --all-targets

.PHONY: minimal-versions
minimal-versions: ## All crates compile with the oldest versions of what they depend on; takes the nightly toolchain
	@CARGO='$(CARGO)' packaging/minimal-versions.sh

.PHONY: advisories
advisories: ## No dependency has a known weakness, by the database that "cargo deny fetch db" has brought
	$(CARGO) deny --offline --log-level error check advisories

# The steps of release-check that are run; all if there are none.
STEPS ?=

.PHONY: release-check
release-check: ## Everything before a release, and what is left to a person
	@CARGO='$(CARGO)' PYTHON='$(PYTHON)' packaging/release-check.sh $(STEPS)

.PHONY: policy
policy: ## Licences and sources of what we depend on
	$(CARGO) deny --log-level error check bans licenses sources

.PHONY: bless
bless: ## Take what the tests print now as the snapshots; look at the difference before you commit
	INSTA_UPDATE=always $(CARGO) test --workspace --quiet
	@git status --short snapshots

.PHONY: tools
tools: ## Install what check and fullcheck can use
	rustup component add rustfmt clippy
	rustup toolchain install nightly --profile minimal --component miri,rust-src
	$(CARGO) nextest --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-nextest
	$(CARGO) fuzz --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-fuzz
	$(CARGO) deny --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-deny
	$(CARGO) cyclonedx --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-cyclonedx
	$(CARGO) mutants --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-mutants
	mdbook --version >/dev/null 2>&1 || $(CARGO) install --locked mdbook
	@$(PYTHON) -c 'import build, hatchling, pytest' 2>/dev/null || echo 'for the packages: $(PYTHON) -m pip install build hatchling pytest'
	@valgrind --version >/dev/null 2>&1 || echo 'valgrind, for instruction counts, comes from the system: apt-get install valgrind'
