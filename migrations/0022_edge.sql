-- 0022 edge: webhooks that must prove who sends them. New table; a column of app.trigger with a constant default, so its
-- rows aren't rewritten: locks app.trigger for an instant.
set local lock_timeout = '2s';

alter table app.trigger add column scheme text not null default 'none';
alter table app.trigger add constraint trigger_scheme_check check (
	scheme in ('none', 'standard', 'github', 'stripe', 'slack', 'hmac', 'basic', 'header', 'jwt')
	and (scheme = 'none' or type = 'webhook'));
comment on column app.trigger.scheme is 'How a webhook''s sender proves itself; none: whoever knows the address.';

-- What a sender proves that it knows. Web seals it with a key of its own (src/web/hook_secret.h), bound to trigger and id:
-- the database never holds it readable.
create table app.trigger_secret (
	workspace_id uuid        not null,
	trigger_id   uuid        not null,
	id           uuid        not null,
	sealed       bytea       not null,
	created_at   timestamptz not null default now(),
	expires_at   timestamptz,  -- null: the one in use; else good until then, since a newer one came
	constraint trigger_secret_pkey            primary key (workspace_id, trigger_id, id),
	constraint trigger_secret_trigger_id_fkey foreign key (workspace_id, trigger_id)
		references app.trigger (workspace_id, id) on delete cascade,
	constraint trigger_secret_sealed_check    check (octet_length(sealed) between 34 and 1024)
);
-- One in use at a time.
create unique index trigger_secret_current_key on app.trigger_secret (workspace_id, trigger_id) where expires_at is null;
comment on table app.trigger_secret is 'Secrets of webhooks, sealed: one in use, and those that still hold while senders change over.';
