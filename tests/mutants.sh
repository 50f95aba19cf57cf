#!/usr/bin/env bash
# mutants.sh [name…]: applies each defect of tests/mutants.txt to a copy of the tree and expects its test to fail.
# A defect whose substitution changes nothing, or whose test passes, fails the suite: that test can't fail.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

home=$(mktemp -d "${TMPDIR:-/tmp}/mr-mutants.XXXXXX")
trap 'rm -rf "$home"' EXIT
copy=$home/tree
mkdir "$copy"
chmod 755 "$home" "$copy"
# Built objects come along with their times, so that only what a defect touches is compiled again.
tar -cf - --exclude=./var --exclude=./.git --exclude=./build/test-log . | tar -xf - -C "$copy"
[ -d ../shared ] && ln -s "$(cd ../shared && pwd)" "$home/shared"

passed=0 failed=0
while IFS='|' read -r name file change command; do
	name=$(xargs <<<"$name") file=$(xargs <<<"$file")
	case $name in '' | \#*) continue ;; esac
	[ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
	change=${change# } change=${change% }
	cp -p "$file" "$copy/$file.kept"
	perl -0pi -e "$change" "$copy/$file"
	if cmp -s "$file" "$copy/$file"; then
		echo "FAIL $name: the substitution changes nothing in $file"
		failed=$((failed + 1))
	elif (cd "$copy" && eval "$command") >"$copy/mutant.log" 2>&1; then
		echo "FAIL $name: not found by: $command"
		failed=$((failed + 1))
	else
		echo "ok   $name: found ($(grep -aE 'BAD|not ok|FAILED|INCONCLUSIVE|failed' "$copy/mutant.log" | head -n 1 | cut -c1-90))"
		passed=$((passed + 1))
	fi
	mv -f "$copy/$file.kept" "$copy/$file"
	touch "$copy/$file"
done <tests/mutants.txt

echo "mutants: $passed passed, $failed failed"
[ "$failed" = 0 ]
