#!/usr/bin/env bash
# `make bench`: measures whole commands on a test cluster, and the cores; docs/benchmarks.md has results.
# Installs what is missing, builds, runs tests/bench/bench.py, and leaves nothing running, also on Ctrl-C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tests/support/setup.sh hyperfine
echo "== building heron-cli, the test cluster, the stand-in for Heron's runtime and the bare client"
cargo build --locked --release --bin heron-cli --example test-cluster --example heron-standin --example bare-client
python3 tests/bench/bench.py --bin "${CARGO_TARGET_DIR:-target}/release" "$@"
echo "== the state machine"
cargo bench --locked --bench scheduler
echo "== packing"
cargo bench --locked --bench packing
