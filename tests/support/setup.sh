#!/usr/bin/env bash
# Installs what tests and demo need and this machine lacks: Debian's ZooKeeper, a Java runtime, Python.
set -euo pipefail

missing=()
[[ -f /usr/share/java/zookeeper.jar ]] || missing+=(zookeeper)
[[ -f /usr/share/java/slf4j-simple.jar ]] || missing+=(libslf4j-java)
command -v java >/dev/null || missing+=(default-jre-headless)
command -v python3 >/dev/null || missing+=(python3)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
# Arguments are what else is needed: `java` for compiling the Java topologies and getting Hadoop, `sshd` for OpenSSH's
# server, or the names of programs.
for wanted in "$@"; do
  case $wanted in
    java)
      command -v javac >/dev/null || missing+=(default-jdk-headless)
      command -v mvn >/dev/null || missing+=(maven)
      ;;
    sshd)
      command -v ssh >/dev/null || missing+=(openssh-client)
      [[ -x /usr/sbin/sshd ]] || missing+=(openssh-server)
      ;;
    *) command -v "$wanted" >/dev/null || missing+=("$wanted") ;;
  esac
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || {
    echo "error: ${missing[*]} must be installed: become root, or install sudo" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "== installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
