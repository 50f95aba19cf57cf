-- 0020 team: roles that a workspace makes itself, invitations, service accounts, shares, slugs that were. New tables and
-- columns; locks member, token, user_account and workflow for a moment.
set local lock_timeout = '2s';

create table app.role (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	name         text        not null,
	description  text        not null default '',
	permissions  text[]      not null,
	etag         bigint      not null default 1,
	created_by   uuid,
	created_at   timestamptz not null default now(),
	updated_at   timestamptz not null default now(),
	constraint role_pkey              primary key (workspace_id, id),
	constraint role_name_key          unique (workspace_id, name),
	constraint role_workspace_id_fkey foreign key (workspace_id) references app.workspace (id),
	constraint role_name_check        check (name ~ '^[a-z][a-z0-9_-]{1,39}$'
	                                         and name not in ('owner', 'admin', 'editor', 'operator', 'viewer', 'custom', 'hook', 'whole'))
);
comment on table app.role is 'A role that a workspace has made of permissions, beside the five of app.role_permission.';

-- A member has one of the five roles, or `custom` and the role it names.
alter table app.member
	add column role_id uuid,
	drop constraint member_role_check,
	add constraint member_role_check    check (role in ('owner', 'admin', 'editor', 'operator', 'viewer', 'custom')),
	add constraint member_role_id_check check ((role = 'custom') = (role_id is not null)),
	add constraint member_role_id_fkey  foreign key (workspace_id, role_id) references app.role (workspace_id, id);
create index member_role_id_idx on app.member (workspace_id, role_id) where role_id is not null;

-- A service account is a member without a person: no address, no password, only tokens, and one workspace.
alter table app.user_account
	add column kind text not null default 'person',
	alter column email drop not null,
	alter column email_key drop not null,
	add constraint user_account_kind_check    check (kind in ('person', 'service')),
	add constraint user_account_service_check check (
		(kind = 'person') = (email is not null and email_key is not null) and (kind = 'person' or password_hash is null));

create table app.invitation (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	email        text        not null,
	email_key    text        not null,     -- lower(email)
	role         text        not null,
	role_id      uuid,
	token_hash   bytea       not null,     -- sha256 of mri_…
	invited_by   uuid        not null,
	created_at   timestamptz not null default now(),
	expires_at   timestamptz not null,
	accepted_at  timestamptz,
	accepted_by  uuid,
	revoked_at   timestamptz,
	constraint invitation_pkey              primary key (workspace_id, id),
	constraint invitation_token_hash_key    unique (token_hash),
	constraint invitation_workspace_id_fkey foreign key (workspace_id) references app.workspace (id),
	constraint invitation_role_id_fkey      foreign key (workspace_id, role_id) references app.role (workspace_id, id),
	constraint invitation_invited_by_fkey   foreign key (invited_by) references app.user_account (id),
	constraint invitation_email_check       check (length(email) between 3 and 254),
	constraint invitation_role_check        check (role in ('owner', 'admin', 'editor', 'operator', 'viewer', 'custom')),
	constraint invitation_role_id_check     check ((role = 'custom') = (role_id is not null)),
	constraint invitation_accepted_check    check ((accepted_at is null) = (accepted_by is null)),
	constraint invitation_end_check         check (accepted_at is null or revoked_at is null)
);
create unique index invitation_email_key on app.invitation (workspace_id, email_key)
	where accepted_at is null and revoked_at is null;
comment on table app.invitation is 'Somebody asked into a workspace by address. Only the hash of the link''s token is stored.';

alter table app.token
	add column addresses    cidr[] not null default '{}',  -- networks it may come from; none: any
	add column used_address text,                          -- where it was last used from
	add column replaces     uuid,                          -- the token that this one was rotated from
	add constraint token_replaces_fkey foreign key (workspace_id, replaces) references app.token (workspace_id, id);
create index token_created_by_idx on app.token (workspace_id, created_by);

alter table app.workflow
	add column visibility text not null default 'workspace',
	add constraint workflow_visibility_check check (visibility in ('private', 'workspace'));
create index workflow_private_idx on app.workflow (workspace_id) where visibility = 'private';

create table app.share (
	workspace_id uuid        not null,
	kind         text        not null,     -- what is shared: workflow, connection
	object_id    uuid        not null,
	user_id      uuid        not null,
	level        text        not null,     -- view < run < edit; never beyond the member's role
	created_by   uuid,
	created_at   timestamptz not null default now(),
	constraint share_pkey         primary key (workspace_id, kind, object_id, user_id),
	constraint share_user_id_fkey foreign key (workspace_id, user_id)
		references app.member (workspace_id, user_id) on delete cascade,
	constraint share_kind_check   check (kind in ('workflow', 'connection')),
	constraint share_level_check  check (level in ('view', 'run', 'edit'))
);
create index share_user_id_idx on app.share (workspace_id, user_id, kind);
comment on table app.share is 'Who besides its maker sees a private thing, and what they may do with it.';

create table app.old_slug (
	workspace_id uuid        not null,
	slug         text        not null,     -- leads webhooks of before to the workspace that had it
	created_at   timestamptz not null default now(),
	constraint old_slug_pkey              primary key (workspace_id, slug),
	constraint old_slug_slug_key          unique (slug),
	constraint old_slug_workspace_id_fkey foreign key (workspace_id) references app.workspace (id)
);
comment on table app.old_slug is 'Slugs that a workspace had. They stay its own: nobody else can take over its webhooks'' addresses.';
