#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A write-once register on three processes: one is killed with SIGKILL in the
# middle, the others decide without it, it comes back and knows the decision.
# Run by `./dev demo`. Leaves nothing behind.
# Usage: register.sh [BUILD_FOLDER]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

build=$(readlink -f "${1:-build}")
readonly build parley=$build/bin/parley
readonly patience=200  # Tenths of a second that anything may take.
declare -A process_of metrics_of

folder=$(mktemp -d "${TMPDIR:-/tmp}/parley-demo.XXXXXX")

clean_up() {
  local name
  for name in "${!process_of[@]}"; do stop "$name" TERM; done
  rm -rf "$folder"
}
trap clean_up EXIT

say() { printf '%s\n' "$*"; }
fail() {
  say "demo failed: $*" >&2
  tail -n 5 "$folder"/*.log >&2 || true
  exit 1
}

# The example deployment, on ports that are free and with a data folder of its own.
write_deployment() {
  local number base
  base=$(free_ports)
  deployment=$folder/register.toml
  sed -E -e "s|^data_dir *=.*|data_dir = \"$folder/data\"|" \
    -e "s|^directories *=.*|directories = [\"$build/plugins\"]|" \
    configs/register.toml >"$deployment"
  for number in 1 2 3; do
    sed -i -E "/^r$number *=/{
      s|address *= *\"[^\"]*\"|address = \"127.0.0.1:$((base + number))\"|
      s|metrics *= *\"[^\"]*\"|metrics = \"127.0.0.1:$((base + 10 + number))\"|
      s|resp *= *\"[^\"]*\"|resp = \"127.0.0.1:$((base + 20 + number))\"|
    }" "$deployment"
    metrics_of[r$number]=127.0.0.1:$((base + 10 + number))
  done
}

# The first of a row of ports nobody listens on.
free_ports() {
  local base offset
  for ((base = 27100; base < 32000; base += 100)); do
    for offset in 1 2 3 11 12 13; do
      if (: </dev/tcp/127.0.0.1/$((base + offset))) 2>/dev/null; then continue 2; fi
    done
    echo "$base"
    return
  done
  fail "no free ports between 27100 and 32000"
}

start() {
  "$parley" run "$deployment" --node "$1" >>"$folder/$1.log" 2>&1 &
  process_of[$1]=$!
}

# stop NODE SIGNAL
stop() {
  local process=${process_of[$1]}
  unset "process_of[$1]"
  kill -"$2" "$process" 2>/dev/null || true
  wait "$process" 2>/dev/null || true
}

await_ready() {
  local tenths
  for ((tenths = 0; tenths < patience; ++tenths)); do
    if curl -fs -o /dev/null "http://${metrics_of[$1]}/readyz"; then return; fi
    kill -0 "${process_of[$1]}" 2>/dev/null || fail "$1 ended by itself"
    sleep 0.1
  done
  fail "$1 was not ready in time"
}

# call NODE pull|invoke?branch=N|push?branch=N [METHOD]: prints the outcome.
call() {
  curl -sS --max-time 15 -X POST "http://${metrics_of[$1]}/objects/register/$2" -d "${3:-}"
}

show() { printf '  %-3s %-32s -> %s\n' "$1" "$2" "$3"; }

# Pulls until it succeeds: a quorum may need a moment to find itself again. Sets `branch`.
pull_until_ok() {
  local tenths outcome
  for ((tenths = 0; tenths < patience; ++tenths)); do
    outcome=$(call "$1" pull || true)
    if [[ $outcome == *'"kind":"ok"'* ]]; then
      show "$1" pull "$outcome"
      branch=$(sed -n -E 's/.*"branch":"([0-9]+)".*/\1/p' <<<"$outcome")
      return
    fi
    sleep 0.1
  done
  fail "$1: no pull succeeded; the last answer was: $outcome"
}

call_and_show() {
  local outcome
  outcome=$(call "$@")
  show "$1" "$2 ${3:-}" "$outcome"
  [[ $outcome == *'"kind":"ok"'* ]] || fail "$1: $2 was not ok"
}

show_metrics() {
  curl -fsS "http://${metrics_of[$1]}/metrics" |
    grep -E "^parley_(decided_position|fsync_seconds_count|link_peer_restarts_total|$2)" |
    grep -vE ' 0$' | sed "s/^/  $1  /"
}

main() {
  [[ -x $parley ]] || fail "$parley is not built; run ./dev demo"
  write_deployment
  "$parley" keys gen "$deployment" >"$folder/keys.log" 2>&1 || fail "no keys were made"

  say "1. Three processes hold one write-once register (single-decree Paxos, HMAC, RocksDB)."
  local name
  for name in r1 r2 r3; do start "$name"; done
  for name in r1 r2 r3; do await_ready "$name"; done
  say "  r1 is process ${process_of[r1]}, r2 is ${process_of[r2]}, r3 is ${process_of[r3]}"

  say "2. r1 becomes able to write, and adds a value that is not yet agreed."
  pull_until_ok r1
  call_and_show r1 "invoke?branch=$branch" 'put hello'

  say "3. r3 is killed with SIGKILL; two of three still decide."
  stop r3 KILL
  call_and_show r1 "push?branch=$branch"

  say "4. r3 comes back with what its disk kept, and learns the decision."
  start r3
  await_ready r3
  pull_until_ok r3
  local outcome
  outcome=$(call r3 pull)
  [[ $outcome == *hello* ]] || fail "r3 does not know the decision: $outcome"

  say "5. What the nodes counted meanwhile:"
  show_metrics r1 'single_paxos_(promise|accept|confirmed|learned)_total'
  show_metrics r3 'single_paxos_(promise|accept|confirmed|learned)_total'
  say "The register is 'hello' on all three, for ever."
}

main
