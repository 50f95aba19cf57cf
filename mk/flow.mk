# The micro-benchmark of the executor.

build/release/bin/exec_bench: tests/bench/exec_bench.c $(foreach lib,$(LIB_NAMES),build/release/lib$(lib).a)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS_release) $(LDFLAGS_release) $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
	    $(LDLIBS_BASE) -o $@

.PHONY: exec-bench
exec-bench: build/release/bin/exec_bench ## CPU of a five-node run in memory, without a database
	$<
