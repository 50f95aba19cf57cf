# sql: the tests of the database, and the dump of its schema.

.PHONY: sql schema data-map

sql: ## SQL tests (pgTAP) on a throw-away cluster
	tests/sql/run.sh

schema: ## write migrations/schema.sql anew
	tests/sql/run.sh --schema

data-map: ## write docs/data-map.md anew from sql/app/data_map.sql
	tests/sql/run.sh --data-map
