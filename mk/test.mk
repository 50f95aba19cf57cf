# OpenAPI and the API suites.

tools/node_modules/.package-lock.json: tools/package-lock.json
	cd tools && npm ci --silent
	@touch $@

tests/node_modules/.package-lock.json: tests/package-lock.json
	cd tests && npm ci --silent
	@touch $@

.PHONY: openapi openapi-check api api-asan
openapi: tools/node_modules/.package-lock.json ## compile assets/openapi.yaml to openapi.json
	node tools/openapi.mjs

openapi-check: tools/node_modules/.package-lock.json ## lint openapi.yaml; fail if openapi.json is old
	node tools/openapi.mjs --check
	cd tools && node_modules/.bin/redocly lint --config redocly.yaml ../assets/openapi.yaml
