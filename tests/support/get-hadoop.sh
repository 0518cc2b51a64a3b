#!/usr/bin/env bash
# Gets Hadoop's client and its small cluster for tests from Maven's central repository (about 90 MB, once), and
# compiles the cluster's main.
# usage: get-hadoop.sh    (into .tools/hadoop)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

output=.tools/hadoop
source=tests/support/hadoop/HdfsCluster.java
version=3.4.1

for tool in mvn:maven javac:default-jdk-headless; do
  command -v "${tool%%:*}" >/dev/null || {
    echo "error: ${tool%%:*} is missing: install Debian's package ${tool#*:}" >&2
    exit 1
  }
done
mkdir -p "$output"
# Tests of several processes may come at once.
exec 9>"$output/.lock"
flock 9

artifacts=(
  org.apache.hadoop:hadoop-client-api:$version
  org.apache.hadoop:hadoop-client-runtime:$version
  org.apache.hadoop:hadoop-client-minicluster:$version
  commons-logging:commons-logging:1.2
  javax.xml.bind:jaxb-api:2.3.1
)
for artifact in "${artifacts[@]}"; do
  IFS=: read -r _ name number <<<"$artifact"
  [[ -f $output/$name-$number.jar ]] && continue
  echo "== getting $artifact" >&2
  staging=$(mktemp -d)
  mvn --quiet --batch-mode -Dstyle.color=never dependency:copy "-Dartifact=$artifact" "-DoutputDirectory=$staging" >&2
  mv "$staging/$name-$number.jar" "$output/"
  rmdir "$staging"
done
if [[ $source -nt $output/classes/HdfsCluster.class ]]; then
  echo "== compiling $source" >&2
  javac -nowarn -Xlint:-options -proc:none --release 8 -cp "$output/*" -d "$output/classes" "$source" 2> >(grep -v '^warning: ' >&2)
fi
