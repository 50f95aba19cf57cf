-- 0018 data: checks of the audit chain, where entries are sent, how long data is kept, what was erased. New tables, locks nothing.
set local lock_timeout = '2s';

create table app.audit_proof (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	status       text        not null default 'running',
	checked      bigint      not null default 0,
	seq          bigint      not null default 0,     -- links up to here are checked
	until_seq    bigint      not null default 0,     -- the head when it began
	problems     jsonb       not null default '[]',  -- [{seq, id, problem}], the first 100
	problem_count bigint     not null default 0,
	created_by   uuid,
	created_at   timestamptz not null default now(),
	completed_at timestamptz,
	constraint audit_proof_pkey            primary key (workspace_id, id),
	constraint audit_proof_status_check    check (status in ('running', 'intact', 'broken')),
	constraint audit_proof_completed_check check ((status = 'running') = (completed_at is null))
);
create index audit_proof_running_idx on app.audit_proof (id) where status = 'running';
comment on table app.audit_proof is 'A check of a workspace''s whole chain, done in slices by workers.';

create table app.audit_sink (
	workspace_id uuid        not null,
	url          text        not null,
	is_active    boolean     not null default true,
	generation   integer     not null default 1,     -- of the signing secret, which is derived and never stored
	seq          bigint      not null default 0,     -- entries up to this link were taken by the receiver
	attempt      integer     not null default 0,     -- of the next post that failed so far
	due_at       timestamptz not null default now(), -- the next try; while a worker has it, the end of its lease
	error        text,                               -- of the last try, null when it was taken
	sent_at      timestamptz,
	etag         bigint      not null default 1,
	created_at   timestamptz not null default now(),
	updated_at   timestamptz not null default now(),
	constraint audit_sink_pkey      primary key (workspace_id),
	constraint audit_sink_url_check check (url ~ '^https?://' and length(url) <= 2000)
);
create index audit_sink_due_at_idx on app.audit_sink (due_at) where is_active;
comment on table app.audit_sink is 'Where a workspace''s audit entries are posted, in the order of their chain.';

create table app.retention (
	workspace_id    uuid        not null,
	run_days        integer,                          -- null: as long as the installation keeps them
	log_days        integer,
	delivery_days   integer,
	audit_days      integer,                          -- null: for ever
	etag            bigint      not null default 1,
	updated_at      timestamptz not null default now(),
	constraint retention_pkey                primary key (workspace_id),
	constraint retention_workspace_id_fkey   foreign key (workspace_id) references app.workspace (id),
	constraint retention_run_days_check      check (run_days between 1 and 30),
	constraint retention_log_days_check      check (log_days between 1 and 14),
	constraint retention_delivery_days_check check (delivery_days between 1 and 30),
	constraint retention_audit_days_check    check (audit_days between 30 and 3650)
);
comment on table app.retention is 'How long a workspace keeps its data, where that is shorter than the installation does.';

create table app.erasure (
	id           uuid        not null default app.uuid7(),
	kind         text        not null,
	subject_id   uuid        not null,                -- the person or workspace that was; nothing else of it is here
	requested_by uuid,
	status       text        not null default 'running',
	certificate  jsonb,                               -- {kind, subject_id, requested_at, completed_at, rows: {table: n}, audit, sha256}
	created_at   timestamptz not null default now(),
	completed_at timestamptz,
	constraint erasure_pkey            primary key (id),
	constraint erasure_kind_check      check (kind in ('person', 'workspace')),
	constraint erasure_status_check    check (status in ('running', 'done')),
	constraint erasure_completed_check check ((status = 'done') = (completed_at is not null and certificate is not null))
);
create index erasure_subject_id_idx on app.erasure (subject_id);
comment on table app.erasure is 'Tombstones: who and what was erased, and the proof of it. A restore from an older backup erases them again.';
