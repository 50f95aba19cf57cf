# Bare `make` prints the targets; each is documented by the ## behind its name, in mk/*.mk and here.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

include mk/core.mk
include $(filter-out mk/core.mk,$(sort $(wildcard mk/*.mk)))

.PHONY: help clean all test test-install
help:  ## this list
	@grep -hE '^[a-zA-Z_-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | sort -u | expand -t 14

all: $(addprefix $(OUT)/bin/,millrace millrace-web millrace-worker millrace-egress millrace-vault)  ## the five binaries (VARIANT=asan: with sanitizers)

test-install:
	@scripts/install.sh --test

test: test-install  ## installs what tests need and runs everything (SUITES="unit sql": some of it)
	@tests/run.sh $(SUITES)

clean:  ## remove build/
	@rm -rf build
