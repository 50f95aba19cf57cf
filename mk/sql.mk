# sql: the tests of the database, and the dump of its schema.

.PHONY: sql schema

sql: ## SQL tests (pgTAP) on a throw-away cluster
	tests/sql/run.sh

schema: ## write migrations/schema.sql anew
	tests/sql/run.sh --schema
