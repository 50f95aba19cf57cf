# The journeys in a real browser.
.PHONY: e2e
e2e: all ui tests/node_modules/.package-lock.json  ## journeys in Chromium on a private installation (JOURNEYS='person live', ONLY='pattern')
	@node tests/e2e/run.mjs $(JOURNEYS)
