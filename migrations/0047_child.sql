-- 0047 child: runs that a step of another run has started. A column without a default; wider checks, which lock for a moment.
set local lock_timeout = '2s';

alter table app.run add column wait_id uuid;  -- what waits for its end: the step that had it started
alter table app.run drop constraint run_trigger_type_check;
alter table app.run add constraint run_trigger_type_check
	check (trigger_type in ('webhook', 'schedule', 'manual', 'api', 'retry', 'error', 'workflow')) not valid;

alter table app.trigger drop constraint trigger_type_check;
alter table app.trigger add constraint trigger_type_check check (type in ('webhook', 'schedule', 'manual', 'error', 'called'));
