-- 0014 account: links in mails, the second factor. New tables; app.user_account and app.session get a column, without a rewrite.
set local lock_timeout = '2s';

alter table app.user_account add column mfa_at timestamptz;  -- since when signing in takes a second factor; null: it doesn't
alter table app.session add column mfa_at timestamptz;       -- the second factor was shown last; null: never

create table app.ticket (
	token_hash     bytea       not null,   -- sha256 of the secret that only the mail, or the browser, has
	kind           text        not null,   -- verify: a new account; reset: a new password; email: a new address; mfa: a password was right
	user_id        uuid,                   -- null: verify, the person isn't there yet
	email          text,                   -- that a verify or email ticket shows to be theirs
	name           text,
	password_hash  text,
	workspace_name text,
	session_kind   text,                   -- that an mfa ticket opens
	tries          integer     not null default 0,
	created_at     timestamptz not null default now(),
	expires_at     timestamptz not null,
	constraint ticket_pkey         primary key (token_hash),
	constraint ticket_user_id_fkey foreign key (user_id) references app.user_account (id) on delete cascade,
	constraint ticket_kind_check   check (
		(kind = 'verify' and user_id is null and email is not null and password_hash is not null)
		or (kind = 'reset' and user_id is not null)
		or (kind = 'email' and user_id is not null and email is not null)
		or (kind = 'mfa' and user_id is not null and session_kind in ('cookie', 'jwt')))
);
create index ticket_user_id_idx on app.ticket (user_id);
create index ticket_email_idx on app.ticket (lower(email)) where kind = 'verify';
create index ticket_expires_at_idx on app.ticket (expires_at);
comment on table app.ticket is 'A secret good for one thing, once. Its use removes it.';

create table app.totp (
	user_id      uuid        not null,
	sealed       bytea       not null,     -- the secret, under a key that only web has
	secret_hash  bytea       not null,     -- sha256 of the secret: who shows the secret has that key
	confirmed_at timestamptz,              -- null: begun, not yet asked for
	last_step    bigint      not null default 0,  -- the 30 s step of the last code that was taken
	created_at   timestamptz not null default now(),
	constraint totp_pkey         primary key (user_id),
	constraint totp_user_id_fkey foreign key (user_id) references app.user_account (id) on delete cascade
);
comment on table app.totp is 'The authenticator app of a person (RFC 6238).';

create table app.recovery_code (
	user_id    uuid        not null,
	code_hash  bytea       not null,       -- sha256 of 80 random bits
	created_at timestamptz not null default now(),
	used_at    timestamptz,
	constraint recovery_code_pkey         primary key (user_id, code_hash),
	constraint recovery_code_user_id_fkey foreign key (user_id) references app.user_account (id) on delete cascade
);
comment on table app.recovery_code is 'Codes that each stand for the second factor once.';
