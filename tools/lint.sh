#!/bin/bash
# lint.sh [STEP…]: what a tool can check of the style; without a step: all. A step prints what it found;
# the last line counts the steps, and a step that found something ends the script with 1.
#
#   format    clang-format on src and tests        warnings  gcc and clang, warnings as errors, src and tests
#   banned    functions that cut or overrun texts  text      white space, long lines, words of a draft
#   sizes     a file over 400 lines says why at its head, in a sentence with "longer than most:" or "longer file than most:"
#   codes     error codes of sql/ and src/ against the table of core/err.c, both ways
#   mutants   each substitution of tests/mutants.txt still changes its file
#   tidy      clang-tidy (.clang-tidy) on src: three minutes on two cores. A file that was clean is not looked at again
#             until it, a header that it includes or .clang-tidy changes (build/lint).
set -u
cd "$(dirname "$0")/.." || exit 2
passed=0 failed=0
jobs=${JOBS:-2}
stamps=build/lint
found=$(mktemp)
trap 'rm -f "$found"' EXIT

# $1: the step. What it found is in $found.
say() {
	if [ -s "$found" ]; then
		head -60 "$found"
		echo "lint $1: see above"
		failed=$((failed + 1))
	else
		echo "lint $1: ok"
		passed=$((passed + 1))
	fi
}

# The paths of our C files.
c_files() {
	find src tests \( -name node_modules -prune \) -o -name '*.[ch]' -print | sort
}

# Our text files: what git knows, or would if asked to add.
text_files() {
	git ls-files -co --exclude-standard | while read -r f; do [ ! -f "$f" ] || echo "$f"; done
}

# One compile command a line, as make would run it, without the output file.
commands() {
	make -n -B libs all 2>/dev/null | grep -E '^gcc .* -c src/' | sed -E 's/ -M[MDP]+//g; s/ -o [^ ]+//' | sort -u
}

# The same for the tests: flags are those of src.
test_commands() {
	flags=$(commands | grep -m 1 ' -c src/core/' | sed -E 's/ -c src.*//')
	find tests \( -name node_modules -prune \) -o -name '*.c' -print | sort |
		sed "s|^|$flags -Itests/lib -isystem /usr/share/kore/include/kore -c |"
}

format() {
	c_files | xargs clang-format --dry-run -Werror >"$found" 2>&1
	[ ! -s "$found" ] || echo "run make format" >>"$found"
}

warnings() {
	{ commands; test_commands; } | while read -r line; do
		echo "$line -Werror -o /dev/null"
		echo "clang${line#gcc} -Werror -o /dev/null"
	done | xargs -d '\n' -P "$jobs" -n 1 nice sh -c >"$found" 2>&1
}

tidy() {
	mkdir -p "$stamps"
	commands | while read -r line; do
		file=${line##* -c }
		file=${file%% *}
		flags=$(sed -E 's/^gcc//; s/ -c src[^ ]*//' <<<"$line")
		# shellcheck disable=SC2046,SC2086 # lists of flags and of files
		now=$(cat .clang-tidy $(gcc $flags -MM "$file" | tr ' \\' '\n\n' | grep -E '^src/') | sha256sum | cut -c1-64)
		stamp=$stamps/$(tr / _ <<<"$file")
		[ "$(cat "$stamp" 2>/dev/null)" != "$now" ] || continue
		echo "clang-tidy --quiet $file -- $flags 2>/dev/null && echo $now >$stamp"
	done | xargs -d '\n' -P "$jobs" -n 1 nice sh -c 2>&1 | grep -E 'error:|warning:|not found' | sort -u >"$found"
}

# Memory is asked for in the core; scandir(3) gives a list that is freed with free(3), whence its one caller.
banned() {
	{
		c_files | grep '^src/' | xargs grep -nE \
			'(^|[^a-z_>.])(strcpy|strcat|strncat|sprintf|vsprintf|strtok|strtok_r|atoi|atol|atof|gets|alloca|system|popen)\('
		c_files | grep '^src/' | grep -vE '^src/(core/(arena|buf|mem)|web/wipe)\.c$' |
			xargs grep -nE '(^|[^a-z_>.])(malloc|calloc|realloc|free)\(' |
			grep -vE '^src/cli/sqlset\.c:[0-9]+:\s*free\(entries(\[i\])?\);$'
	} >"$found"
}

text() {
	text_files | grep -E '\.(c|h|sql|sh|mk|mjs|ts|tsx|css|md|yaml)$|Makefile$' >"$found.files"
	{
		xargs grep -nIE '[[:blank:]]+$' -- | head -20
		xargs grep -lIP '\r$' -- <"$found.files" | sed 's/$/: carriage returns/'
		xargs grep -nIE '\b(TODO|FIXME|XXX)\b' -- <"$found.files" | grep -v '^tools/lint.sh' | head -20
		while read -r f; do
			[ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || echo "$f: no newline at the end"
		done <"$found.files"
		# columns are counted with tabs of 8, and by characters
		grep -E '\.(c|h)$' "$found.files" | while read -r f; do
			expand -t 8 "$f" | LC_ALL=C.UTF-8 grep -nE '^.{101}' | sed "s|^|$f:|"
		done | head -20
		text_files | xargs grep -nIE '(^|[^A-Za-z0-9_])/(wor[k]|tmp/[w])/|"resolve[d]":' -- 2>/dev/null | head -10
	} <"$found.files" >"$found"
	rm -f "$found.files"
}

# Generated files are as long as they are.
sizes() {
	text_files | grep -E '\.(c|h|sql|sh|mk|mjs|js|ts|tsx|css)$' |
		grep -vxE 'migrations/schema\.sql|assets/ui/src/api/schema\.d\.ts' | while read -r f; do
		[ "$(wc -l <"$f")" -le 400 ] || head -20 "$f" | tr '\n' ' ' | grep -qiE 'longer (file )?than most:' ||
			echo "$f: over 400 lines, and its head does not say why (\"longer than most: …\")"
	done >"$found"
}

# A code counts as used where it is raised, or where src/web refuses with its status before there is a code.
# MR42Q is the contract's, for quotas.
codes() {
	table=$(sed -nE 's/^\t\{ "(MR[0-9A-Z]{3})", ([0-9]+).*/\1 \2/p' src/core/err.c | sort -u)
	used=$(grep -rhoE "['\"]MR[0-9A-Z]{3}['\"]" sql migrations src --include='*.sql' --include='*.[ch]' \
		--exclude=err.c | tr -d "'\"" | sort -u)
	{
		comm -13 <(echo "$table" | cut -d' ' -f1) <(echo "$used") | sed 's/$/ is used and not in the table/'
		echo "$table" | while read -r code status; do
			echo "$used" | grep -qx "$code" || [ "$code" = MR42Q ] ||
				grep -qwE "$status" src/web/*.c || echo "$code is in the table and not used"
		done
	} | sed '/^ is used/d' >"$found"
}

mutants() {
	grep -vE '^(#|$)' tests/mutants.txt | sed 's/ | /\x1f/g' | while IFS=$'\x1f' read -r name file change _; do
		! perl -0pe "$change" "$file" 2>&1 | cmp -s - "$file" || echo "$name: the substitution changes nothing in $file"
	done >"$found"
}

[ $# -gt 0 ] || set -- format warnings banned text sizes codes mutants tidy
for step in "$@"; do
	case $step in
	format | warnings | banned | text | sizes | codes | mutants | tidy) "$step" ;;
	*) echo "no such step: $step" >&2; exit 2 ;;
	esac
	say "$step"
done
echo "lint: $passed passed, $failed failed"
[ "$failed" = 0 ]
