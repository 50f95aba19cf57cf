# Fuzzing: tests/fuzz/<what>_fuzz.c with libFuzzer (clang), seeds and past crashes in tests/corpus/<what>.
# FUZZ_S: seconds for each; ONLY=cron: one of them. New inputs are kept in build/fuzz/corpus.

FUZZ_S    ?= 10
FUZZ_CC   := clang
FUZZ_BINS := $(patsubst tests/fuzz/%_fuzz.c,build/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_OBJS := $(patsubst src/%.c,build/fuzz/obj/%.o,\
    $(wildcard src/core/*.c src/flow/*.c src/node/*.c) \
    $(addprefix src/web/,guard.c router.c form.c credential.c forwarded.c hook_auth.c) \
    $(addprefix src/egress/,url.c policy.c fail.c) \
    $(addprefix src/vault/,kek.c record.c verify.c answer.c))
FUZZ_CFLAGS := -std=gnu11 -g -O1 $(WARNINGS) -fsanitize=address,undefined -fno-sanitize-recover=all

build/fuzz/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

build/fuzz/libfuzzed.a: $(FUZZ_OBJS)
	@rm -f $@
	$(AR) rcsD $@ $^

$(FUZZ_BINS): build/fuzz/%: tests/fuzz/%_fuzz.c build/fuzz/libfuzzed.a
	$(FUZZ_CC) $(CPPFLAGS) -Itests/lib $(FUZZ_CFLAGS) -fsanitize=fuzzer $< build/fuzz/libfuzzed.a -lcurl $(LDLIBS_BASE) -o $@

.PHONY: fuzz
fuzz: $(FUZZ_BINS)  ## fuzz the parsers (FUZZ_S=10 seconds each; ONLY=cron)
	@passed=0; failed=0; for f in $(if $(ONLY),$(addprefix build/fuzz/,$(ONLY)),$(sort $(FUZZ_BINS))); do \
		what=$${f##*/}; mkdir -p build/fuzz/corpus/$$what; \
		if $$f -max_total_time=$(FUZZ_S) -max_len=4096 -timeout=5 -print_final_stats=1 -verbosity=0 \
		    -artifact_prefix=build/fuzz/$$what- build/fuzz/corpus/$$what tests/corpus/$$what 2>build/fuzz/$$what.log; \
		then passed=$$((passed + 1)); else failed=$$((failed + 1)); tail -40 build/fuzz/$$what.log; fi; \
		echo "fuzz $$what: $$(sed -n 's/.*number_of_executed_units: *//p' build/fuzz/$$what.log) inputs"; \
	done; echo "fuzz: $$passed passed, $$failed failed"; [ "$$failed" = 0 ]
