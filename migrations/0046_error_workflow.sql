-- 0046 error_workflow: a workflow that is started when a run of another one has failed. A version's column is worked out from its
--   definition, so app.version is written anew (it holds definitions only); the index on app.run is partial, and empty when it is built.
set local lock_timeout = '2s';

alter table app.version add column error_workflow_id uuid generated always as (
	case when definition->'settings'->>'error_workflow' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
	     then (definition->'settings'->>'error_workflow')::uuid end) stored;

alter table app.run add column parent_id uuid;  -- the run that had this one started
alter table app.run drop constraint run_trigger_type_check;
alter table app.run add constraint run_trigger_type_check
	check (trigger_type in ('webhook', 'schedule', 'manual', 'api', 'retry', 'error')) not valid;
create index run_parent_id_idx on app.run (workspace_id, parent_id, id) where parent_id is not null;

alter table app.trigger drop constraint trigger_type_check;
alter table app.trigger add constraint trigger_type_check check (type in ('webhook', 'schedule', 'manual', 'error'));
