# millrace, the command line; and the targets that run an installation.

# $(1) variant
define cli_rules
build/$(1)/bin/millrace: $(patsubst src/%.c,build/$(1)/obj/%.o,$(wildcard src/cli/*.c src/cli/check/*.c src/cli/key/*.c)) build/$(1)/libdb.a build/$(1)/libcore.a
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS_$(1)) $$^ -lcurl $(LDLIBS_BASE) -o $$@
endef
$(foreach v,release asan,$(eval $(call cli_rules,$(v))))

.PHONY: cli
cli: $(OUT)/bin/millrace  ## the command line

.PHONY: install run dev stop status
install:  ## install the missing Debian packages
	@scripts/install.sh

# Each step is a make of its own: what the first installs, the second may need to read its rules.
run:  ## install, build, start everything, send one webhook through; prints URL and login
	@scripts/install.sh
	@$(MAKE) -s --no-print-directory -j$$(nproc) all ui
	@scripts/run.sh start

dev:  ## run, then build and start anew what is saved; an open page follows (MILLRACE_UI_PORT)
	@scripts/dev.sh

stop:  ## stop what `make run` started
	@scripts/run.sh stop

status:  ## what runs
	@scripts/run.sh status

.PHONY: cli-test
cli-test: all ui tests/node_modules/.package-lock.json  ## migrate, the supervisor and the demo, on a cluster of their own
	@tests/node.sh cli tests/cli
