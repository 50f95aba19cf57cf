# Benchmarks and the chaos suite: both drive a real installation of the release build.
$(OUT)/bin/load: tests/bench/load.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@

.PHONY: bench
bench: all $$(UI_DIST) $(OUT)/bin/load tests/node_modules/.package-lock.json  ## figures beside the floor (CASES="e2e rss"), var/bench.tsv
	node tests/bench/bench.mjs $(CASES)

.PHONY: chaos mutants
chaos: all $$(UI_DIST) tests/node_modules/.package-lock.json  ## kill -9 of workers and Postgres under load (ACCEPTED=2000 CHAOS_SECONDS=40)
	node tests/chaos/chaos.mjs --accepted $(or $(ACCEPTED),2000) --seconds $(or $(CHAOS_SECONDS),40)

mutants: all $$(UNIT_BINS) build/asan/bin/millrace-egress tests/node_modules/.package-lock.json  ## each one-line defect of tests/mutants.txt is found by its test
	@tests/mutants.sh $(MUTANTS)
