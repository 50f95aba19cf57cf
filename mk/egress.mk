# millrace-egress: the one process that dials out.

# $(1) variant
define egress_rules
build/$(1)/bin/millrace-egress: $(patsubst src/%.c,build/$(1)/obj/%.o,$(wildcard src/egress/*.c)) build/$(1)/libcore.a
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS_$(1)) $$^ -lcurl -lcares -lssl -lcrypto -ljansson -lm -o $$@
endef
$(foreach v,release asan,$(eval $(call egress_rules,$(v))))

.PHONY: egress
egress: $(OUT)/bin/millrace-egress  ## the egress process

# What the unit tests of src/egress link: all but its main.
EGRESS_PURE := fail host policy proxy url wire ceiling
$(eval $(call unit_dir,egress,$(foreach f,$(EGRESS_PURE),build/asan/obj/egress/$(f).o)))
build/asan/unit/egress_%: UNIT_LDLIBS += -lcurl -lssl

.PHONY: egress-test
egress-test: build/asan/bin/millrace-egress tests/node_modules/.package-lock.json  ## the egress process against servers that misbehave
	@tests/node.sh egress tests/egress/
