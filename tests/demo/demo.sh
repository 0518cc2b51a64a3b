#!/usr/bin/env bash
# `make demo`: a topology's whole life on a test cluster, each command shown as a user would type it.
# Installs what is missing, builds, runs tests/demo/demo.py, and leaves nothing running, also on Ctrl-C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tests/support/setup.sh java
echo "== building heron-cli, the test cluster and the stand-in for Heron's runtime"
cargo build --locked --bin heron-cli --examples
echo "== building a Python topology with heronpy"
pex=$(tests/support/build-pex.sh)
echo "== building a Java topology with heron-api"
jars=$(tests/support/build-jar.sh)
jar=${jars%%$'\n'*}
exec python3 tests/demo/demo.py --bin "${CARGO_TARGET_DIR:-target}/debug" --pex "$pex" --jar "$jar"
