#!/usr/bin/env bash
# Installs package stores for the tests below .tools/stores: an S3 server from PyPI, an Azure one from npm.
# usage: store-servers.sh    (prints the path of the one's Python, then of the other; not the other where there is no npm)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

home=.tools/stores
# Its own script names the place where it was made; Python alone still runs where a checkout has moved.
s3=$home/venv/bin/python
azure=$home/azure/node_modules/.bin/azurite-blob
mkdir -p "$home"
# Several tests may want it at once.
exec 9>"$home/lock"
flock 9

if ! "$s3" -c 'import moto.server' 2>/dev/null; then
  echo "== installing an S3 server" >&2
  python3 -c 'import ensurepip' 2>/dev/null || {
    echo "error: Python can't make virtual environments: install Debian's package python3-venv" >&2
    exit 1
  }
  python3 -m venv "$home/venv"
  "$home/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'moto[s3]==5.2.5' 'flask==3.1.3' 'flask-cors==6.0.5' >&2
fi
echo "$s3"
if ! [[ -x $azure ]] && command -v npm >/dev/null; then
  echo "== installing an Azure server" >&2
  npm install --silent --no-audit --no-fund --prefix "$home/azure" azurite@3.35.0 >&2
fi
[[ -x $azure ]] && echo "$azure"
exit 0
