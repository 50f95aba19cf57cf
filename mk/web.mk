# millrace-web: Kore from Debian's source package and src/web in one binary.

KORE_SRC := /usr/share/kore
KORE_SANITIZE_asan := address

WEB_LDLIBS := -lssl -lcrypto -lpq -ljansson -largon2 -lfido2 -lcbor -lcrypt -lz -ldl -lpthread -lm

# $(1) variant. Kore leaves its source folder untouched; its log lines become ours (src/web/main.c), and what
# it frees is overwritten (src/web/wipe.c).
define web_rules
build/$(1)/kore/features: mk/web.mk
	@mkdir -p $$(@D)
	env -u MAKEFLAGS -u MAKELEVEL make -s -C $(KORE_SRC) objects OBJDIR=$(CURDIR)/build/$(1)/kore TASKS=1 KORE_SINGLE_BINARY=1 \
	    SANITIZE=$(KORE_SANITIZE_$(1)) >/dev/null
	objcopy --weaken-symbol=kore_log build/$(1)/kore/utils.o
	objcopy --redefine-sym kore_free=kore_free_plain build/$(1)/kore/mem.o

build/$(1)/obj/web/%.o: CPPFLAGS += -isystem $(KORE_SRC)/include/kore -DKORE_SINGLE_BINARY -DKORE_USE_TASKS
$(patsubst src/web/%.c,build/$(1)/obj/web/%.o,$(wildcard src/web/*.c)): | build/$(1)/kore/features

build/$(1)/bin/millrace-web: $(patsubst src/web/%.c,build/$(1)/obj/web/%.o,$(wildcard src/web/*.c)) \
    $(foreach lib,node flow db core,build/$(1)/lib$(lib).a) build/$(1)/kore/features
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS_$(1)) -rdynamic -o $$@ $$(filter %.o,$$^) build/$(1)/kore/*.o \
	    -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $(WEB_LDLIBS)
endef
$(foreach v,release asan,$(eval $(call web_rules,$(v))))

.PHONY: web
web: $(OUT)/bin/millrace-web  ## the web service

# What the unit tests of src/web link: files that name no Kore type and no connection.
WEB_PURE := webauthn guard router form input answer credential live_ring password forwarded bucket pressure hook_auth
build/asan/unit/web_%: UNIT_LDLIBS += -largon2 -lfido2 -lcbor -lcrypt
$(eval $(call unit_dir,web,$(foreach f,$(WEB_PURE),build/asan/obj/web/$(f).o) build/asan/obj/vault/verify.o))
