# The documents: their commands run, their links lead somewhere.
.PHONY: docs-test
docs-test: all tests/node_modules/.package-lock.json  ## commands, links and folder READMEs of the documents
	@tests/node.sh docs tests/docs/
