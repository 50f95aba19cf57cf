#!/bin/sh
# deps.sh [TREE]: each #include below TREE/src (default .) follows the arrows:
#
#   core <- flow <- node <- {web, worker}      core <- db <- {web, worker, cli}      core <- {egress, vault}
#
# egress shows only egress/egress.h, vault only vault/vault.h, both to worker, web and cli. A header named *_parts.h or
# *_inner.h stays in its folder. A node describes I/O: in flow and node no header of curl, libpq or sockets. Kore is known in
# web only, curl in egress and cli only, c-ares in egress only. Prints each line that doesn't, and ends with 1.
cd "${1:-.}" || exit 2
find src -name '*.[ch]' | sort | xargs awk '
function fail(why) { printf "%s:%d: %s: %s\n", FILENAME, FNR, $0, why; bad++ }
BEGIN {
	may["core"] = " core "
	may["db"] = " core db "
	may["flow"] = " core flow "
	may["node"] = " core flow node "
	may["egress"] = " core egress "
	may["web"] = " core db flow node web "
	may["worker"] = " core db flow node worker "
	may["vault"] = " core vault "
	may["cli"] = " core db cli "
	network = "^(curl/|ares|libpq|postgres|sys/socket|sys/epoll|sys/un|netinet/|arpa/|netdb|poll|openssl/)"
}
/^[ \t]*#[ \t]*include/ {
	split(FILENAME, at, "/")
	folder = at[2]
	if (!(folder in may)) { fail("no such folder is known to tools/deps.sh"); next }
	name = $0
	system_header = name ~ /</
	sub(/^[^<"]*[<"]/, "", name)
	sub(/[>"].*$/, "", name)
	includes++
	if (system_header) {
		if ((folder == "node" || folder == "flow") && name ~ network)
			fail(folder " describes I/O, it performs none")
		if (name ~ /^kore/ && folder != "web")
			fail("Kore is known in web only")
		if (name ~ /^curl/ && folder != "egress" && folder != "cli")
			fail("only egress dials")
		if (name ~ /^ares/ && folder != "egress")
			fail("only egress asks name servers")
		if (name ~ /^libpq/ && may[folder] !~ / db /)
			fail("only what is above db talks to Postgres")
		next
	}
	if (name !~ /\//) { fail("write the path from src, as \"core/err.h\""); next }
	split(name, to, "/")
	if (name ~ /_(parts|inner)\.h$/ && to[1] != folder)
		fail("this header is private to " to[1])
	else if (name == "egress/egress.h" && (folder == "worker" || folder == "web" || folder == "cli"))
		next
	else if (name == "vault/vault.h" && (folder == "web" || folder == "worker" || folder == "cli"))
		next
	else if (index(may[folder], " " to[1] " ") == 0)
		fail(folder " may include" may[folder] "only")
}
END {
	printf "%d includes, %d against the arrows\n", includes, bad
	printf "deps: %d passed, %d failed\n", bad == 0, bad
	exit bad > 0
}'
