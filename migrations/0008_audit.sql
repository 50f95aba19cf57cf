-- 0008 audit: who changed what, chained by hash. New tables, locks nothing.
--
-- Three parts, since they have three lives. app.audit says who did what to which thing, by ids alone: it is hashed and
-- never changes. app.audit_detail holds what may have to be forgotten, as two values of which only salted digests are
-- hashed: dropping a value keeps the chain whole. app.audit_link is the chain.
set local lock_timeout = '2s';

create table app.audit (
	workspace_id uuid        not null,               -- all zeros: the installation's own, such as a login to nowhere
	id           uuid        not null default app.uuid7(),
	at           timestamptz not null default clock_timestamp(),
	actor_kind   text        not null,
	actor_id     uuid,                               -- the person; of a token: its maker; null: nobody known
	via_id       uuid,                               -- the session, token or trigger that acted
	action       text        not null,               -- workflow.update, login, refused, secret.use, …
	operation    text,                               -- the request's operation; null: none, or a worker
	kind         text        not null,               -- what it was done to
	resource_id  uuid,
	request_id   text,
	who_digest   bytea,                              -- sha256 of audit_detail.who as text; null: there was none
	what_digest  bytea,                              -- the same of audit_detail.what
	constraint audit_pkey             primary key (workspace_id, id),
	constraint audit_actor_kind_check check (actor_kind in ('user', 'token', 'service', 'hook', 'system', 'anonymous')),
	constraint audit_action_check     check (length(action) between 1 and 100),
	constraint audit_kind_check       check (length(kind) between 1 and 100)
);
create index audit_actor_id_idx on app.audit (workspace_id, actor_id, id);
create index audit_action_idx on app.audit (workspace_id, action, id);
create index audit_kind_idx on app.audit (workspace_id, kind, id);
create index audit_resource_id_idx on app.audit (workspace_id, resource_id, id);
comment on table app.audit is 'One entry of the audit log, ids only. Inserted, never changed; see sql/app/audit.sql.';

create table app.audit_detail (
	workspace_id uuid  not null,
	audit_id     uuid  not null,
	who          jsonb,                              -- {salt, address, agent}
	what         jsonb,                              -- {salt, before, after, detail}
	erasure_id   uuid,                               -- the entry that says why a value is gone
	constraint audit_detail_pkey          primary key (workspace_id, audit_id),
	constraint audit_detail_audit_id_fkey foreign key (workspace_id, audit_id) references app.audit (workspace_id, id)
);
comment on table app.audit_detail is 'What an audit entry may have to forget. Its digests are in the entry, salted, so the chain outlives it.';

create table app.audit_open (
	workspace_id uuid not null,
	id           uuid not null,
	constraint audit_open_pkey primary key (workspace_id, id)
);
create index audit_open_id_idx on app.audit_open (id);
comment on table app.audit_open is 'Entries that are committed and not chained yet: about a second of them.';

create table app.audit_link (
	workspace_id uuid   not null,
	seq          bigint not null,
	audit_id     uuid   not null,
	hash         bytea  not null,                    -- sha256 of the previous hash and this entry
	constraint audit_link_pkey         primary key (workspace_id, seq),
	constraint audit_link_audit_id_key unique (workspace_id, audit_id),
	constraint audit_link_seq_check    check (seq >= 1)
);
comment on table app.audit_link is 'The chain of each workspace''s entries, in the order in which they were committed.';

create table app.audit_head (
	workspace_id uuid        not null,
	seq          bigint      not null default 0,
	hash         bytea       not null default '\x',
	base_seq     bigint      not null default 0,     -- entries up to here are beyond their retention and gone
	base_hash    bytea       not null default '\x',
	exported_seq bigint      not null default 0,     -- what the server's log was last told
	updated_at   timestamptz not null default now(),
	constraint audit_head_pkey      primary key (workspace_id),
	constraint audit_head_seq_check check (seq >= base_seq and base_seq >= 0)
);
comment on table app.audit_head is 'Where each chain ends, and where it begins since retention took its first part.';
