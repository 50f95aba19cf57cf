#!/usr/bin/env bash
# run.sh [suite…]: the API suites, against a private installation that this starts and ends.
#
#   VARIANT=asan        the binaries of build/asan instead of build/release
#   ONLY='pattern'      tests whose name matches
#   KEEP=1              leave the folder with the logs when something failed
set -euo pipefail
cd "$(dirname "$0")/../.."
make -s tests/node_modules/.package-lock.json
exec node tests/api/run.mjs "$@"
