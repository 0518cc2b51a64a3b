#!/usr/bin/env bash
# Builds wordcount.pex, a real topology in Python, with heronpy and pex in a virtual environment of their own.
# usage: build-pex.sh [OUTPUT]    (default: .tools/topologies/wordcount.pex; built again only when its sources changed)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

venv=.tools/venv
sources=tests/topologies
output=${1:-.tools/topologies/wordcount.pex}
pex_version=2.105.2

# Several tests may want it at once.
mkdir -p .tools
exec 9>.tools/pex.lock
flock 9

if [[ -f $output && -z $(find "$sources" -maxdepth 1 -type f -newer "$output") ]]; then
  echo "$output"
  exit 0
fi
if ! [[ -x $venv/bin/pex ]]; then
  echo "== making the virtual environment $venv" >&2
  python3 -c 'import ensurepip' 2>/dev/null || {
    echo "error: Python can't make virtual environments: install Debian's package python3-venv" >&2
    exit 1
  }
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "pex==$pex_version"
fi
echo "== building $output" >&2
mkdir -p "$(dirname "$output")"
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
cp "$sources"/*.py "$staging/"
# Written beside and renamed, so that an interrupted build leaves no half of a file.
"$venv/bin/pex" --requirement "$sources/requirements.txt" --sources-directory "$staging" \
  --entry-point wordcount:main --python-shebang '/usr/bin/env python3' --output-file "$output.part.pex" >&2
mv "$output.part.pex" "$output"
echo "$output"
