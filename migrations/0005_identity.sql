-- 0005 identity: passkeys, accounts elsewhere, single sign-on, verified domains. New tables; app.session, app.workspace and
-- app.user_account get a column each, without a rewrite.
set local lock_timeout = '2s';

alter table app.user_account add column if not exists email_verified_at timestamptz;  -- null: nobody has shown that it is theirs

create table app.passkey (
	id            uuid        not null default app.uuid7(),
	user_id       uuid        not null,
	credential_id bytea       not null,    -- chosen by the authenticator
	public_key    bytea       not null,    -- x and y (-7), the key (-8), modulus and exponent (-257)
	algorithm     integer     not null,    -- of COSE
	sign_count    bigint      not null,
	name          text        not null,
	created_at    timestamptz not null default now(),
	used_at       timestamptz,
	cloned_at     timestamptz,             -- its counter went back: there are two of it, and it opens nothing more
	constraint passkey_pkey              primary key (id),
	constraint passkey_credential_id_key unique (credential_id),
	constraint passkey_user_id_fkey      foreign key (user_id) references app.user_account (id) on delete cascade,
	constraint passkey_algorithm_check   check (algorithm in (-7, -8, -257)),
	constraint passkey_name_check        check (length(name) between 1 and 100)
);
create index passkey_user_id_idx on app.passkey (user_id);
comment on table app.passkey is 'A WebAuthn credential of a person. Only its public half is here.';

create table app.challenge (
	challenge_hash bytea       not null,   -- sha256 of what the authenticator signs
	user_id        uuid,                   -- who registers a passkey; null: somebody signs in
	expires_at     timestamptz not null,
	constraint challenge_pkey         primary key (challenge_hash),
	constraint challenge_user_id_fkey foreign key (user_id) references app.user_account (id) on delete cascade
);
create index challenge_expires_at_idx on app.challenge (expires_at);
create index challenge_user_id_idx on app.challenge (user_id);
comment on table app.challenge is 'A challenge given out to an authenticator. Its first use removes it.';

create table app.identity (
	id           uuid        not null default app.uuid7(),
	user_id      uuid        not null,
	workspace_id uuid,                     -- whose single sign-on vouches; null: a provider of the installation
	provider     text        not null,     -- its id in the installation's file, or 'sso'
	issuer       text        not null,
	subject      text        not null,     -- who it is there, for ever; an address may change hands
	email        text,                     -- there, when last seen
	created_at   timestamptz not null default now(),
	used_at      timestamptz not null default now(),
	constraint identity_pkey              primary key (id),
	constraint identity_subject_key       unique nulls not distinct (workspace_id, issuer, subject),
	constraint identity_user_id_fkey      foreign key (user_id) references app.user_account (id) on delete cascade,
	constraint identity_workspace_id_fkey foreign key (workspace_id) references app.workspace (id) on delete cascade,
	constraint identity_subject_check     check (length(subject) between 1 and 255)
);
create index identity_user_id_idx on app.identity (user_id);
comment on table app.identity is 'An account elsewhere that opens one here.';

create table app.oidc_state (
	state_hash   bytea       not null,     -- sha256; nonce and PKCE verifier are derived from the browser's cookie
	browser_hash bytea       not null,     -- sha256 of that cookie
	provider     text,                     -- of the installation, or
	workspace_id uuid,                     -- whose single sign-on
	user_id      uuid,                     -- who links another account; null: somebody signs in
	next         text        not null,     -- where to go then: a path of ours
	network      text,
	expires_at   timestamptz not null,
	constraint oidc_state_pkey              primary key (state_hash),
	constraint oidc_state_workspace_id_fkey foreign key (workspace_id) references app.workspace (id) on delete cascade,
	constraint oidc_state_user_id_fkey      foreign key (user_id) references app.user_account (id) on delete cascade,
	constraint oidc_state_provider_check    check ((provider is null) <> (workspace_id is null)),
	constraint oidc_state_next_check        check (next ~ '^/([^/\\]|$)' and length(next) <= 500)
);
create index oidc_state_expires_at_idx on app.oidc_state (expires_at);
create index oidc_state_network_idx on app.oidc_state (network);
create index oidc_state_user_id_idx on app.oidc_state (user_id);
create index oidc_state_workspace_id_idx on app.oidc_state (workspace_id);
comment on table app.oidc_state is 'A sign-in that is under way at a provider. Its first use removes it.';

create table app.sso (
	workspace_id  uuid        not null,
	issuer        text        not null,
	client_id     text        not null,
	client_secret bytea,                   -- sealed by web; null: a public client
	scopes        text        not null default 'openid email profile',
	role_claim    text,                    -- the ID token's claim that says the role; null: none does
	role_map      jsonb       not null default '{}',  -- {value of the claim: role}
	default_role  text        not null default 'viewer',
	is_enforced   boolean     not null default false,
	etag          bigint      not null default 1,
	updated_at    timestamptz not null default now(),
	constraint sso_pkey               primary key (workspace_id),
	constraint sso_workspace_id_fkey  foreign key (workspace_id) references app.workspace (id) on delete cascade,
	constraint sso_issuer_check       check (issuer ~ '^https?://[^[:space:]?#]+$' and length(issuer) <= 500),
	constraint sso_client_id_check    check (length(client_id) between 1 and 255),
	constraint sso_default_role_check check (default_role <> 'owner')
);
comment on table app.sso is 'How a workspace''s people sign in by its own OpenID provider.';

create table app.domain (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	domain       text        not null,     -- in lower case
	mailbox      text        not null,     -- who at the domain is asked
	code_hash    bytea,                    -- sha256 of the code that was sent; null: verified
	code_ends_at timestamptz,
	tries        integer     not null default 0,
	verified_at  timestamptz,
	is_capturing boolean     not null default false,  -- who signs up with such an address joins
	default_role text        not null default 'viewer',
	created_by   uuid        not null,
	created_at   timestamptz not null default now(),
	constraint domain_pkey               primary key (workspace_id, id),
	constraint domain_domain_key         unique (workspace_id, domain),
	constraint domain_workspace_id_fkey  foreign key (workspace_id) references app.workspace (id) on delete cascade,
	constraint domain_domain_check       check (length(domain) <= 253 and domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'),
	constraint domain_mailbox_check      check (mailbox in ('postmaster', 'hostmaster', 'webmaster', 'admin', 'administrator')),
	constraint domain_default_role_check check (default_role <> 'owner'),
	constraint domain_verified_at_check  check ((verified_at is null) = (code_hash is not null) and (code_hash is null) = (code_ends_at is null)),
	constraint domain_is_capturing_check check (not is_capturing or verified_at is not null)
);
create unique index domain_verified_key on app.domain (domain) where verified_at is not null;
comment on table app.domain is 'A domain whose addresses a workspace claims; verified, when somebody there said so.';

alter table app.workspace add column sso_enforced boolean not null default false;  -- of app.sso: read at each request
alter table app.session add column sso_workspace_id uuid;  -- whose single sign-on opened it; null: none
