#!/usr/bin/env bash
# cluster.sh start|stop|status|dsn: the private Postgres 15 cluster in $MILLRACE_VAR/pg.
#
# start is idempotent: it makes the cluster when there is none, and starts it when it is down.
# dsn prints the administrator's connection string. As root the cluster runs as the OS user postgres.
set -euo pipefail
cd "$(dirname "$0")"
. ./say.sh

var=${MILLRACE_VAR:?MILLRACE_VAR is not set (scripts/place.sh prints it)}
bin=${MILLRACE_PG_BIN:-/usr/lib/postgresql/15/bin}
data=$var/pg
log=$var/log/postgres.log

pg() { (cd / && be postgres "$@"); }

running() { [ -f "$data/postmaster.pid" ] && pg "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; }

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Any free port below the range that the kernel gives to outgoing connections.
free_port() {
	local p
	for _ in $(seq 50); do
		p=$((15432 + RANDOM % 10000))
		port_taken "$p" || { printf '%s\n' "$p"; return; }
	done
	die "found no free port on 127.0.0.1 between 15432 and 25432 for Postgres"
}

# Megabytes of memory this machine or this container has.
memory_mb() {
	local mb limit
	mb=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
	limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
	if [ "$limit" != max ] && [ $((limit / 1048576)) -lt "$mb" ]; then
		mb=$((limit / 1048576))
	fi
	printf '%s\n' "$mb"
}

disk_mb() { df -Pm "$var" | awk 'NR == 2 { print $4 }'; }

clamp() { # value low high
	local v=$1
	[ "$v" -ge "$2" ] || v=$2
	[ "$v" -le "$3" ] || v=$3
	printf '%s\n' "$v"
}

# Settings of the server. Roles have their own time limits (migrations/bootstrap.sql); what an
# operator sets by "alter system" wins over this file, which is written anew at each start.
write_settings() { # port
	local mem disk wal
	mem=$(memory_mb)
	disk=$(disk_mb)
	wal=$(clamp $((disk / 8)) 512 8192)
	pg tee "$data/millrace.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '$var/sock'
max_connections = 180
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'

shared_preload_libraries = 'pg_cron'
cron.database_name = 'millrace'
cron.use_background_workers = on
cron.log_statement = off
max_worker_processes = 16

shared_buffers = $(clamp $((mem / 4)) 128 2048)MB
effective_cache_size = $(clamp $((mem / 2)) 256 65536)MB
maintenance_work_mem = $(clamp $((mem / 16)) 64 512)MB
work_mem = 8MB
jit = off

wal_compression = lz4
default_toast_compression = lz4
wal_buffers = 16MB
max_wal_size = ${wal}MB
min_wal_size = $((wal / 8))MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
autovacuum_naptime = 30s
idle_in_transaction_session_timeout = 5min

# A log line must hold no value of a user: no detail ("Key (email)=(...)"), no parameter.
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_line_prefix = '%m [%p] %q%u@%d '
log_checkpoints = off
CONF
}

make_cluster() {
	[ "$(disk_mb)" -ge 500 ] || die "the disk of $var is full: $(disk_mb) MB are free, a cluster needs 500"
	say "making a Postgres 15 cluster in $data"
	if is_root; then
		install -d -m 0700 -o postgres -g postgres "$data"
	else
		install -d -m 0700 "$data"
	fi
	if [ ! -s "$var/secret/postgres" ]; then
		(umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$var/secret/postgres")
	fi
	# initdb takes the password from a file only, which the postgres user must be able to open.
	pg sh -c 'umask 077 && cat >"$1"' sh "$var/sock/password" <"$var/secret/postgres"
	pg "$bin/initdb" -D "$data" -U postgres --pwfile="$var/sock/password" --auth=scram-sha-256 \
		--data-checksums --encoding=UTF8 --locale=C.UTF-8 --no-instructions >"$log.initdb" 2>&1 || {
		rm -f "$var/sock/password"
		if grep -q 'No space left' "$log.initdb"; then
			die "the disk of $var is full: free 500 MB and run this again"
		fi
		die "initdb failed: $(grep -E 'error|fatal' "$log.initdb" | head -n 1) (all of it: $log.initdb)"
	}
	rm -f "$log.initdb" "$var/sock/password"
	printf "include_if_exists 'millrace.conf'\n" | pg tee -a "$data/postgresql.conf" >/dev/null
	# pg_cron connects to its database as soon as the server is up, so the database comes first.
	printf 'create database millrace\n' | pg "$bin/postgres" --single -D "$data" \
		-c shared_preload_libraries= postgres >/dev/null 2>&1 || die "could not create the database in $data: remove it and run this again"
	printf 'made\n' | pg tee "$data/millrace.made" >/dev/null
}

start() {
	local port
	[ -x "$bin/initdb" ] || die "Postgres 15 is needed, its programs are not in $bin: run scripts/install.sh ($(ls /usr/lib/postgresql 2>/dev/null | tr '\n' ' ')found)"
	if [ -f "$data/PG_VERSION" ] && [ "$(cat_data PG_VERSION)" != 15 ]; then
		die "$data was made by Postgres $(cat_data PG_VERSION), this needs 15: move it away (pg_dump first), or choose another folder with MILLRACE_VAR=…"
	fi
	if running; then
		return
	fi
	# Without the last line of make_cluster the making was interrupted, and nothing of value is there.
	if ! pg test -f "$data/millrace.made"; then
		if [ -d "$data" ]; then
			pg find "$data" -mindepth 1 -delete
		fi
		make_cluster
	fi
	[ "$(disk_mb)" -ge 100 ] || die "the disk of $var is full: $(disk_mb) MB are free, Postgres needs 100 to start"
	port=$(cat "$var/run/pg.port" 2>/dev/null || true)
	if [ -n "${MILLRACE_PG_PORT:-}" ]; then
		port=$MILLRACE_PG_PORT
		! port_taken "$port" || die "port $port of 127.0.0.1 (MILLRACE_PG_PORT) is taken: choose another"
	elif [ -z "$port" ] || port_taken "$port"; then
		port=$(free_port)
	fi
	printf '%s\n' "$port" >"$var/run/pg.port"
	write_settings "$port"
	touch "$log"
	if is_root; then
		chown postgres "$log"
	fi
	pg "$bin/pg_ctl" -D "$data" -l "$log" -w -t 60 -s start >/dev/null 2>&1 </dev/null || {
		last=$(grep -E 'FATAL|PANIC|could not' "$log" | tail -n 1)
		case "$last" in
		*'No space left'*) die "the disk of $var is full: free some and run this again" ;;
		*pg_cron*) die "Postgres can't load pg_cron: install postgresql-15-cron (scripts/install.sh)" ;;
		*) die "Postgres did not start: ${last:-no reason given} (all of it: $log)" ;;
		esac
	}
}

cat_data() { pg cat "$data/$1"; }

stop() {
	if running; then
		pg "$bin/pg_ctl" -D "$data" -m fast -w -t 60 -s stop || die "Postgres did not stop: see $log"
	fi
}

case "${1:-}" in
start) start ;;
stop) stop ;;
status) if running; then echo running; else echo stopped; exit 3; fi ;;
dsn) printf 'postgresql://postgres:%s@127.0.0.1:%s/millrace\n' "$(cat "$var/secret/postgres")" "$(cat "$var/run/pg.port")" ;;
*) die "usage: cluster.sh start|stop|status|dsn" ;;
esac
