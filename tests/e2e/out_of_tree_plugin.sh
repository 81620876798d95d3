#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# usage: out_of_tree_plugin.sh BUILD_DIRECTORY COMPILER KIND...
#
# What somebody outside this repository does: installs Parley into a prefix,
# begins a plugin of each KIND from its template, builds it against the prefix,
# validates it, drops it into a plugin directory and sees it listed.
set -eu

build=$1
compiler=$2
shift 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

fail() {
  echo "out_of_tree_plugin: $1" >&2
  exit 1
}

cmake --install "$build" --prefix "$prefix" > "$work/install.log" ||
  fail "install failed: $(tail -3 "$work/install.log")"
parley=$prefix/bin/parley
mkdir "$work/dropped"

for kind in "$@"; do
  name=own_$kind
  "$parley" plugins new --kind "$kind" "$name" --directory "$work/$name" > "$work/new.log"
  # A Release of CMake's own making: it defines NDEBUG, the package undoes it.
  cmake -S "$work/$name" -B "$work/$name/build" -D CMAKE_PREFIX_PATH="$prefix" \
    -D CMAKE_CXX_COMPILER="$compiler" -D CMAKE_BUILD_TYPE=Release > "$work/configure.log" 2>&1 ||
    { cat "$work/configure.log"; fail "the $kind template does not configure"; }
  cmake --build "$work/$name/build" > "$work/build.log" 2>&1 ||
    { cat "$work/build.log"; fail "the $kind template does not build"; }
  file=$work/$name/build/$name.so
  "$parley" plugins validate "$file" > "$work/validate.log" ||
    { cat "$work/validate.log"; fail "the $kind template is not valid"; }
  cp "$file" "$work/dropped/"
  echo "ok: $kind ($(grep -c '^ok' "$work/validate.log") rules)"
done

# Dropping the file is all it takes; the installed plugins stay.
PARLEY_PLUGIN_PATH=$work/dropped "$parley" plugins list --json > "$work/list.json"
for kind in "$@"; do
  grep -q "\"$work/dropped/own_$kind.so\"" "$work/list.json" || fail "own_$kind is not listed"
done
grep -q "\"$prefix/lib/parley/plugins/store/memory.so\"" "$work/list.json" ||
  fail "the installed plugins are not listed"
if grep -q '"refused"' "$work/list.json"; then
  cat "$work/list.json"
  fail "a plugin was refused"
fi
