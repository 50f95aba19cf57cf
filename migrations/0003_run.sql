-- 0003 run: runs, their queue, steps, logs, deliveries and timers. New tables, locks nothing.
set local lock_timeout = '2s';

create table app.run (
	workspace_id uuid        not null,
	id           uuid        not null,
	workflow_id  uuid        not null,
	version_id   uuid        not null,
	version      integer     not null,
	status       text        not null default 'queued',  -- `running` only once something was recorded: app.run_status()
	trigger_type text        not null,
	node_id      text        not null,                   -- the trigger node where it starts
	trigger_id   uuid,
	delivery_id  uuid,                                   -- the payload of a webhook run is in the delivery
	user_id      uuid,                                   -- who started it by hand or through the API
	token_id     uuid,
	retry_of     uuid,
	due_at       timestamptz,                            -- the due time of a schedule's run
	priority     smallint    not null default 0,
	is_sync      boolean     not null default false,     -- a request waits for its answer
	seq          integer     not null default 0,         -- recorded changes so far; the room's sequence number
	output       json,                                   -- what the run gave: the respond node's body, else the last node's items
	response     json,                                   -- {status, headers, body} for the request that waits (is_sync)
	input        json,                                   -- payload of a manual, API or scheduled run
	variables    json,                                   -- overrides of the definition's variables
	created_at   timestamptz not null default now(),
	started_at   timestamptz,
	completed_at timestamptz,
	constraint run_pkey               primary key (workspace_id, id),
	constraint run_status_check       check (status in ('queued', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'cancelled')),
	constraint run_trigger_type_check check (trigger_type in ('webhook', 'schedule', 'manual', 'api', 'retry')),
	constraint run_completed_check    check ((completed_at is not null) = (status in ('succeeded', 'failed', 'cancelled')))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05,
        autovacuum_analyze_scale_factor = 0.05);
-- No index names `status`: a finish would stop being HOT. Ids are time-ordered, so newest first is the key.
create index run_workflow_id_idx on app.run (workspace_id, workflow_id, id);
comment on table app.run is 'One execution of one version. No foreign keys: runs outlive what they name, and the hot path pays none.';

create table app.run_outcome (
	workspace_id uuid        not null,
	run_id       uuid        not null,
	workflow_id  uuid        not null,
	status       text        not null,
	error        json,                                    -- {code, message, node}
	ended_at     timestamptz not null default now(),
	constraint run_outcome_pkey         primary key (workspace_id, run_id),
	constraint run_outcome_status_check check (status in ('failed', 'cancelled'))
);
create index run_outcome_status_idx on app.run_outcome (workspace_id, status, run_id);
create index run_outcome_workflow_id_idx on app.run_outcome (workspace_id, workflow_id, status, run_id);
comment on table app.run_outcome is 'A row for each run that did not succeed: what lists of failed and cancelled runs read.';

