#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A replicated key-value store on three processes, under load: the leader is killed
# with SIGKILL and comes back, and everything that was acknowledged is still there,
# on every node. Run by `./dev demo`. Leaves nothing behind.
# Exit status: 0; 1: something acknowledged is missing, or the demo came to no end.
# Usage: kv.sh [BUILD_FOLDER]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

build=$(readlink -f "${1:-build}")
readonly build parley=$build/bin/parley load=$build/bin/kv_load
readonly nodes=(r1 r2 r3) connections=12 phase_seconds=3
readonly patience=200  # Twentieths of a second that anything may take.
declare -A process_of metrics_of resp_of
holder='' loader=''

folder=$(mktemp -d "${TMPDIR:-/tmp}/parley-demo.XXXXXX")
readonly folder deployment=$folder/kv.toml acknowledged=$folder/acknowledged

# A paragraph: a line for each word.
say() {
  echo
  printf "%s\n" "$@"
}
fail() {
  say "demo failed: $*" >&2
  tail -n 5 "$folder"/*.log >&2 || true
  exit 1
}

clean_up() {
  local name
  for name in "${!process_of[@]}"; do stop "$name" KILL; done
  if [[ -n $loader ]]; then kill "$loader" 2>/dev/null || true; fi
  if [[ -n $holder ]]; then kill "$holder" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap clean_up EXIT

# --- the deployment ---

# configs/kv.toml with ports of this demo's own and a data folder that goes away.
# The ports stay reserved until the demo ends.
write_deployment() {
  local ports number name line
  mkfifo "$folder/hold" "$folder/ports"
  "$load" reserve 9 <"$folder/hold" >"$folder/ports" &
  holder=$!
  exec 9>"$folder/hold"  # Open as long as this shell lives.
  read -r -a ports <"$folder/ports"
  sed -E -e "s|^data_dir *=.*|data_dir = \"data\"|" configs/kv.toml >"$deployment"
  printf '\n[plugins]\ndirectories = ["%s/plugins"]\n' "$build" >>"$deployment"
  for number in 0 1 2; do
    name=${nodes[number]}
    metrics_of[$name]=127.0.0.1:${ports[number + 3]}
    resp_of[$name]=${ports[number + 6]}
    line="$name = { address = \"127.0.0.1:${ports[number]}\""
    line+=", metrics = \"${metrics_of[$name]}\", resp = \"127.0.0.1:${resp_of[$name]}\" }"
    sed -i -E "s|^$name *=.*|$line|" "$deployment"
  done
  "$parley" keys gen "$deployment" >"$folder/keys.log" 2>&1 || fail "no keys were made"
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

# await WHAT COMMAND...: until the command succeeds.
await() {
  local what=$1 tries
  shift
  for ((tries = 0; tries < patience; ++tries)); do
    if "$@"; then return; fi
    sleep 0.05
  done
  fail "waited in vain until $what"
}

# --- what the nodes say about themselves ---

ready() { curl -fs -o /dev/null "http://${metrics_of[$1]}/readyz"; }

# metric NODE NAME: of the object, or 0.
metric() {
  curl -fs "http://${metrics_of[$1]}/metrics" |
    awk -v name="parley_$2{instance=\"kv\"}" '$1 == name { value = $2 } END { print value + 0 }'
}

position() { metric "$1" decided_position; }

leads() {
  (($(metric "$1" multi_paxos_became_leader_total) >
    $(metric "$1" multi_paxos_stepped_down_total)))
}

# Sets `leader`.
find_leader() {
  local name
  for name in "${!process_of[@]}"; do
    if leads "$name"; then
      leader=$name
      return
    fi
  done
  return 1
}

caught_up() { (($(position "$1") >= $2)); }

# Sets `positions`; true when they are all the same.
positions_agree() {
  local name
  positions=()
  for name in "${nodes[@]}"; do positions+=("$(position "$name")"); done
  [[ ${positions[0]} == "${positions[1]}" && ${positions[1]} == "${positions[2]}" ]]
}

# Asks a node while nobody else does, until it leads itself.
answers_itself() {
  redis-cli -p "${resp_of[$1]}" GET demo:0:0 >/dev/null
  leads "$1"
}

# --- the story ---

start_load() {
  local name targets=()
  for name in "${nodes[@]}"; do targets+=("$name=${resp_of[$name]}"); done
  mkfifo "$folder/orders"
  "$load" drive "$acknowledged" "$connections" "${targets[@]}" <"$folder/orders" &
  loader=$!
  exec {orders}>"$folder/orders"
}

phase() { echo "phase $*" >&"$orders"; }

kill_and_return() {
  local survivor behind began
  await "somebody leads" find_leader
  printf -- '-- SIGKILL to the leader, %s (process %s)\n' "$leader" "${process_of[$leader]}"
  phase "without $leader"
  stop "$leader" KILL
  killed=$leader
  sleep "$phase_seconds"
  await "another leads" find_leader
  survivor=$leader
  behind=$(position "$survivor")
  printf -- '-- %s leads; %s is started again, with what its disk kept\n' "$leader" "$killed"
  phase "$killed is back"
  began=$(date +%s%N)
  start "$killed"
  await "$killed is ready" ready "$killed"
  await "$killed has caught up" caught_up "$killed" "$behind"
  printf -- '-- %s knows all %s methods decided without it, %d ms after its start\n' "$killed" \
    "$behind" $((($(date +%s%N) - began) / 1000000))
  sleep "$phase_seconds"
}

end_load() {
  say "4. Latency by when an answer came; each connection waits for it before it goes on:"
  echo stop >&"$orders"
  local status=0
  wait "$loader" || status=$?
  loader=''
  ((status == 0)) || fail "the load found something wrong (exit status $status), see above"
}

restart_all() {
  local name
  await "all nodes have decided the same" positions_agree
  say "5. All three nodes have decided ${positions[0]} methods. All three are killed at" \
    "   once and started again; each reads back, from its own copy, what was acknowledged:"
  for name in "${nodes[@]}"; do stop "$name" KILL; done
  # From here on whoever is asked leads, so that it answers from its own copy.
  sed -i 's/pull_moves_leader = false/pull_moves_leader = true/' "$deployment"
  for name in "${nodes[@]}"; do start "$name"; done
  for name in "${nodes[@]}"; do await "$name is ready" ready "$name"; done
}

read_back() {
  local name status=0
  for name in "${nodes[@]}"; do
    await "$name answers by itself" answers_itself "$name"
    "$load" check "$acknowledged" "$name=${resp_of[$name]}" || status=1
  done
  ((status == 0)) || fail "acknowledged writes are missing"
}

tell_how_to_try() {
  cat <<'TEXT'

Nothing acknowledged was lost. Try it yourself:

  build/bin/parley run configs/kv.toml &       # all three nodes in one process
  redis-cli -p 6401 SET greeting hello
  redis-cli -p 6402 GET greeting
  redis-cli -p 6403 PARLEY.STATUS
  redis-benchmark -p 6401 -t set,get -c 64 -n 100000 -q
TEXT
}

main() {
  local name
  [[ -x $parley && -x $load ]] || fail "$parley and $load are not built; run ./dev demo"
  write_deployment

  say "1. Three processes replicate one key-value store (configs/kv.toml, on other ports):"
  grep -E '^(mechanisms|backend|store)' "$deployment" | sed 's/^/   /'
  for name in "${nodes[@]}"; do start "$name"; done
  for name in "${nodes[@]}"; do
    await "$name is ready" ready "$name"
    echo "   $name is process ${process_of[$name]}, redis://127.0.0.1:${resp_of[$name]}"
  done

  say "2. $connections Redis connections, four a node, write 100 bytes under keys of their" \
    "   own, and read what was acknowledged to any of them."
  say "3. Meanwhile the leader is killed and comes back:"
  start_load
  sleep "$phase_seconds"
  kill_and_return
  end_load
  restart_all
  read_back
  for name in "${nodes[@]}"; do stop "$name" TERM; done
  tell_how_to_try
}

main
