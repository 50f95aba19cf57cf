#!/bin/sh
# unit.sh BINARY...: runs cmocka test programs one after another and prints one summary line.
#
# A program that ends with a failure without naming a failed test (a crash, a sanitizer report) counts
# as one failure. Exit 1 when anything failed, or when there is nothing to run.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
passed=0
failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for binary in "$@"; do
	echo "== ${binary##*/}"
	"$binary" >"$out" 2>&1
	rc=$?
	grep -vE '^\[ (RUN|      OK) ' "$out"
	p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$out" | awk '{s += $1} END {print s + 0}')
	f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$out" | awk '{s += $1} END {print s + 0}')
	if [ "$rc" -ne 0 ] && [ "$f" -eq 0 ]; then
		echo "${binary##*/}: ended with status $rc"
		f=1
	fi
	passed=$((passed + p))
	failed=$((failed + f))
done
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
