# millrace-vault: the one process that can read secrets at rest.

# $(1) variant
define vault_rules
build/$(1)/bin/millrace-vault: $(patsubst src/%.c,build/$(1)/obj/%.o,$(wildcard src/vault/*.c)) build/$(1)/libcore.a
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS_$(1)) $$^ -lseccomp -lcrypto -ljansson -lm -o $$@
endef
$(foreach v,release asan,$(eval $(call vault_rules,$(v))))

.PHONY: vault
vault: $(OUT)/bin/millrace-vault  ## the vault process

# What the unit tests of src/vault link: all but the process.
VAULT_PURE := kek record verify answer
$(eval $(call unit_dir,vault,$(foreach f,$(VAULT_PURE),build/asan/obj/vault/$(f).o)))
