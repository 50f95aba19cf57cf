#!/usr/bin/env bash
# place.sh: makes the folder that holds everything a copy of Millrace writes, and prints its path.
#
# As root the processes run as system users of their own, who must be able to reach the folder. A
# clone below a closed folder (/root has mode 0700) is out of their reach: then the real folder is
# /var/lib/millrace/<hash of the wished path>, and the wished path becomes a link to it.
#
#   <var>/pg      the private cluster          postgres
#   <var>/sock    the cluster's unix socket    postgres:millrace 0750
#   <var>/run     other sockets, pid files     root:millrace 0750
#   <var>/log     one log a process            root
#   <var>/secret  role passwords               root 0700
#   <var>/vault   master keys              millrace-vault 0700
#   <var>/keys    Ed25519 keys of the JWTs     millrace-web 0700
set -euo pipefail
cd "$(dirname "$0")"
. ./say.sh

root=$(cd .. && pwd -P)
wish=${MILLRACE_VAR:-$root/var}
case "$wish" in /*) ;; *) wish=$root/$wish ;; esac

nobody_reaches() { setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$1"; }

make_users() {
	getent group millrace >/dev/null || groupadd --system millrace
	for u in millrace-web millrace-worker millrace-egress millrace-vault; do
		getent passwd "$u" >/dev/null ||
			useradd --system --user-group --groups millrace --no-create-home \
				--home-dir /nonexistent --shell /usr/sbin/nologin "$u"
	done
}

# own <mode> <owner> <folder>
own() {
	mkdir -p "$3" || die "can't make $3: choose another folder with MILLRACE_VAR=…"
	if is_root; then
		chown "$2" "$3"
	fi
	chmod "$1" "$3"
}

var=$(readlink -m "$wish")
if is_root; then
	make_users
	mkdir -p "$var" 2>/dev/null || die "can't make $var: choose another folder with MILLRACE_VAR=…"
	chmod 0711 "$var"
	if ! nobody_reaches "$var"; then
		hidden=$var
		var=/var/lib/millrace/$(printf %s "$hidden" | sha256sum | cut -c1-12)
		rmdir "$hidden" 2>/dev/null ||
			die "$hidden holds data but the service users can't enter it: move it out of the closed folder, or choose another with MILLRACE_VAR=…"
		mkdir -p "$var"
		chmod 0711 "$var"
		ln -s "$var" "$hidden"
	fi
	own 0750 root:millrace "$var/run"
	own 0711 root:root "$var/log"
	own 0700 root:root "$var/secret"
	own 0700 millrace-web:millrace-web "$var/keys"
	own 0700 millrace-vault:millrace-vault "$var/vault"
	getent passwd postgres >/dev/null && own 0750 postgres:millrace "$var/sock"
else
	own 0700 - "$var"
	own 0700 - "$var/run"
	own 0700 - "$var/log"
	own 0700 - "$var/secret"
	own 0700 - "$var/keys"
	own 0700 - "$var/vault"
	own 0700 - "$var/sock"
fi
# A unix socket's path holds 107 bytes.
[ "${#var}" -le 80 ] || die "the path $var is too long for a unix socket (80 characters): choose a shorter one with MILLRACE_VAR=…"
printf '%s\n' "$var"
