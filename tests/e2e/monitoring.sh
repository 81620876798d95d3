#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The Prometheus configuration, rules and tests of rules are sound, a running node's
# /metrics is well formed, and every metric that a rule names is one of a node's.
# Usage: monitoring.sh SOURCE_DIR BUILD_DIR
set -euo pipefail

source_dir=$(readlink -f "$1")
parley=$(readlink -f "$2")/bin/parley
monitoring=$source_dir/monitoring

if ! command -v promtool >/dev/null; then
  echo "skipped: there is no promtool; ./dev test installs it (Debian package prometheus)" >&2
  exit 1
fi

scratch=$(mktemp -d)
node=
clean_up() {
  if [[ -n $node ]]; then
    kill "$node" 2>/dev/null || true
    wait "$node" || true
  fi
  rm -rf "$scratch"
}
trap clean_up EXIT

fail() {
  echo "monitoring: $*" >&2
  exit 1
}

check_files() {
  promtool check config "$monitoring/prometheus.yml"
  promtool check rules "$monitoring"/rules/*[!t].yml
  promtool test rules "$monitoring"/rules/*_test.yml
}

# Every node of one deployment, and a decision, which adds the metrics of decisions.
start_nodes() {
  mkdir "$scratch/configs"
  cp "$source_dir/configs/register_memory.toml" "$scratch/configs/"
  "$parley" run "$scratch/configs/register_memory.toml" >"$scratch/log" 2>&1 &
  node=$!
  local tenths
  for ((tenths = 0; tenths < 300; ++tenths)); do
    if curl -fs -o /dev/null "$endpoint/readyz"; then return; fi
    kill -0 "$node" 2>/dev/null || break
    sleep 0.1
  done
  cat "$scratch/log" >&2
  fail "the node was not ready in time"
}

decide() {
  local object=$endpoint/objects/register branch
  branch=$(curl -fsS -X POST "$object/pull" | sed -n -E 's/.*"branch":"([0-9]+)".*/\1/p')
  curl -fsS -o /dev/null -X POST "$object/invoke?branch=$branch" -d 'put watched'
  curl -fsS -o /dev/null -X POST "$object/push?branch=$branch"
}

# A name that no node exports makes a rule that never fires.
check_names() {
  local name missing=0
  for name in $(sed -E 's/^ *(record|alert|summary|description):.*//; s/^ *#.*//' \
    "$monitoring/rules/node.yml" | grep -oE '(^|[^:a-z_])(parley|process)_[a-z_]+[a-z]' |
    grep -oE '(parley|process)_[a-z_]+' | sort -u); do
    case $name in parley_node_records | parley_node_alerts) continue ;; esac
    grep -qE "^$name[ {]" "$scratch/metrics" || {
      echo "monitoring/rules/node.yml: expected metrics that a node exports, found $name" >&2
      missing=1
    }
  done
  ((missing == 0)) || fail "rules name what does not exist"
}

endpoint=http://127.0.0.1:9411
check_files
start_nodes
decide
curl -fsS "$endpoint/metrics" >"$scratch/metrics"
promtool check metrics <"$scratch/metrics"
check_names
echo "ok: $(grep -c '^# TYPE' "$scratch/metrics") families of metrics"
