#!/usr/bin/env bash
# node.sh <name> <file or folder>…: runs suites of node:test and ends with `<name>: N passed, M failed`.
set -uo pipefail
name=$1
shift
out=$(mktemp)
trap 'rm -f "$out"' EXIT
files=()
for f in "$@"; do
	if [ -d "$f" ]; then files+=("$f"/*.test.mjs); else files+=("$f"); fi
done
# TAP, since the number of tests stands in it the same way in every Node.
node --test --test-reporter=tap "${files[@]}" >"$out" 2>&1
code=$?
passed=$(sed -n 's/^# pass //p' "$out" | tail -n 1)
failed=$(($(sed -n 's/^# fail //p' "$out" | tail -n 1) + $(sed -n 's/^# cancelled //p' "$out" | tail -n 1)))
[ "$code" = 0 ] || { [ "$failed" -gt 0 ] || failed=1; cat "$out"; }
printf '%s: %d passed, %d failed\n' "$name" "${passed:-0}" "$failed"
[ "$code" = 0 ]
