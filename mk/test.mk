# OpenAPI, the API suites, and scans.

tools/node_modules/.package-lock.json: tools/package-lock.json
	cd tools && npm ci --silent
	@touch $@

tests/node_modules/.package-lock.json: tests/package-lock.json
	cd tests && npm ci --silent
	@touch $@

.PHONY: openapi openapi-check api api-asan rotation scan scan-weekly
openapi: tools/node_modules/.package-lock.json ## compile assets/openapi.yaml to openapi.json
	node tools/openapi.mjs

openapi-check: tools/node_modules/.package-lock.json ## lint openapi.yaml; fail if openapi.json is old
	node tools/openapi.mjs --check
	cd tools && node_modules/.bin/redocly lint --config redocly.yaml ../assets/openapi.yaml
	@echo 'openapi-check: 2 passed, 0 failed'

# $(1) variant
PROGRAMS = $(foreach p,millrace millrace-web millrace-worker millrace-egress millrace-vault,build/$(1)/bin/$(p))

# The programs are built by a make of their own: not every fragment has rules for both variants at once.
api: ## API suites on a private installation (SUITES='auth runs', ONLY='pattern')
	@$(MAKE) -s --no-print-directory VARIANT=release $(call PROGRAMS,release)
	@VARIANT=release tests/api/run.sh $(SUITES)

api-asan: ## the same with web, worker and egress under ASan and UBSan
	@$(MAKE) -s --no-print-directory VARIANT=asan $(call PROGRAMS,asan)
	@VARIANT=asan tests/api/run.sh $(SUITES)

rotation: all tests/node_modules/.package-lock.json  ## a new master key for 10,000 records under load, with kills (RECORDS=1000)
	@ROTATE_RECORDS=$(or $(RECORDS),10000) tests/api/run.sh rotation

scan:  ## secrets in the tree, checksums of npm packages
	@node tools/scan.mjs secrets locks

scan-weekly:  ## the same, and known faults of npm packages and of the Debian libraries that the programs load
	@node tools/scan.mjs secrets locks npm debian
