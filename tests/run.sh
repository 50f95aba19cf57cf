#!/usr/bin/env bash
# run.sh: runs the suites named (none: all), each by its make target, and adds up what they say.
#
# A suite ends with a line `<name>: N passed, N failed`. One that says nothing of the kind counts as one test, judged by
# its exit code. The last line printed is the sum.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(deps lint scan openapi-check unit fuzz ui-check ui-test ui-size sql
	egress-test cli-test api api-asan docs-test e2e chaos mutants)
# `make test SUITES=api` must not hand its SUITES on to `make api`, whose own are others.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS SUITES
logs=build/test-log
mkdir -p "$logs"
passed=0 failed=0 summary=() skipped='' faults=''

# What a suite's log says of tests that failed, each with the lines that say why: a reader of the last page must not need the rest.
failures() {
	grep -aE -A 12 '^ *(✖|not ok|\[  FAILED|BAD |FAIL )|: error:|ERROR: |runtime error:|failed tests|suites that failed' "$1" |
		cut -c1-400 | tail -n 120
}

for suite in "${suites[@]}"; do
	started=$SECONDS
	printf '\n=== %s\n' "$suite"
	make -s --no-print-directory "$suite" 2>&1 | tee "$logs/$suite.log"
	code=${PIPESTATUS[0]}
	said=$(grep -aoE '[0-9]+ passed, [0-9]+ failed' "$logs/$suite.log" | tail -n 1)
	if [ -n "$said" ]; then
		p=${said%% *}
		f=$(sed -E 's/.*, ([0-9]+) failed/\1/' <<<"$said")
		# A suite that failed must not add up to nothing failed.
		[ "$code" = 0 ] || [ "$f" -gt 0 ] || f=1
	elif [ "$code" = 0 ]; then
		p=1 f=0
	else
		p=0 f=1
	fi
	passed=$((passed + p)) failed=$((failed + f))
	[ "$f" = 0 ] || faults+=$(printf '\n--- %s\n' "$suite"; failures "$logs/$suite.log")$'\n'
	skipped+=$(grep -ahE '^(SKIPPED|skipped:)' "$logs/$suite.log")$'\n'
	summary+=("$(printf '%-14s %5d passed, %d failed  (%d s)' "$suite" "$p" "$f" $((SECONDS - started)))")
done

printf '\n'
printf '%s\n' "${summary[@]}"
grep . <<<"$skipped" | sort -u
printf '%s' "$faults"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
