-- 0048 replay: versions tried over recorded runs. New tables, locks nothing.
set local lock_timeout = '2s';

create table app.replay (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	workflow_id  uuid        not null,
	version_id   uuid        not null,
	version      integer     not null,                    -- what is tried
	total        integer     not null,                    -- runs that it is tried over
	same         integer     not null default 0,
	differs      integer     not null default 0,
	skipped      integer     not null default 0,
	lease_owner  bigint      not null default 0,          -- app.worker.id
	lease_until  timestamptz not null default '-infinity',
	created_by   uuid,
	created_at   timestamptz not null default now(),
	completed_at timestamptz,
	constraint replay_pkey             primary key (workspace_id, id),
	constraint replay_workflow_id_fkey foreign key (workspace_id, workflow_id) references app.workflow (workspace_id, id),
	constraint replay_total_check      check (total between 0 and 1000 and same + differs + skipped <= total)
);
create index replay_workflow_id_idx on app.replay (workspace_id, workflow_id, id);
create index replay_open_idx on app.replay (id) where completed_at is null;
comment on table app.replay is 'A version tried over recorded runs of its workflow: nothing is sent, and nothing recorded as a run.';

create table app.replay_run (
	workspace_id uuid not null,
	replay_id    uuid not null,
	run_id       uuid not null,
	outcome      text,                                    -- null: not tried yet
	reason       text,                                    -- why it was skipped
	differences  json,                                    -- [{node_id, iteration, attempt, what, before, after}]
	constraint replay_run_pkey           primary key (workspace_id, replay_id, run_id),
	constraint replay_run_replay_id_fkey foreign key (workspace_id, replay_id)
		references app.replay (workspace_id, id) on delete cascade,
	constraint replay_run_outcome_check  check (outcome in ('same', 'differs', 'skipped')),
	constraint replay_run_reason_check   check ((outcome is not distinct from 'skipped') = (reason is not null))
);
create index replay_run_open_idx on app.replay_run (workspace_id, replay_id, run_id) where outcome is null;
create index replay_run_outcome_idx on app.replay_run (workspace_id, replay_id, outcome, run_id);
comment on table app.replay_run is 'One recorded run of a replay, and what would have been different.';
