#!/usr/bin/env bash
# ship.sh FOLDER [VARIANT]: prints where the service users can run the programs from.
#
# That is the project's own folder. Below a folder that they can't enter (/root has mode 0700) it is
# FOLDER, which then holds a fresh copy of what runs.
set -euo pipefail
cd "$(dirname "$0")"
. ./say.sh

to=${1:?usage: ship.sh FOLDER [VARIANT]}
bin=build/${2:-release}/bin
cd ..
root=$(pwd -P)

if ! is_root || setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$root/$bin/millrace-web"; then
	printf '%s\n' "$root"
	exit
fi
shipped="$bin migrations sql assets/openapi.json"
# The tests of the API need no web app.
[ ! -d assets/ui/dist ] || shipped="$shipped assets/ui/dist"
rm -rf "$to.new"
mkdir -p "$to.new"
cp -r --parents -p $shipped "$to.new/" || die "can't copy the programs to $to: is the disk full?"
chmod -R go+rX "$to.new"
rm -rf "$to"
mv "$to.new" "$to"
printf '%s\n' "$to"
