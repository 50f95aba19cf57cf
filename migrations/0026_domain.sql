-- 0026 domain: domains are proven by a DNS record in place of a mailed code, and members who left aren't captured again.
--   app.domain had no operation, so it is empty, and is made anew; a new table.
set local lock_timeout = '2s';

drop table app.domain;
create table app.domain (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	domain       text        not null,     -- in lower case, in ASCII
	proof        text        not null,     -- what its TXT record must say
	verified_at  timestamptz,              -- null: not proven, or no more
	proven_at    timestamptz,              -- when the record was last seen
	lost_at      timestamptz,              -- since when a verified one's record is missing
	asked_at     timestamptz,              -- somebody waits for a look, until it is done
	due_at       timestamptz,              -- when a worker looks; null: nobody will
	checked_at   timestamptz,              -- the last look, and
	problem      text,                     -- what was wrong then
	is_capturing boolean     not null default false,  -- who has shown such an address joins
	role         text        not null default 'viewer',
	role_id      uuid,
	set_by       uuid        not null,     -- who chose the role, and must still be able to give it
	refused_at   timestamptz,              -- the last time that somebody could not join, and
	refusal      text,                     -- why
	created_by   uuid        not null,
	created_at   timestamptz not null default now(),
	etag         bigint      not null default 1,
	constraint domain_pkey               primary key (workspace_id, id),
	constraint domain_domain_key         unique (workspace_id, domain),
	constraint domain_workspace_id_fkey  foreign key (workspace_id) references app.workspace (id) on delete cascade,
	constraint domain_role_id_fkey       foreign key (workspace_id, role_id) references app.role (workspace_id, id),
	constraint domain_domain_check       check (length(domain) <= 233 and domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'),
	constraint domain_role_check         check (role in ('admin', 'editor', 'operator', 'viewer', 'custom')),
	constraint domain_role_id_check      check ((role = 'custom') = (role_id is not null)),
	constraint domain_verified_at_check  check (verified_at is null or proven_at is not null),
	constraint domain_lost_at_check      check (lost_at is null or verified_at is not null),
	constraint domain_asked_at_check     check (asked_at is null or due_at is not null),
	constraint domain_is_capturing_check check (not is_capturing or verified_at is not null),
	constraint domain_refused_at_check   check ((refused_at is null) = (refusal is null))
);
create unique index domain_verified_key on app.domain (domain) where verified_at is not null;
create index domain_due_at_idx on app.domain (due_at) where due_at is not null;
create index domain_role_id_idx on app.domain (workspace_id, role_id) where role_id is not null;
comment on table app.domain is 'A domain whose addresses a workspace claims; verified while its TXT record is there.';

create table app.left_member (
	workspace_id uuid        not null,
	user_id      uuid        not null,
	left_at      timestamptz not null default now(),
	constraint left_member_pkey              primary key (workspace_id, user_id),
	constraint left_member_workspace_id_fkey foreign key (workspace_id) references app.workspace (id) on delete cascade,
	constraint left_member_user_id_fkey      foreign key (user_id) references app.user_account (id) on delete cascade
);
create index left_member_user_id_idx on app.left_member (user_id);
comment on table app.left_member is 'Who left a workspace or was removed from it: capture doesn''t bring them back.';
