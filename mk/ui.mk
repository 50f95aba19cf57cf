# The web app: built once into assets/ui/dist, which millrace-web serves. Nothing of Node is needed at run time.

UI         := assets/ui
UI_DIST    := $(UI)/dist/index.html
UI_MODULES := $(UI)/node_modules/.package-lock.json
UI_SOURCES := $(shell find $(UI)/src $(UI)/public -type f 2>/dev/null) \
              $(addprefix $(UI)/,index.html vite.config.ts tsconfig.json)

# npm ci leaves the stamp older than the lockfile when nothing changed, hence the touch. npm 11 refuses a lockfile
# without the builds of other platforms, which not every registry has: then the lockfile is installed as it is.
$(UI_MODULES): $(UI)/package.json $(UI)/package-lock.json
	@cd $(UI) && { npm ci --no-fund --no-audit --loglevel=silent || \
	  npm install --no-save --no-fund --no-audit --loglevel=error; } && touch node_modules/.package-lock.json

$(UI_DIST): $(UI_MODULES) $(UI_SOURCES)
	@cd $(UI) && npm run -s build -- --logLevel warn

.PHONY: ui ui-check ui-test ui-size ui-types node-types
ui: $(UI_DIST)  ## build the web app

ui-check: $(UI_MODULES)  ## types, lint and import arrows of the web app; its API types are current
	@cd $(UI) && npm run -s check
	@cd $(UI) && npx openapi-typescript ../openapi.yaml --default-non-nullable false -o node_modules/.cache-schema.d.ts >/dev/null \
	  && cmp -s node_modules/.cache-schema.d.ts src/api/schema.d.ts \
	  || { echo "assets/ui/src/api/schema.d.ts is not what openapi.yaml gives: make ui-types"; exit 1; }
	@echo 'ui-check: 2 passed, 0 failed'

ui-test: $(UI_MODULES)  ## unit tests of the web app
	@cd $(UI) && out=$$(npm test --silent 2>&1); code=$$?; echo "$$out"; \
	 tests() { echo "$$out" | sed -nE "s/^ *Tests .*[^0-9]([0-9]+) $$1.*/\1/p" | tail -n 1; }; \
	 f=$$(tests failed); [ $$code = 0 ] || f=$${f:-1}; p=$$(tests passed); \
	 echo "ui-test: $${p:-0} passed, $${f:-0} failed"; exit $$code

ui-size: $(UI_DIST)  ## bundle budgets of the web app
	@cd $(UI) && out=$$(npm run -s size 2>&1); code=$$?; echo "$$out"; [ $$code = 0 ] && f=0 || f=1; \
	 echo "ui-size: $$(echo "$$out" | grep -c '^ok ') passed, $$f failed"; exit $$code

ui-types: $(UI_MODULES)  ## make the API types from openapi.yaml again
	@cd $(UI) && npm run -s api

node-types: $(UI_MODULES)  ## write the node types that the web app is tested with anew, as the server has them
	@WRITE=1 $(MAKE) -s api SUITES=workflows ONLY='node types that the editor is tested with'
	@cd $(UI) && npx biome format --write src/forms/nodeTypes.fixture.json
