# Benchmarks and the chaos suite: both drive a real installation of the release build.
$(OUT)/bin/load: tests/bench/load.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< -lpq -o $@

.PHONY: bench
bench: all $(OUT)/bin/load tests/node_modules/.package-lock.json  ## figures beside the floor (CASES="e2e rss"), var/bench.tsv
	node tests/bench/bench.mjs $(CASES)
