# millrace, the command line; and the targets that run an installation.

# $(1) variant
define cli_rules
build/$(1)/bin/millrace: $(patsubst src/%.c,build/$(1)/obj/%.o,$(wildcard src/cli/*.c)) build/$(1)/libdb.a build/$(1)/libcore.a
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS_$(1)) $$^ -lcurl $(LDLIBS_BASE) -o $$@
endef
$(foreach v,release asan,$(eval $(call cli_rules,$(v))))

.PHONY: cli
cli: $(OUT)/bin/millrace  ## the command line
