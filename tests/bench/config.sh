#!/usr/bin/env bash
# Measures what a command costs before it does anything: start-up, and reading a configuration of 10,000 keys.
# usage: config.sh BINARY    needs hyperfine
set -euo pipefail
binary=$(realpath "$1")
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"

for ((i = 0; i < 10000; i++)); do
  echo "my.company.setting.number.$i: some value of an ordinary length, number $i"
done >large.conf

hyperfine --shell=none --warmup 5 --runs "${RUNS:-50}" \
  "$binary version" \
  "$binary --help" \
  "$binary config show --config-file large.conf" \
  "$binary config show --origin --include-overridden --config-file large.conf" \
  "$binary config show --config-file large.conf -o json"
