-- 0027 sharing: connections that another workspace may use. New table, locks nothing.
set local lock_timeout = '2s';

create table app.share_workspace (
	workspace_id    uuid        not null,   -- whose it is
	kind            text        not null,
	object_id       uuid        not null,
	to_workspace_id uuid        not null,   -- may use it
	created_by      uuid,
	created_at      timestamptz not null default now(),
	constraint share_workspace_pkey                 primary key (workspace_id, kind, object_id, to_workspace_id),
	constraint share_workspace_workspace_id_fkey    foreign key (workspace_id) references app.workspace (id),
	constraint share_workspace_to_workspace_id_fkey foreign key (to_workspace_id) references app.workspace (id) on delete cascade,
	constraint share_workspace_kind_check           check (kind = 'connection')
);
create index share_workspace_to_workspace_id_idx on app.share_workspace (to_workspace_id, kind, object_id);
comment on table app.share_workspace is 'Which other workspace may use a connection of this one, without reading or changing it.';
