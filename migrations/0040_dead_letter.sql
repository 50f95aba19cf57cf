-- 0040 dead_letter: what became of runs that failed for good. Columns without a default, and two small indexes: locks
--   app.run_outcome while they are built.
set local lock_timeout = '2s';

alter table app.run_outcome add column handled_at timestamptz;  -- null: a failed run is a dead letter
alter table app.run_outcome add column handled_as text;
alter table app.run_outcome add column replay_id  uuid;         -- the run that took its place
alter table app.run_outcome add constraint run_outcome_handled_check
	check ((handled_at is null) = (handled_as is null) and (replay_id is null or handled_at is not null));
alter table app.run_outcome add constraint run_outcome_handled_as_check check (handled_as in ('replayed', 'discarded'));
create index run_outcome_dead_idx on app.run_outcome (workspace_id, run_id) where status = 'failed' and handled_at is null;
create index run_outcome_dead_workflow_id_idx on app.run_outcome (workspace_id, workflow_id, run_id)
	where status = 'failed' and handled_at is null;
