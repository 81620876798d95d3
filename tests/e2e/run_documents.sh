#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs every ```sh block of the given documents, in order, in a scratch copy of
# configs/, as a stranger would type them. A block that fails names its line.
# Usage: run_documents.sh SOURCE_DIR BUILD_DIR DOCUMENT...
set -euo pipefail

source_dir=$1
build_dir=$2
shift 2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$source_dir/configs" "$scratch/configs"
export PATH="$build_dir/bin:$PATH"
export PARLEY_PREFIX="$scratch/prefix"
cmake --install "$build_dir" --prefix "$PARLEY_PREFIX" >"$scratch/install.log" || {
  cat "$scratch/install.log"
  exit 1
}

blocks=0
for document in "$@"; do
  rm -f "$scratch"/block-*
  awk -v out="$scratch/block-" '
    /^```sh$/ { inside = 1; file = sprintf("%s%05d", out, NR); print "# line " NR > file; next }
    /^```/    { inside = 0 }
    inside    { print > file }' "$source_dir/$document"
  for block in "$scratch"/block-*; do
    [ -e "$block" ] || continue
    blocks=$((blocks + 1))
    line=$(sed -n '1s/# line //p' "$block")
    # A block of its own process group, so that nothing it started outlives it.
    if ! (cd "$scratch" && timeout 120 bash -euo pipefail "$block") >"$scratch/log" 2>&1; then
      echo "$document:$line: this block failed:"
      cat "$block"
      tail -40 "$scratch/log"
      exit 1
    fi
    echo "$document:$line: ok"
  done
done
[ "$blocks" -gt 0 ] || { echo "no block was run"; exit 1; }
