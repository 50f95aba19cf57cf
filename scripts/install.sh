#!/usr/bin/env bash
# install.sh [--test]: installs the Debian packages that building and running need (--test: and testing).
#
# Does nothing, in well under a second, when all are there. No service is started and no default
# Postgres cluster is made: Millrace runs its own processes on its own cluster.
set -euo pipefail
cd "$(dirname "$0")"
. ./say.sh

# dpkg-dev: Kore's makefile takes its flags, -O2 among them, from dpkg-buildflags.
want="gcc libc6-dev make dpkg-dev pkg-config ca-certificates tzdata util-linux procps
	kore postgresql-15 postgresql-15-cron
	libpq-dev libjansson-dev libcurl4-openssl-dev libc-ares-dev libssl-dev libargon2-dev libfido2-dev libcbor-dev libcrypt-dev libseccomp-dev zlib1g-dev"
if [ "${1:-}" = --test ]; then
	want="$want libcmocka-dev libasan8 libubsan1
	postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl
	nginx-light haproxy chromium prometheus libfaketime
	clang clang-format clang-tidy libclang-rt-14-dev
	git curl openssl xxd iproute2"
fi
command -v node >/dev/null || want="$want nodejs"
command -v npm >/dev/null || want="$want npm"

missing() {
	local have
	have=" $(dpkg-query -W -f '${db:Status-Status}=${Package}\n' $want 2>/dev/null |
		sed -n 's/^installed=//p' | tr '\n' ' ')"
	for p in $want; do
		case "$have" in *" $p "*) ;; *) printf '%s ' "$p" ;; esac
	done
}

command -v dpkg-query >/dev/null || die "this needs Debian 12: there is no dpkg here; elsewhere run it in a container of debian:12"
need=$(missing)
if [ -z "$need" ]; then
	exit 0
fi

if is_root; then
	root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	root="sudo"
elif command -v sudo >/dev/null && [ -t 0 ]; then
	root="sudo"
else
	die "packages are missing and this user has no sudo: as root run  apt-get install --no-install-recommends $need"
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d
made_policy=
# A real machine would start what it installs, and postgresql-common would make a cluster on port
# 5432; both are held off for the time of the installation, and the machine's own settings stay.
put_back() {
	[ -z "$made_policy" ] || $root rm -f "$policy"
	$root rm -f "$cluster/00-millrace.conf"
	rm -f "$log"
}
trap put_back EXIT

if [ ! -e "$policy" ]; then
	made_policy=yes
	printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
	$root chmod 755 "$policy"
fi
$root mkdir -p "$cluster"
printf 'create_main_cluster = false\n' | $root tee "$cluster/00-millrace.conf" >/dev/null

# dpkg syncs each file of some 450 packages, most of the time this takes on a slow disk; here the
# disk is synced once, at the end.
apt() {
	$root env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
		apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 \
		-o Dpkg::Options::=--force-unsafe-io "$@" >>"$log" 2>&1
}

# The one line that says what to do, chosen by what apt wrote.
explain() {
	if grep -q 'No space left' "$log"; then
		die "the disk is full: free about 1.5 GB (df -h / /var) and run this again"
	elif grep -qE 'Unable to locate package|has no installation candidate' "$log"; then
		die "a package is not in the sources of this system ($(. /etc/os-release && echo "$PRETTY_NAME")): Debian 12 main is needed in /etc/apt/sources.list; missing: $(grep -oE 'locate package [^ ]+|Package .?[a-z0-9.+-]+.? has no' "$log" | tail -n 1)"
	elif grep -qE 'Could not get lock|Unable to acquire' "$log"; then
		die "another package manager is at work: wait for it to end and run this again"
	elif grep -qE 'Failed to fetch|Could not resolve|Could not connect|Unable to connect|Temporary failure|no longer valid|Release file' "$log"; then
		die "the package source does not answer: check the network and /etc/apt/sources.list, then run this again ($(grep -E '^(E|Err)' "$log" | head -n 1))"
	fi
	die "installing failed: $(grep -E '^(E:|dpkg: error)' "$log" | head -n 1); as root try  apt-get install $need"
}

say "installing: $need"
# The lists of an image are absent or old; a machine in use mostly has good ones.
if ! apt install --no-install-recommends $need; then
	: >"$log"
	apt update || explain
	apt install --no-install-recommends $need || explain
fi
for unit in nginx haproxy prometheus; do
	case " $need " in *" $unit "* | *" $unit-light "*)
		# Tests start their own; the packaged service must not take a port at the next boot.
		$root systemctl disable "$unit" >/dev/null 2>&1 || true ;;
	esac
done
sync -f /usr
[ -z "$(missing)" ] || die "still missing after the installation: $(missing)"
node_major=$(node -p 'process.versions.node.split(".")[0]')
[ "$node_major" -ge 18 ] || die "node $node_major is too old to build the UI: install node 18 or newer"
