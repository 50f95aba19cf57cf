-- 0009 limits: what a workspace may use (plans), what it has used (meter, usage), how fast it may ask (rate buckets).
-- New tables, locks nothing.
set local lock_timeout = '2s';

create table app.plan (
	id         text        not null,
	name       text        not null,
	position   integer     not null default 0,           -- order in lists: the smaller plan first
	is_default boolean     not null default false,       -- of a workspace that was given none
	limits     jsonb       not null default '{}',        -- kind -> the most of it; a kind that is absent has no limit
	rates      jsonb       not null default '{}',        -- kind of bucket -> requests a minute
	etag       bigint      not null default 1,
	updated_at timestamptz not null default now(),
	constraint plan_pkey         primary key (id),
	constraint plan_id_check     check (id ~ '^[a-z][a-z0-9_]{1,31}$'),
	constraint plan_name_check   check (length(name) between 1 and 64),
	constraint plan_limits_check check (jsonb_typeof(limits) = 'object'),
	constraint plan_rates_check  check (jsonb_typeof(rates) = 'object')
);
create unique index plan_is_default_key on app.plan (is_default) where is_default;
comment on table app.plan is 'What a workspace may use, by kind. Belongs to the installation.';

-- Amounts are those of a calendar month in UTC, except storage, members, connections and active workflows, which count
-- what is there. Rates are requests a minute, and as much at once.
insert into app.plan (id, name, position, is_default, limits, rates) values
	('free', 'Free', 10, false,
	 '{"runs": 1000, "steps": 20000, "compute_ms": 3600000, "storage_bytes": 268435456, "members": 3, "connections": 5, "active_workflows": 5}',
	 '{"workspace": 600, "user": 300, "token": 300, "webhook": 300, "intake": 600}'),
	('team', 'Team', 20, false,
	 '{"runs": 50000, "steps": 1000000, "compute_ms": 180000000, "storage_bytes": 10737418240, "members": 25, "connections": 100, "active_workflows": 100}',
	 '{"workspace": 6000, "user": 1200, "token": 3000, "webhook": 3000, "intake": 6000}'),
	('business', 'Business', 30, false,
	 '{"runs": 1000000, "steps": 20000000, "compute_ms": 3600000000, "storage_bytes": 214748364800, "members": 500, "connections": 2000, "active_workflows": 2000}',
	 '{"workspace": 60000, "user": 6000, "token": 30000, "webhook": 30000, "intake": 60000}'),
	('unlimited', 'Unlimited', 40, true, '{}',
	 '{"workspace": 6000000, "user": 6000000, "token": 6000000, "webhook": 6000000, "intake": 6000000}');

create table app.workspace_plan (
	workspace_id uuid        not null,
	plan_id      text        not null,
	limits       jsonb       not null default '{}',      -- over those of the plan: what was agreed with this one; null: no limit
	set_by       uuid,
	set_at       timestamptz not null default now(),
	constraint workspace_plan_pkey         primary key (workspace_id),
	constraint workspace_plan_plan_id_fkey foreign key (plan_id) references app.plan (id),
	constraint workspace_plan_limits_check check (jsonb_typeof(limits) = 'object')
);
comment on table app.workspace_plan is 'The plan that a workspace was given. No row: the default one.';

-- Append-only: a row a tick and workspace, or an accepted batch and workspace, written in the transaction whose work it
-- counts. No row of it is ever updated and it has no key, so that nobody waits for anybody; the roll-up takes rows out.
create table app.meter (
	workspace_id   uuid        not null,
	workflow_id    uuid        not null,
	xid            xid8        not null default pg_current_xact_id(),
	at             timestamptz not null default now(),
	day            date        not null,                 -- of the run's or delivery's id: where its rows are kept
	runs           integer     not null default 0,
	deliveries     integer     not null default 0,
	steps          integer     not null default 0,
	compute_us     bigint      not null default 0,
	delivery_bytes bigint      not null default 0,
	step_bytes     bigint      not null default 0,
	log_bytes      bigint      not null default 0
) with (autovacuum_vacuum_scale_factor = 0.2, autovacuum_vacuum_threshold = 20000, autovacuum_analyze_scale_factor = 0,
        autovacuum_analyze_threshold = 100000, vacuum_truncate = off);
