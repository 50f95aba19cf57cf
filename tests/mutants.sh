#!/usr/bin/env bash
# mutants.sh [name…]: applies each defect of tests/mutants.txt to a copy of the tree and expects its test to find it.
#
# Found means that the command fails and that its log says so: it matches the defect's own expression, or the words in
# which our suites name a failed test. A substitution that changes nothing, a defect that doesn't compile, a tool that
# isn't there or a test that never ends is not found: it proves nothing. The copy keeps what is built, with its times,
# so only what a defect touches is compiled again. Run the suites first: a test that fails anyway would "find" all.
# TIMEOUT=180: seconds for each.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

unset MAKEFLAGS MAKEOVERRIDES MFLAGS
says_failed='^not ok |\[  FAILED  \] [a-z]|✖ [A-Za-z]|^BAD '
not_built='\*\*\* \[[^]]*build/|\.[ch]:[0-9]+:[0-9]+: error: |undefined reference|command not found|Cannot find module|\(loading\)$'

known=$(grep -vE '^(#|$)' tests/mutants.txt | sed 's/ |.*//')
for name in "$@"; do
	grep -qx -- "$name" <<<"$known" || { echo "no such mutant: $name; there are" $known; exit 2; }
done

home=$(mktemp -d "${TMPDIR:-/tmp}/mr-mutants.XXXXXX")
trap 'rm -rf "$home"' EXIT
copy=$home/tree
log=$home/log
mkdir "$copy"
chmod 755 "$home" "$copy"
tar -cf - --exclude=./var --exclude=./.git --exclude=./build/test-log --exclude=./build/fuzz \
	--exclude=./assets/ui/node_modules --exclude=./tools/node_modules . | tar -xf - -C "$copy"
[ -d ../shared ] && ln -s "$(cd ../shared && pwd)" "$home/shared"

# Takes the first field off $rest, into $field. Fields stand between " | ".
take() {
	field=${rest%% | *}
	[ "$field" = "$rest" ] && rest='' || rest=${rest#* | }
}

passed=0 failed=0
verdict() {
	if [ "$1" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		[ ! -s "$log" ] || tail -n 15 "$log"
	fi
	printf '%-4s %s: %s (%d s)\n' "$1" "$name" "$2" $((SECONDS - started))
}

while read -r rest <&3; do
	case $rest in '' | \#*) continue ;; esac
	take; name=$field
	take; file=$field
	take; change=$field
	take; command=$field
	take; expected=${field:-$says_failed}
	[ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
	started=$SECONDS
	: >"$log"
	cp -p "$copy/$file" "$home/kept"
	if ! perl -0pi -e "$change" "$copy/$file" 2>"$log"; then
		verdict FAIL "the substitution is no perl"
	elif cmp -s "$home/kept" "$copy/$file"; then
		verdict FAIL "the substitution changes nothing in $file"
	else
		(cd "$copy" && timeout --kill-after=30 "${TIMEOUT:-180}" bash -c "$command") >"$log" 2>&1 </dev/null
		code=$?
		said=$(grep -aoE "($expected).*" "$log" | head -n 1 | cut -c1-100)
		if [ "$code" = 0 ]; then
			verdict FAIL "not found by: $command"
		elif [ "$code" -ge 124 ] && [ "$code" -le 127 ]; then
			verdict FAIL "no verdict: the command ended with $code"
		elif grep -aqE "$not_built" "$log"; then
			verdict FAIL "no verdict: it was not built"
		elif [ -z "$said" ]; then
			verdict FAIL "no verdict: nothing in the log matches $expected"
		else
			verdict ok "$said"
		fi
	fi
	mv -f "$home/kept" "$copy/$file"
	touch "$copy/$file"
done 3<tests/mutants.txt

echo "mutants: $passed passed, $failed failed"
[ "$failed" = 0 ]
