-- 0002 workflow: the named automation, its versions and its triggers. New tables, locks nothing.
set local lock_timeout = '2s';

create table app.workflow (
	workspace_id    uuid        not null,
	id              uuid        not null default app.uuid7(),
	name            text        not null,
	description     text        not null default '',
	state           text        not null default 'draft',
	draft_version   integer     not null default 1,   -- number of the newest version
	live_version    integer,                          -- number of the one that triggers start
	tags            text[]      not null default '{}',
	metadata        jsonb       not null default '{}',
	created_by      uuid,
	etag            bigint      not null default 1,   -- grows with each change; the HTTP ETag
	created_at      timestamptz not null default now(),
	updated_at      timestamptz not null default now(),
	deleted_at      timestamptz,
	constraint workflow_pkey              primary key (workspace_id, id),
	constraint workflow_workspace_id_fkey foreign key (workspace_id) references app.workspace (id),
	constraint workflow_name_check        check (length(name) between 1 and 255),
	constraint workflow_state_check       check (state in ('draft', 'active', 'paused', 'archived')),
	constraint workflow_live_check        check (state <> 'active' or live_version is not null)
);
comment on table app.workflow is 'A named automation. Its definitions are in app.version.';

create table app.version (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	workflow_id  uuid        not null,
	number       integer     not null,
	label        text        not null default '1.0.0',
	note         text        not null default '',
	definition   json        not null,               -- json, not jsonb: read back as it was written
	created_by   uuid,
	created_at   timestamptz not null default now(),
	constraint version_pkey             primary key (workspace_id, id),
	constraint version_number_key       unique (workspace_id, workflow_id, number),
	constraint version_workflow_id_fkey foreign key (workspace_id, workflow_id)
		references app.workflow (workspace_id, id),
	constraint version_number_check     check (number >= 1)
);
comment on table app.version is 'One immutable definition of a workflow. Never updated.';

create table app.trigger (
	workspace_id uuid        not null,
	id           uuid        not null default app.uuid7(),
	workflow_id  uuid        not null,
	node_id      text        not null,               -- the trigger node that its runs start at
	type         text        not null,               -- webhook, schedule, manual
	config       jsonb       not null default '{}',  -- the node's config; for a webhook see methods, mode below
	is_active    boolean     not null default false, -- armed: the workflow is live and this one is on
	is_enabled   boolean     not null default true,  -- the switch of this one trigger
	version_id   uuid,                               -- the live version; null while disarmed
	token        text,                               -- webhook: the secret of its URL, kept readable since it is shown again
	path         text,                               -- webhook: its own path below /hooks/<slug>/
	methods      text[]      not null default '{POST}',
	mode         text        not null default 'immediate',
	answer_timeout_ms integer not null default 30000, -- how long a synchronous answer may take
	priority     smallint    not null default 0,
	rule         text,                               -- schedule: cron, @every or an instant
	timezone     text        not null default 'UTC',
	missed       text        not null default 'skip',
	due_until    timestamptz,                        -- schedule: due times up to here are rows of schedule_due
	fired_at     timestamptz,
	etag         bigint      not null default 1,
	created_at   timestamptz not null default now(),
	updated_at   timestamptz not null default now(),
	constraint trigger_pkey             primary key (workspace_id, id),
	constraint trigger_token_key        unique (token),
	constraint trigger_path_key         unique (workspace_id, path),
	constraint trigger_node_id_key      unique (workspace_id, workflow_id, node_id),
	constraint trigger_workflow_id_fkey foreign key (workspace_id, workflow_id)
		references app.workflow (workspace_id, id),
	constraint trigger_type_check       check (type in ('webhook', 'schedule', 'manual')),
	constraint trigger_mode_check       check (mode in ('immediate', 'last_node', 'respond')),
	constraint trigger_missed_check     check (missed in ('skip', 'one', 'all')),
	constraint trigger_active_check     check (not is_active or version_id is not null),
	constraint trigger_webhook_check    check ((type = 'webhook') = (token is not null)),
	constraint trigger_schedule_check   check ((type = 'schedule') = (rule is not null))
);
-- Workers ask every few seconds which schedules need further due times: work.schedule_low.
create index trigger_due_until_idx on app.trigger (due_until) where type = 'schedule' and is_active;
comment on table app.trigger is 'How runs of a workflow start. Rows of trigger nodes are made when a version goes live.';

create table app.schedule_due (
	workspace_id uuid        not null,
	trigger_id   uuid        not null,
	due_at       timestamptz not null,
	constraint schedule_due_pkey            primary key (workspace_id, trigger_id, due_at),
	constraint schedule_due_trigger_id_fkey foreign key (workspace_id, trigger_id)
		references app.trigger (workspace_id, id) on delete cascade
);
create index schedule_due_due_at_idx on app.schedule_due (due_at);
comment on table app.schedule_due is
	'The next due times of a schedule, worked out ahead by web and worker. Firing deletes the row and makes the run in one transaction.';
