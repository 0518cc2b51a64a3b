#!/usr/bin/env bash
# Installs what tests and demo need and this machine lacks, by apt-get: Debian's ZooKeeper, a Java runtime, Python.
# usage: setup.sh [java] [sshd] [PROGRAM]…    (exits with 77 when it may not install what is missing)
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

# cannot REASON: what is missing, and what to do.
cannot() {
  echo "error: missing here: ${missing[*]}; $1." >&2
  echo "Let somebody with the rights run: apt-get install -y ${missing[*]}" >&2
  echo "\`make lint unit\` runs what needs none of it." >&2
  exit 77
}
command -v apt-get >/dev/null || cannot "there is no apt-get here, and these are Debian's names for it"
as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || cannot "it can't be installed without root's rights, and there is no sudo"
  # Asks for the password where somebody can type it.
  { [[ -t 0 ]] && sudo -v; } || sudo -n true 2>/dev/null || cannot "it can't be installed: sudo doesn't let you"
  as_root=(sudo)
fi
echo "== installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
