-- 0021 vault: keys of workspaces and what is sealed under them. New tables, locks nothing.
--
-- Nothing here can be read without millrace-vault: `wrapped` is under its master key, `sealed` under a wrapped key
-- (src/core/seal.h has both formats).
set local lock_timeout = '2s';

create table app.vault_ticket_key (
	id  smallint not null default 1,
	key text     not null,               -- shared with the vault; see app.vault_ticket
	constraint vault_ticket_key_pkey     primary key (id),
	constraint vault_ticket_key_id_check check (id = 1)
);
comment on table app.vault_ticket_key is 'What tickets to the vault are signed with. One row, set by millrace migrate, read by app.* only.';

create table app.key (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	name         text        not null,
	purpose      text        not null default 'data',
	current      integer     not null default 1,     -- the version that new seals use
	created_by   uuid,
	created_at   timestamptz not null default now(),
	rotated_at   timestamptz,
	constraint key_pkey              primary key (workspace_id, id),
	constraint key_workspace_id_fkey foreign key (workspace_id) references app.workspace (id),
	constraint key_name_key          unique (workspace_id, name),
	constraint key_name_check        check (length(name) between 1 and 255),
	constraint key_purpose_check     check (purpose in ('connections', 'data')),
	constraint key_current_check     check (current >= 1)
);
-- A workspace has one key for its connections, made with the first of them.
create unique index key_purpose_key on app.key (workspace_id, purpose) where purpose = 'connections';
comment on table app.key is 'A key of a workspace: the one that its connections are sealed with, and those made for the encrypt operation.';

create table app.key_version (
	workspace_id uuid        not null,
	key_id       uuid        not null,
	number       integer     not null,
	kek          bigint      not null,               -- id of the master key that wraps it
	wrapped      bytea       not null,
	created_at   timestamptz not null default now(),
	constraint key_version_pkey          primary key (workspace_id, key_id, number),
	constraint key_version_key_id_fkey   foreign key (workspace_id, key_id) references app.key (workspace_id, id) on delete cascade,
	constraint key_version_number_check  check (number >= 1),
	constraint key_version_wrapped_check check (octet_length(wrapped) = 65)
);
comment on table app.key_version is 'The versions of a key, wrapped. Old ones stay, since they open what was sealed before.';

create table app.connection (
	workspace_id     uuid        not null,
	id               uuid        not null default app.uuid7(),
	connector        text        not null,             -- which kind: src/flow/connection.c lists them
	name             text        not null,
	config           jsonb       not null default '{}', -- what is no secret, with the hosts that the secret may go to
	sealed           bytea       not null,
	secret_version   bigint      not null default 1,   -- part of what `sealed` is bound to: an older one doesn't open
	status           text        not null default 'untested',
	message          text,                             -- of the last test
	is_active        boolean     not null default true, -- false: revoked; no run can use it
	visibility       text        not null default 'workspace',
	created_by       uuid,
	etag             bigint      not null default 1,
	last_verified_at timestamptz,
	created_at       timestamptz not null default now(),
	updated_at       timestamptz not null default now(),
	constraint connection_pkey                 primary key (workspace_id, id),
	constraint connection_workspace_id_fkey    foreign key (workspace_id) references app.workspace (id),
	constraint connection_name_key             unique (workspace_id, name),
	constraint connection_name_check           check (length(name) between 1 and 255),
	constraint connection_status_check         check (status in ('untested', 'ok', 'failed')),
	constraint connection_visibility_check     check (visibility in ('workspace', 'private')),
	constraint connection_secret_version_check check (secret_version >= 1)
);
comment on table app.connection is 'A stored credential for a service. Its secret is sealed; only millrace-vault can open it.';

create table app.connection_test (
	workspace_id  uuid        not null,
	id            uuid        not null default app.uuid7(),
	connection_id uuid        not null,
	taken_at      timestamptz,                         -- a worker has begun; after 30 s another one may
	done_at       timestamptz,
	ok            boolean,
	message       text,
	constraint connection_test_pkey               primary key (workspace_id, id),
	constraint connection_test_connection_id_fkey foreign key (workspace_id, connection_id)
		references app.connection (workspace_id, id) on delete cascade,
	constraint connection_test_done_check         check ((done_at is null) = (ok is null))
);
create index connection_test_connection_id_idx on app.connection_test (workspace_id, connection_id);
create index connection_test_open_idx on app.connection_test (id) where done_at is null;
comment on table app.connection_test is 'Asks a worker to try a connection, and keeps the outcome for a day.';
