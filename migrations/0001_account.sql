-- 0001 account: people, their sessions, workspaces, members, API tokens. New tables, locks nothing.
set local lock_timeout = '2s';

-- A time-ordered uuid (RFC 9562, version 7): 48 bits of milliseconds, then random bits. Postgres 15 has none.
create function app.uuid7() returns uuid
language sql volatile parallel safe
return encode(
	set_bit(set_bit(
		overlay(decode(replace(gen_random_uuid()::text, '-', ''), 'hex')
			placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
			from 1 for 6),
		52, 1), 53, 1),
	'hex')::uuid;
alter function app.uuid7() owner to mr_owner;
revoke all on function app.uuid7() from public;

create table app.context_key (
	id  smallint not null default 1,
	mac bytea    not null,               -- 32 random bytes; the seal of the entered context
	constraint context_key_pkey     primary key (id),
	constraint context_key_id_check check (id = 1)
);
comment on table app.context_key is 'The key that seals the context of api.enter. One row, read by app.* only.';
insert into app.context_key (mac) values (ext.gen_random_bytes(32));

create table app.user_account (
	id                uuid        not null default app.uuid7(),
	email             text        not null,
	email_key         text        not null,  -- lower(email): lower() is not leakproof, so it is stored
	name              text        not null default '',
	password_hash     text,                  -- argon2id PHC string; null: can't log in by password
	is_active         boolean     not null default true,
	is_superuser      boolean     not null default false,
	preferences       jsonb       not null default '{}',
	last_workspace_id uuid,
	created_at        timestamptz not null default now(),
	updated_at        timestamptz not null default now(),
	constraint user_account_pkey        primary key (id),
	constraint user_account_email_key   unique (email_key),
	constraint user_account_email_check check (length(email) between 3 and 254),
	constraint user_account_name_check  check (length(name) <= 255)
);
comment on table app.user_account is 'A person. Belongs to no workspace; membership is in app.member.';

create table app.workspace (
	id         uuid        not null default app.uuid7(),
	name       text        not null,
	slug       text        not null,
	domain     text,                       -- of the team; null: none named
	settings   jsonb       not null default '{}',
	created_by uuid,
	etag       bigint      not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	deleted_at timestamptz,
	constraint workspace_pkey       primary key (id),
	constraint workspace_slug_key   unique (slug),
	constraint workspace_domain_key unique (domain),
	constraint workspace_name_check check (length(name) between 1 and 255),
	constraint workspace_slug_check check (slug ~ '^[a-z0-9](-?[a-z0-9]){1,62}$')
);
comment on table app.workspace is 'The tenant. Every tenant row carries its id as workspace_id.';

create table app.role_permission (
	role       text not null,
	permission text not null,              -- noun:verb
	constraint role_permission_pkey       primary key (role, permission),
	constraint role_permission_role_check check (role in ('owner', 'admin', 'editor', 'operator', 'viewer'))
);
comment on table app.role_permission is 'What each role may do: the only truth about permissions.';

create table app.member (
	workspace_id uuid        not null,
	user_id      uuid        not null,
	role         text        not null,
	created_at   timestamptz not null default now(),
	constraint member_pkey              primary key (workspace_id, user_id),
	constraint member_workspace_id_fkey foreign key (workspace_id) references app.workspace (id),
	constraint member_user_id_fkey      foreign key (user_id) references app.user_account (id),
	constraint member_role_check        check (role in ('owner', 'admin', 'editor', 'operator', 'viewer'))
);
create index member_user_id_idx on app.member (user_id);
comment on table app.member is 'A person in a workspace, with a role.';

create table app.session (
	id           uuid        not null default app.uuid7(),
	user_id      uuid        not null,
	kind         text        not null,     -- cookie: a browser; jwt: a program with access and refresh token
	token_hash   bytea       not null,     -- sha256 of the cookie's secret, or of the JWT's sid
	workspace_id uuid,                     -- the one last used; null: none yet
	address      text,
	agent        text,
	created_at   timestamptz not null default now(),
	seen_at      timestamptz not null default now(),
	expires_at   timestamptz not null,     -- idle end, moves with use
	ends_at      timestamptz not null,     -- absolute end
	revoked_at   timestamptz,
	constraint session_pkey           primary key (id),
	constraint session_token_hash_key unique (token_hash),
	constraint session_user_id_fkey   foreign key (user_id) references app.user_account (id),
	constraint session_kind_check     check (kind in ('cookie', 'jwt'))
);
create index session_user_id_idx on app.session (user_id);
comment on table app.session is 'A signed-in browser or program. Only hashes of its secrets are stored.';

create table app.refresh_token (
	token_hash bytea       not null,
	session_id uuid        not null,
	created_at timestamptz not null default now(),
	expires_at timestamptz not null,
	used_at    timestamptz,                -- a second use ends the session: somebody has copied it
	constraint refresh_token_pkey            primary key (token_hash),
	constraint refresh_token_session_id_fkey foreign key (session_id) references app.session (id) on delete cascade
);
create index refresh_token_session_id_idx on app.refresh_token (session_id);
comment on table app.refresh_token is 'The chain of refresh tokens of a JWT session; the newest one is unused.';

create unlogged table app.login_throttle (
	key        text        not null,       -- 'account:<email_key>' or 'address:<network>'
	failures   integer     not null default 0,
	blocked_at timestamptz not null default now(),
	until_at   timestamptz not null default now(),
	constraint login_throttle_pkey primary key (key)
);
comment on table app.login_throttle is 'Failed logins by account and by network. Unlogged: lost in a crash, which only forgives.';

create table app.token (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	name         text        not null,
	prefix       text        not null,     -- the first characters, to recognise it in a list
	token_hash   bytea       not null,     -- sha256 of the whole token
	scopes       text[]      not null,
	created_by   uuid        not null,
	created_at   timestamptz not null default now(),
	expires_at   timestamptz,
	used_at      timestamptz,
	revoked_at   timestamptz,
	constraint token_pkey              primary key (workspace_id, id),
	constraint token_token_hash_key    unique (token_hash),
	constraint token_workspace_id_fkey foreign key (workspace_id) references app.workspace (id),
	constraint token_created_by_fkey   foreign key (created_by) references app.user_account (id),
	constraint token_name_check        check (length(name) between 1 and 255)
);
comment on table app.token is 'An API token of a workspace. Its rights are its scopes cut by its maker''s present role.';

create table app.idempotency (
	workspace_id uuid        not null,
	key          text        not null,
	operation    text        not null,
	request_hash bytea       not null,     -- sha256 of the request: the same key with another body is a mistake
	response     jsonb,                    -- null while the first request is under way
	created_at   timestamptz not null default now(),
	constraint idempotency_pkey      primary key (workspace_id, key),
	constraint idempotency_key_check check (length(key) between 1 and 255)
);
create index idempotency_created_at_idx on app.idempotency (created_at);
comment on table app.idempotency is 'Answers of POSTs that carried an Idempotency-Key, kept for 24 hours.';
