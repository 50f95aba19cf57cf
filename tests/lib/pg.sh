#!/bin/sh
# pg.sh start WATCHED_PID [NAME=VALUE…]: makes a throw-away Postgres cluster in a new folder, reachable
#   only through a unix socket there, and prints its folder and its DSN (user postgres, database
#   postgres), each on a line. It ends, and the folder goes, with the watched process or with
# pg.sh stop FOLDER
# NAME=VALUE are server settings. As root the server runs as the system user postgres.
set -eu
bin=${PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)}

as_owner() {
	if [ "$(id -u)" = 0 ]; then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

stop() {
	[ -d "$1/data" ] || return 0
	as_owner "$bin/pg_ctl" -D "$1/data" -m immediate -w stop >/dev/null 2>&1 || true
	rm -rf "$1"
}

start() {
	watched=$1
	shift
	dir=$(mktemp -d "${TMPDIR:-/tmp}/millrace-pg.XXXXXX")
	[ "$(id -u)" != 0 ] || chown postgres "$dir"
	chmod 755 "$dir"
	cd "$dir"
	as_owner "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
		>"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
	{
		echo "listen_addresses = ''"
		echo "unix_socket_directories = '$dir'"
		echo "fsync = off"
		echo "max_connections = 60"
		for setting in "$@"; do
			echo "$setting" | sed "s/=\(.*\)/ = '\1'/"
		done
	} >>"$dir/data/postgresql.conf"
	as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -w start >/dev/null 2>&1 ||
		{ cat "$dir/data/server.log" >&2; exit 1; }
	# the folder's end is the watched process's end, however that comes
	(
		tail --pid="$watched" -f /dev/null
		stop "$dir"
	) >/dev/null 2>&1 </dev/null &
	echo "$dir"
	echo "host=$dir user=postgres dbname=postgres"
}

case "${1:-}" in
start) shift; start "$@" ;;
stop) stop "$2" ;;
*) echo "usage: pg.sh start PID [NAME=VALUE…] | stop FOLDER" >&2; exit 2 ;;
esac
