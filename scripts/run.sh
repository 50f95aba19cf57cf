#!/usr/bin/env bash
# run.sh start|stop|status: this copy of Millrace, from its built programs to a finished demo run.
#
# start may be called again at any time: what is there and current is left alone. Processes whose
# programs or port have changed are started again. Settings: MILLRACE_PORT, MILLRACE_VAR, and
# MILLRACE_DSN for a server of your own (then no cluster is made).
set -euo pipefail
cd "$(dirname "$0")"
. ./say.sh

root=$(cd .. && pwd -P)
own_server=${MILLRACE_DSN:+yes}
MILLRACE_VAR=$(./place.sh)
export MILLRACE_VAR
app=$root
stamp=$MILLRACE_VAR/run/stamp

# What the running processes were started from; another one means: start them again.
current() {
	(
		cd "$root"
		sha256sum build/release/bin/millrace build/release/bin/millrace-*
		find assets/openapi.json assets/ui/dist -type f -print0 | sort -z | xargs -0 sha256sum
		env | grep '^MILLRACE_' | sort
	) | sha256sum
}

millrace() { "$app/build/release/bin/millrace" "$@"; }

start() {
	export MILLRACE_PORT=${MILLRACE_PORT:-8080}
	is_root || say "not root: all processes run as $(id -un), who can read each other's memory; as root each has a user of its own"
	app=$(./ship.sh "$MILLRACE_VAR/app")
	if [ -z "$own_server" ]; then
		./cluster.sh start
		MILLRACE_DSN=$(./cluster.sh dsn)
		export MILLRACE_DSN
	fi
	# What it says matters only when it fails: the reason, and perhaps SQL for an administrator.
	millrace migrate >"$MILLRACE_VAR/log/migrate.log" || {
		cat "$MILLRACE_VAR/log/migrate.log"
		exit 1
	}
	now=$(current)
	if [ "$(cat "$stamp" 2>/dev/null)" != "$now" ] || ! millrace status >/dev/null 2>&1; then
		millrace stop >/dev/null
		rm -f "$stamp"
		millrace up --detach --demo
		printf '%s\n' "$now" >"$stamp"
	fi
	millrace seed
	millrace demo
}

# The programs that were started: the copied ones, where they were copied.
started_ones() {
	if [ -x "$MILLRACE_VAR/app/build/release/bin/millrace" ]; then
		app=$MILLRACE_VAR/app
	fi
}

status() {
	started_ones
	# Where it was started, unless told otherwise.
	MILLRACE_PORT=${MILLRACE_PORT:-$(sed -n 's/^MILLRACE_PORT=//p' "$MILLRACE_VAR/run.env" 2>/dev/null)}
	export MILLRACE_PORT
	[ ! -d "$MILLRACE_VAR/pg" ] || printf 'postgres   %s\n' "$(./cluster.sh status || true)"
	millrace status
}

stop() {
	started_ones
	if [ -x "$app/build/release/bin/millrace" ]; then
		millrace stop
	elif [ -f "$MILLRACE_VAR/run/up.pid" ]; then
		die "the programs are gone but process $(cat "$MILLRACE_VAR/run/up.pid") may still run: end it by hand, or build again (make all)"
	fi
	./cluster.sh stop
}

case "${1:-}" in
start) start ;;
stop) stop ;;
status) status ;;
*) die "usage: run.sh start|stop|status" ;;
esac
