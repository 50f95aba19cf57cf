#!/bin/bash
# lint.sh [STEP…]: what a tool can check of the style; without a step: all but tidy-all. Each step prints what
# it found and the script ends with 1 when any found something.
#
#   format    clang-format on src and tests        warnings  gcc and clang, warnings as errors
#   tidy      clang-tidy on the C files that differ from HEAD~1 (or LINT_BASE)      tidy-all  on all
#   banned    functions that cut or overrun texts  text      white space, long lines, words of a draft
#   codes     error codes of sql/ and src/ against the table of core/err.c, both ways
set -u
cd "$(dirname "$0")/.." || exit 2
failed=0
jobs=${JOBS:-2}

say() {
	echo "lint $1: $2"
	[ "$2" = ok ] || failed=1
}

# The paths of our C files.
c_files() {
	find src tests \( -name node_modules -prune \) -o -name '*.[ch]' -print | sort
}

# One compile command a line, as make would run it, without the output file.
commands() {
	make -n -B libs all 2>/dev/null | grep -E '^gcc .* -c src/' | sed -E 's/ -M[MDP]+//g; s/ -o [^ ]+//' | sort -u
}

format() {
	if c_files | xargs clang-format --dry-run -Werror 2>&1 | head -40 | grep .; then
		say format "run make format"
	else
		say format ok
	fi
}

warnings() {
	out=$(commands | while read -r line; do
		echo "$line -Werror -o /dev/null"
		echo "clang${line#gcc} -Werror -o /dev/null"
	done | xargs -d '\n' -P "$jobs" -n 1 nice sh -c 2>&1)
	[ -z "$out" ] || echo "$out" | head -60
	say warnings "$([ -z "$out" ] && echo ok || echo 'see above')"
}

tidy_files() {
	# $1: file with the list, $2: name of the step
	checks='-*,bugprone-*,cert-*,clang-analyzer-*,performance-*,readability-function-size'
	checks="$checks,readability-non-const-parameter,-bugprone-easily-swappable-parameters"
	checks="$checks,-cert-err33-c,-cert-dcl37-c,-bugprone-reserved-identifier"
	# Annex K functions exist nowhere; padding of a struct is nobody's problem; gcc checks conversions
	checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling"
	checks="$checks,-clang-analyzer-optin.performance.Padding,-bugprone-narrowing-conversions"
	# jansson's iterators want a json_t that isn't const; sizeof(*v) of a list of pointers; a chain of ifs
	checks="$checks,-performance-no-int-to-ptr,-bugprone-sizeof-expression,-bugprone-branch-clone"
	config='{CheckOptions: [{key: readability-function-size.LineThreshold, value: 90},'
	config="$config {key: readability-function-size.ParameterThreshold, value: 7},"
	config="$config {key: readability-function-size.NestingThreshold, value: 4},"
	config="$config {key: readability-function-size.StatementThreshold, value: 10000},"
	config="$config {key: readability-function-size.BranchThreshold, value: 10000}]}"
	out=$(commands | while read -r line; do
		file=${line##* -c }
		file=${file%% *}
		grep -qx "$file" "$1" || continue
		flags=$(echo "${line#gcc}" | sed -E 's/ -c src[^ ]*//')
		echo "clang-tidy --quiet --warnings-as-errors='*' '--checks=$checks' '--config=$config' $file -- $flags"
	done | xargs -d '\n' -P "$jobs" -n 1 nice sh -c 2>/dev/null | grep -E 'error:|warning:')
	[ -z "$out" ] || echo "$out" | sort -u | head -60
	say "$2" "$([ -z "$out" ] && echo ok || echo 'see above')"
}

tidy() {
	list=$(mktemp)
	git diff --name-only "${LINT_BASE:-HEAD~1}" -- 'src/*.c' >"$list" 2>/dev/null
	tidy_files "$list" tidy
	rm -f "$list"
}

tidy_all() {
	list=$(mktemp)
	find src -name '*.c' >"$list"
	tidy_files "$list" tidy-all
	rm -f "$list"
}

banned() {
	if c_files | grep '^src/' | xargs grep -nE '(^|[^a-z_>.])(strcpy|strcat|strncat|sprintf|vsprintf|strtok|strtok_r|atoi|atol|atof|gets|alloca|system|popen)\(' ||
		c_files | grep '^src/' | grep -vE '^src/core/(arena|buf|mem)\.c$' |
			xargs grep -nE '(^|[^a-z_>.])(malloc|calloc|realloc|free)\('; then
		say banned "see above"
	else
		say banned ok
	fi
}

text() {
	found=0
	files=$(git ls-files | grep -E '\.(c|h|sql|sh|mk|mjs|ts|tsx|css|md|yaml)$|Makefile$')
	echo "$files" | xargs grep -nIE '[[:blank:]]+$' -- | head -20 | grep . && found=1
	echo "$files" | xargs grep -lIP '\r$' -- | grep . && found=1
	echo "$files" | xargs grep -nIE '\b(TODO|FIXME|XXX)\b' -- | grep -v '^tools/lint.sh' | head -20 | grep . && found=1
	for f in $files; do
		[ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || { echo "$f: no newline at the end"; found=1; }
	done
	# columns are counted with tabs of 8, and by characters
	echo "$files" | grep -E '\.(c|h)$' | while read -r f; do
		expand -t 8 "$f" | LC_ALL=C.UTF-8 grep -nE '^.{101}' | sed "s|^|$f:|"
	done | head -20 | grep . && found=1
	git ls-files | xargs grep -nIE '(^|[^A-Za-z0-9_])/(wor[k]|tmp/[w])/|"resolve[d]":' -- 2>/dev/null |
		head -10 | grep . && found=1
	say text "$([ "$found" = 0 ] && echo ok || echo 'see above')"
}

# A code counts as used where it is raised, or where src/web refuses with its status before there is a code.
# MR42Q is the contract's, for quotas.
codes() {
	table=$(sed -nE 's/^\t\{ "(MR[0-9A-Z]{3})", ([0-9]+).*/\1 \2/p' src/core/err.c | sort -u)
	used=$(grep -rhoE "['\"]MR[0-9A-Z]{3}['\"]" sql migrations src --include='*.sql' --include='*.[ch]' \
		--exclude=err.c | tr -d "'\"" | sort -u)
	odd=$(comm -13 <(echo "$table" | cut -d' ' -f1) <(echo "$used") | sed 's/$/ is used and not in the table/'
		echo "$table" | while read -r code status; do
			echo "$used" | grep -qx "$code" || [ "$code" = MR42Q ] ||
				grep -qwE "$status" src/web/*.c || echo "$code is in the table and not used"
		done)
	[ -z "$odd" ] || echo "$odd"
	say codes "$([ -z "$odd" ] && echo ok || echo 'see above')"
}

[ $# -gt 0 ] || set -- format warnings tidy banned text codes
for step in "$@"; do
	case $step in
	format | warnings | tidy | banned | text | codes) "$step" ;;
	tidy-all) tidy_all ;;
	*) echo "no such step: $step" >&2; exit 2 ;;
	esac
done
exit "$failed"
