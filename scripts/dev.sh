#!/usr/bin/env bash
# dev.sh: runs this copy, then builds and starts anew what was saved, until Ctrl-C.
#
# Server, SQL and UI alike go through `make run`'s own steps, which leave alone what is current: a
# change of the UI or of sql/ takes a second or two, one of a core header as long as its build.
# Beside it Vite serves the web app from its sources, on the port after: an open page there follows
# each save by itself.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/say.sh

port=${MILLRACE_PORT:-8080}
ui_port=${MILLRACE_UI_PORT:-$((port + 1))}
seen=$(mktemp)
vite=
trap '[ -z "$vite" ] || kill "$vite"; rm -f "$seen"' EXIT
trap 'exit 0' INT TERM

watched="src sql migrations assets/openapi.json assets/ui/src assets/ui/public assets/ui/index.html"

make -s --no-print-directory run
(cd assets/ui && MILLRACE_URL=http://localhost:$port exec node_modules/.bin/vite --port "$ui_port" --strictPort --clearScreen false --logLevel warn) &
vite=$!
say "watching $watched; Ctrl-C ends the watch, \`make stop\` the processes"
say "http://localhost:$ui_port shows the web app as it is saved"
while sleep 0.5; do
	changed=$(find $watched -newer "$seen" -type f | head -n 1)
	if [ -n "$changed" ]; then
		touch "$seen"
		say "$changed"
		if make -s --no-print-directory -j"$(nproc)" all ui && scripts/run.sh start >/dev/null; then
			say "runs"
		else
			say "the version before this save is still running"
		fi
	fi
done