create table app.run_queue (
	workspace_id  uuid        not null,
	run_id        uuid        not null,
	ready_xid     xid8        not null default pg_current_xact_id(),  -- who made it ready: the index is a log of arrivals
	fence         bigint      not null default 0,                     -- grows with each claim, kept while the run waits
	lease_owner   bigint      not null default 0,                     -- app.worker.id; 0: ready
	lease_until   timestamptz not null default '-infinity',           -- hard cap; the heartbeat is what keeps a lease
	prio          smallint    not null default 0,                     -- lower first
	lost          smallint    not null default 0,                     -- leases lost so far; > 0: claimed alone
	current_nodes json,                                               -- nodes whose I/O is in flight
	constraint run_queue_pkey primary key (workspace_id, run_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.2, autovacuum_vacuum_threshold = 200000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000, vacuum_truncate = off);
create index run_queue_ready_xid_idx on app.run_queue (ready_xid);
comment on table app.run_queue is 'One row for each run that is runnable now or leased. The hot path never searches it: work.feed.';

create table app.queue_mark (
	id  smallint not null default 1,
	low xid8     not null default '0',
	constraint queue_mark_pkey     primary key (id),
	constraint queue_mark_id_check check (id = 1)
);
insert into app.queue_mark default values;
comment on table app.queue_mark is 'No live queue row has a smaller ready_xid than low. Bounds the reaper and a cold start.';

create sequence app.worker_id_seq as bigint;
create table app.worker (
	id           bigint      not null default nextval('app.worker_id_seq'),
	host         text        not null,
	pid          integer     not null,
	started_at   timestamptz not null default clock_timestamp(),
	heartbeat_at timestamptz not null default clock_timestamp(),
	load         jsonb       not null default '{}',   -- leases held, I/O in flight, at the last heartbeat
	constraint worker_pkey primary key (id)
) with (fillfactor = 50);
comment on table app.worker is 'One row for each living worker process. Its heartbeat renews all its leases at once.';

create table app.timer (
	workspace_id uuid        not null,
	run_id       uuid        not null,
	due_at       timestamptz not null,
	fence        bigint      not null,                 -- carried over to the queue row, so that fences only grow
	prio         smallint    not null default 0,
	constraint timer_pkey primary key (workspace_id, run_id)
);
create index timer_due_at_idx on app.timer (due_at);
comment on table app.timer is 'A run that waits for a time: a row, not a thread.';

create table app.step (
	workspace_id uuid        not null,
	run_id       uuid        not null,
	node_id      text        not null,
	iteration    integer     not null default 0,
	attempt      smallint    not null default 1,
	step_no      integer     not null,                 -- order inside the run; the room's sequence number
	status       text        not null,
	started_at   timestamptz not null,
	duration_us  bigint      not null default 0,
	source       json,                                 -- [{node, port, iteration}]: the input is their output
	output       json,                                 -- {port: [items]}
	error        json,                                 -- {code, message, field}
	constraint step_pkey         primary key (workspace_id, run_id, node_id, iteration, attempt),
	constraint step_status_check check (status in ('running', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled', 'unknown'))
) partition by range (run_id);
alter table app.step alter output set compression lz4;
comment on table app.step is 'One execution of one node. Inserted once, when it ends; partitioned by the day of its run''s id.';

create table app.log (
	workspace_id uuid        not null,
	run_id       uuid        not null,
	id           uuid        not null,
	node_id      text,
	level        text        not null,
	at           timestamptz not null,
	message      text        not null,
	data         json,
	constraint log_pkey        primary key (workspace_id, run_id, id),
	constraint log_level_check check (level in ('debug', 'info', 'warn', 'error'))
) partition by range (run_id);
comment on table app.log is 'Lines that nodes and the engine wrote. What steps did is read from app.step instead.';

create table app.delivery (
	workspace_id uuid        not null,
	id           uuid        not null,                 -- the receipt
	run_id       uuid        not null,
	trigger_id   uuid        not null,
	workflow_id  uuid        not null,
	status       text        not null default 'accepted',
	method       text        not null,
	query        text        not null default '',
	headers      json        not null,
	content_type text        not null default '',
	body         bytea       not null,
	dedup_key    text,
	address      text,
	received_at  timestamptz not null default now(),
	constraint delivery_pkey         primary key (workspace_id, id),
	constraint delivery_status_check check (status in ('accepted'))
) partition by range (id);
alter table app.delivery alter body set compression lz4;
comment on table app.delivery is 'One accepted webhook, raw. Never updated.';

create table app.delivery_key (
	workspace_id uuid        not null,
	trigger_id   uuid        not null,
	key          text        not null,
	delivery_id  uuid        not null,
	run_id       uuid        not null,
	received_at  timestamptz not null default now(),
	constraint delivery_key_pkey primary key (workspace_id, trigger_id, key)
);
create index delivery_key_received_at_idx on app.delivery_key (received_at);
comment on table app.delivery_key is 'Dedup keys of the last 24 hours. Unpartitioned: a unique key can''t span partitions.';
