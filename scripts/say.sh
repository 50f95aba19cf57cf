# say.sh: how the scripts of this folder talk and give up. Sourced, never run.
#
# say <text>     progress, on standard error: standard output belongs to results
# die <text>     one line that says what to do, exit 1
# be <user> cmd  runs cmd as that user when we are root, and as ourselves otherwise

say() { printf 'millrace: %s\n' "$*" >&2; }
die() { printf 'millrace: %s\n' "$*" >&2; exit 1; }

is_root() { [ "$(id -u)" = 0 ]; }

be() {
	local user=$1
	shift
	if is_root; then
		runuser -u "$user" -- "$@"
	else
		"$@"
	fi
}
