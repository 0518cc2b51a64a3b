# The two commands of the README are `make demo` and `make test`; the rest are their parts.

SHELL := /bin/bash
CARGO ?= cargo
TOOLS := .tools
DENY := $(TOOLS)/bin/cargo-deny
DENY_VERSION := 0.20.2
# Unit tests that start a ZooKeeper.
UNIT_SKIP := --skip state:: --skip leader --skip zookeeper

.PHONY: build release demo test lint unit unit-and-e2e deny advisories doc bench fuzz setup clean simulate e2e-real

build: ## The binary, for development
	$(CARGO) build --locked

release: ## The static binary, for users
	RUSTFLAGS="-C target-feature=+crt-static" $(CARGO) build --locked --release --target $$(rustc -vV | sed -n 's/^host: //p')

setup: ## Installs what the tests need: ZooKeeper, OpenSSH, Java (with apt-get, as root or by sudo); Hadoop in .tools
	tests/support/setup.sh java sshd
	tests/support/get-hadoop.sh

unit: ## The tests that need nothing installed: no ZooKeeper, no Java, no rights
	@echo "== tests that need nothing installed"
	$(CARGO) test --locked --lib --test structure --test fuzz -- $(UNIT_SKIP)

demo: ## Shows every command on a test cluster, and that nothing is left afterwards
	tests/demo/demo.sh

test: lint unit-and-e2e deny doc ## Everything that CI runs
	@echo "all checks passed"

lint: ## Formatting, lints, and the structure of src: layers, circles, lengths
	@echo "== formatting"
	$(CARGO) fmt --check
	@echo "== lints"
	$(CARGO) clippy --locked --all-targets -- -D warnings
	@echo "== structure"
	$(CARGO) test --locked --test structure

unit-and-e2e: ## All tests: beside the code, and of the built binary on a test cluster; `unit` where that can't be installed
	@tests/support/setup.sh java sshd; \
	case $$? in \
	  0) $(MAKE) --no-print-directory all-tests ;; \
	  77) $(MAKE) --no-print-directory unit && \
	    echo "== left out: every test that needs ZooKeeper, Java, Python or OpenSSH, which can't be installed here (see above)" ;; \
	  *) exit 1 ;; \
	esac

all-tests:
	@echo "== tests"
	tests/support/get-hadoop.sh
	$(CARGO) build --locked --bin heron-cli --examples
	$(CARGO) test --locked
	$(CARGO) test --locked --example test-cluster

simulate: ## Whole commands through bad luck that nobody has seen yet; SEEDS=number of worlds for each scenario
	HERON_SIMULATION_SEEDS=$(or $(SEEDS),100) $(CARGO) test --locked --lib simulation::scenarios -- --nocapture

e2e-real: ## Tests on real Mesos, Heron and ZooKeeper, as tests/e2e-real/README.md says; TESTS=words chooses
	@tests/support/setup.sh java
	@$(CARGO) test --locked --quiet --test e2e-real -- $(TESTS)

deny: $(DENY) ## Licences, sources and bans of the dependencies
	@echo "== dependencies"
	PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(CARGO) deny --locked check bans licenses sources

advisories: $(DENY) ## Known vulnerabilities of the dependencies; needs the database of RustSec from the network
	PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(CARGO) deny --locked check advisories

$(DENY):
	@echo "== building cargo-deny $(DENY_VERSION) (once)"
	$(CARGO) install --locked --debug --version $(DENY_VERSION) --root $(TOOLS) cargo-deny

doc: ## The documentation of the code builds without warnings
	@echo "== documentation"
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --lib --document-private-items

bench: ## Benchmarks; results with their conditions go to docs/benchmarks.md
	tests/bench/run.sh

fuzz: ## Fuzzing without an end: make fuzz TARGET=properties (or overrides, yaml, arguments); needs nightly and cargo-fuzz
	$(CARGO) +nightly fuzz run --fuzz-dir tests/fuzz/coverage $(or $(TARGET),properties)

clean:
	$(CARGO) clean
	rm -rf $(TOOLS)
