# Bare `make` prints the targets; each is documented by the ## behind its name, in mk/*.mk and here.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

include mk/core.mk
include $(filter-out mk/core.mk,$(sort $(wildcard mk/*.mk)))

.PHONY: help clean
help:  ## this list
	@grep -hE '^[a-zA-Z_-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | sort -u | expand -t 14

clean:  ## remove build/
	@rm -rf build
