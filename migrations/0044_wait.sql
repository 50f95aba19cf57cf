-- 0044 wait: runs that wait for something outside. A new table, a wider check of app.transition: locks that for a moment.
set local lock_timeout = '2s';

create table app.wait (
	workspace_id uuid        not null,
	id           uuid        not null,
	run_id       uuid        not null,
	node_id      text        not null,                    -- with iteration and attempt: the step that waits
	iteration    integer     not null default 0,
	attempt      smallint    not null default 1,
	kind         text        not null,
	status       text        not null default 'open',
	detail       json,                                    -- what its node said of it; depends on the kind
	answer       json,                                    -- what came; depends on the kind
	expires_at   timestamptz,                             -- null: answered before the step began
	created_at   timestamptz not null default clock_timestamp(),
	ended_at     timestamptz,
	constraint wait_pkey         primary key (workspace_id, id),
	constraint wait_step_key     unique (workspace_id, run_id, node_id, iteration, attempt),
	constraint wait_kind_check   check (kind in ('callback', 'approval', 'run')),
	constraint wait_status_check check (status in ('open', 'answered', 'expired', 'cancelled')),
	constraint wait_ended_check  check ((ended_at is not null) = (status in ('answered', 'expired', 'cancelled'))),
	constraint wait_answer_check check (answer is null or status = 'answered')
);
comment on table app.wait is 'What a step waits for that comes from outside: at most one end, whoever is first.';

alter table app.transition drop constraint transition_kind_check;
alter table app.transition add constraint transition_kind_check check (kind in ('run', 'step', 'wait'));
