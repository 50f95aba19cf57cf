-- 0004 mail: the outbox. New tables, locks nothing.
set local lock_timeout = '2s';

create table app.mail (
	id           uuid        not null default app.uuid7(),
	workspace_id uuid,                     -- of whose affairs it tells; null: of the person's own account
	mail_to      text        not null,
	kind         text        not null,     -- what it is about, for the log: verify, reset, invitation, …
	subject      text        not null,
	body         text,                     -- plain text; null when done, since it may hold a link that signs in
	status       text        not null default 'queued',
	attempt      integer     not null default 0,
	due_at       timestamptz not null default now(),  -- the next try; while a worker has it, the end of its lease
	error        text,                     -- of the last try that failed
	created_at   timestamptz not null default now(),
	done_at      timestamptz,
	constraint mail_pkey              primary key (id),
	constraint mail_workspace_id_fkey foreign key (workspace_id) references app.workspace (id) on delete cascade,
	constraint mail_mail_to_check     check (length(mail_to) between 3 and 254
		and mail_to ~ '^[^[:space:][:cntrl:]@<>(),:;"\\]+@[^[:space:][:cntrl:]@<>(),:;"\\]+$'),
	constraint mail_kind_check        check (kind ~ '^[a-z][a-z_]{0,39}$'),
	constraint mail_subject_check     check (length(subject) between 1 and 200),
	constraint mail_body_check        check (length(body) between 1 and 65536),
	constraint mail_status_check      check (
		(status = 'queued' and done_at is null and body is not null)
		or (status = 'sent' and done_at is not null and body is null)
		or (status = 'dead' and done_at is not null and body is null and error is not null))
);
create index mail_due_at_idx on app.mail (due_at) where status = 'queued';
create index mail_done_at_idx on app.mail (done_at) where status <> 'queued';
create index mail_workspace_id_idx on app.mail (workspace_id);
comment on table app.mail is 'Mail to be sent, and what became of it. A worker sends it by way of egress.';

create table app.mail_setup (
	id         smallint    not null default 1,
	is_on      boolean     not null,       -- a mail server is set
	url        text        not null,       -- the origin that links in mails begin with
	updated_at timestamptz not null default now(),
	constraint mail_setup_pkey     primary key (id),
	constraint mail_setup_id_check check (id = 1)
);
comment on table app.mail_setup is 'What the worker that sends says of the installation. One row.';
insert into app.mail_setup (is_on, url) values (false, 'http://localhost:8080');
