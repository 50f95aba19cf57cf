-- 0030 transition: which moves of a status are allowed, and runs that are paused. New tables, a column of app.run_queue with a
--   constant default, a trigger of app.run gone: locks both for a moment.
set local lock_timeout = '2s';

drop trigger if exists run_move on app.run;  -- sql/app/transition.sql makes another

create table app.transition (
	kind        text not null,
	from_status text not null,
	to_status   text not null,
	constraint transition_pkey       primary key (kind, from_status, to_status),
	constraint transition_kind_check check (kind in ('run', 'step')),
	constraint transition_move_check check (from_status <> to_status)
);
comment on table app.transition is 'Every move of a status that is allowed. Filled by sql/app/transition.sql, which makes triggers of it.';

alter table app.run_queue add column is_paused boolean not null default false;  -- leased, and paused meanwhile

create table app.run_pause (
	workspace_id uuid        not null,
	run_id       uuid        not null,
	fence        bigint      not null,                 -- carried over to the queue row, so that fences only grow
	prio         smallint    not null default 0,
	paused_at    timestamptz not null default now(),
	constraint run_pause_pkey primary key (workspace_id, run_id)
);
comment on table app.run_pause is 'A run that is paused: a row, and no queue row once its steps in flight have ended.';
