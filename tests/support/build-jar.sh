#!/usr/bin/env bash
# Builds the Java topologies against Heron's API as Maven's central repository has it: one jar per era, each with the
# main classes tests.topologies.WordCount, tests.topologies.Throws and tests.topologies.Silent.
# usage: build-jar.sh [DIRECTORY]    (default: .tools/topologies; built again only when the sources changed)
#
# org.apache.heron:heron-api has 0.20.3-incubating only; com.twitter.heron:heron-api has 0.14.0, 0.14.4, 0.14.5 and
# 0.17.5. Both jars hold what they need (protobuf, kryo) themselves.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

sources=tests/topologies/java
output=${1:-.tools/topologies}

for tool in mvn:maven javac:default-jdk-headless jar:default-jdk-headless; do
  command -v "${tool%%:*}" >/dev/null || {
    echo "error: ${tool%%:*} is missing: install Debian's package ${tool#*:}" >&2
    exit 1
  }
done

# Tests of several processes may come at once.
mkdir -p "$output"
exec 9>"$output/.lock"
flock 9

# build GROUP VERSION FILE: the sources say org.apache.heron; the older era's package is put in its place.
build() {
  local group=$1 version=$2 target=$output/$3 staging
  if [[ -z $(find "$sources" -name '*.java' -newer "$target" 2>/dev/null || echo missing) ]]; then
    echo "$target"
    return
  fi
  echo "== building $target against $group:heron-api:$version" >&2
  staging=$(mktemp -d)
  mkdir -p "$staging/sources" "$staging/classes" "$output"
  mvn --quiet --batch-mode -Dstyle.color=never dependency:copy "-Dartifact=$group:heron-api:$version" \
    "-DoutputDirectory=$staging" -Dmdep.stripVersion=true >&2
  for file in "$sources"/*.java; do
    sed "s/org\.apache\.heron/$group/g" "$file" >"$staging/sources/$(basename "$file")"
  done
  (cd "$staging/classes" && jar xf ../heron-api.jar && rm -rf META-INF module-info.class)
  javac -nowarn -Xlint:-options --release 8 -cp "$staging/heron-api.jar" -d "$staging/classes" \
    "$staging"/sources/*.java
  jar cf "$staging/fat.jar" -C "$staging/classes" .
  mv "$staging/fat.jar" "$target"
  rm -rf "$staging"
  echo "$target"
}

build org.apache.heron 0.20.3-incubating wordcount.jar
build com.twitter.heron 0.17.5 wordcount-0.17.5.jar
