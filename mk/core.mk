# Flags, objects, libraries and unit tests. The root Makefile includes this fragment first, since the
# others use its variables in their targets:
#
#   $(OUT)        build/<variant>; binaries go to $(OUT)/bin, objects to $(OUT)/obj/<src path>.o
#   $(LIBS)       the four libraries, in link order;  $(LDLIBS_BASE) what they need
#   $(call objs,web)               objects of src/web/*.c in the variant
#   $(eval $(call unit_dir,D,O))   unit tests of tests/unit/D/*_test.c, linked with the objects O besides
#
# A target's own include paths: `$(OUT)/obj/web/%.o: CPPFLAGS += …`.

VARIANT ?= release
OUT     := build/$(VARIANT)
Q       := $(if $(V),,@)
CC      := gcc
AR      := ar

LIB_NAMES := node flow db core

CPPFLAGS := -D_GNU_SOURCE -Isrc -isystem /usr/include/postgresql
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wcast-qual -Wwrite-strings \
            -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef -Wvla -Wswitch-enum \
            -Wimplicit-fallthrough $(if $(WERROR),-Werror)
CFLAGS_BASE    := -std=gnu11 -g $(WARNINGS) -fno-common -fstack-protector-strong -fPIE -ffile-prefix-map=$(CURDIR)=.
CFLAGS_release := $(CFLAGS_BASE) -O2 -D_FORTIFY_SOURCE=2
CFLAGS_asan    := $(CFLAGS_BASE) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS_BASE    := -pie -Wl,-z,relro,-z,now
LDFLAGS_release := $(LDFLAGS_BASE)
LDFLAGS_asan    := $(LDFLAGS_BASE) -fsanitize=address,undefined

CFLAGS  = $(CFLAGS_$(VARIANT))
LDFLAGS = $(LDFLAGS_$(VARIANT))
LIBS        := $(foreach lib,$(LIB_NAMES),$(OUT)/lib$(lib).a)
LIBS_asan   := $(foreach lib,$(LIB_NAMES),build/asan/lib$(lib).a)
LDLIBS_BASE := -lpq -ljansson -lcrypto -lm

objs = $(patsubst src/%.c,$(OUT)/obj/%.o,$(wildcard src/$(1)/*.c))

# $(1) variant
define variant_rules
build/$(1)/obj/%.o: src/%.c
	@mkdir -p $$(@D)
	@echo "cc $(1) $$<"
	$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS_$(1)) -MMD -MP -c $$< -o $$@
endef
$(foreach v,release asan,$(eval $(call variant_rules,$(v))))

# $(1) variant, $(2) library. The archive is made anew, so that a removed file leaves it.
define lib_rules
build/$(1)/lib$(2).a: $(patsubst src/%.c,build/$(1)/obj/%.o,$(wildcard src/$(2)/*.c))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)$$(AR) rcsD $$@ $$^
endef
$(foreach v,release asan,$(foreach lib,$(LIB_NAMES),$(eval $(call lib_rules,$(v),$(lib)))))

.PHONY: libs
libs: $(LIBS)  ## the four libraries

# $(1) folder below tests/unit, $(2) objects to link besides the libraries. core and db are tested without
# what stands above them.
UNIT_BINS :=
UNIT_LIBS_core := build/asan/libcore.a
UNIT_LIBS_db   := build/asan/libdb.a build/asan/libcore.a
unit_libs = $(or $(UNIT_LIBS_$(1)),$(LIBS_asan))
define unit_dir
UNIT_BINS += $(patsubst tests/unit/$(1)/%_test.c,build/asan/unit/$(1)_%,$(wildcard tests/unit/$(1)/*_test.c))
build/asan/unit/$(1)_%: tests/unit/$(1)/%_test.c $(2) $(call unit_libs,$(1))
	@mkdir -p $$(@D)
	@echo "cc unit $$@"
	$(Q)	$$(CC) $$(CPPFLAGS) -Itests/lib $$(CFLAGS_asan) -MMD -MP -MF $$@.d $$(LDFLAGS_asan) $$< $(2) \
	    -Wl,--start-group $(call unit_libs,$(1)) -Wl,--end-group -lcmocka $(LDLIBS_BASE) $$(UNIT_LDLIBS) -o $$@
endef
$(foreach d,core db flow node,$(eval $(call unit_dir,$(d))))

.SECONDEXPANSION:
.PHONY: unit deps lint format
unit: $$(if $$(ONLY),$$(addprefix build/asan/unit/,$$(ONLY)),$$(UNIT_BINS))  ## unit tests in C, under ASan and UBSan (ONLY=core_buf: one of them)
	@tools/unit.sh $(if $(ONLY),$(addprefix build/asan/unit/,$(ONLY)),$(sort $(UNIT_BINS)))

deps:  ## each include in src follows the arrows
	@tools/deps.sh

lint:  ## format, warnings as errors with gcc and clang, clang-tidy, text rules
	@tools/lint.sh

format:  ## clang-format in place
	@find src tests -name '*.[ch]' -exec clang-format -i {} +

-include $(shell find build -name '*.d' 2>/dev/null)