-- For quotas: what was not rolled up yet, of one workspace, without walking over dead rows (app.meter_mark).
create index meter_workspace_id_idx on app.meter (workspace_id, xid);
comment on table app.meter is 'What was used and is not rolled up yet.';

create table app.meter_mark (
	id  smallint not null default 1,
	low xid8     not null default '0',
	constraint meter_mark_pkey     primary key (id),
	constraint meter_mark_id_check check (id = 1)
);
insert into app.meter_mark default values;
comment on table app.meter_mark is 'Rows of app.meter with a smaller xid are rolled up. Bounds the look of a quota at it.';

create table app.usage_hour (
	workspace_id uuid        not null,
	hour         timestamptz not null,
	runs         bigint      not null,
	deliveries   bigint      not null,
	steps        bigint      not null,
	compute_us   bigint      not null,
	bytes        bigint      not null,                   -- stored in this hour; nothing is taken off when it is dropped
	constraint usage_hour_pkey primary key (workspace_id, hour)
);
create index usage_hour_hour_idx on app.usage_hour (hour);
comment on table app.usage_hour is 'Usage by hour, kept for 90 days.';

create table app.usage_day (
	workspace_id uuid   not null,
	workflow_id  uuid   not null,
	day          date   not null,
	runs         bigint not null,
	deliveries   bigint not null,
	steps        bigint not null,
	compute_us   bigint not null,
	bytes        bigint not null,
	constraint usage_day_pkey primary key (workspace_id, day, workflow_id)
);
comment on table app.usage_day is 'Usage by day and workflow, in UTC. Kept as long as the workspace.';

create table app.usage_month (
	workspace_id uuid   not null,
	month        date   not null,                        -- its first day
	runs         bigint not null,
	deliveries   bigint not null,
	steps        bigint not null,
	compute_us   bigint not null,
	bytes        bigint not null,
	constraint usage_month_pkey primary key (workspace_id, month)
);
comment on table app.usage_month is 'Usage of a calendar month in UTC: what quotas are compared with.';

create table app.usage_kept (
	workspace_id uuid   not null,
	rel          text   not null,                        -- step, log or delivery
	day          date   not null,                        -- of the partition
	bytes        bigint not null,
	constraint usage_kept_pkey      primary key (workspace_id, rel, day),
	constraint usage_kept_rel_check check (rel in ('step', 'log', 'delivery'))
);
create index usage_kept_rel_idx on app.usage_kept (rel, day);
comment on table app.usage_kept is 'Bytes that a workspace has in a day''s partition; goes with the partition.';

create table app.usage_notice (
	workspace_id uuid        not null,
	month        date        not null,
	kind         text        not null,
	level        smallint    not null,                   -- percent of the limit
	limit_was    bigint      not null,
	used_was     bigint      not null,
	told_at      timestamptz not null default now(),
	constraint usage_notice_pkey        primary key (workspace_id, month, kind, level),
	constraint usage_notice_level_check check (level in (80, 100))
);
comment on table app.usage_notice is 'That a workspace was told it nears a limit, or has reached it: once a month, kind and level.';

create unlogged table app.rate_bucket (
	key     bytea            not null,                   -- a hash of what is limited: nothing of a tenant can be read from it
	size    integer          not null,                   -- requests a minute, and as many at once
	tokens  double precision not null,
	granted integer          not null default 0,         -- by the last lease
	at      timestamptz      not null default clock_timestamp(),
	constraint rate_bucket_pkey       primary key (key),
	constraint rate_bucket_size_check check (size >= 1)
) with (fillfactor = 50);
create index rate_bucket_at_idx on app.rate_bucket (at);
comment on table app.rate_bucket is 'Token buckets that web processes lease from. Unlogged: lost in a crash, which only forgives.';
