-- 0023 outgoing: where a workspace's calls may go, and through which proxy. New table, locks nothing.
set local lock_timeout = '2s';

create table app.outgoing (
	workspace_id uuid        not null,
	hosts        text[],                              -- the only hosts that are called; null: every public one, empty: none
	networks     text[]      not null default '{}',   -- of the inside, as far as the installation lets them be listed
	proxy        text,                                -- null: the installation's, if it has one
	etag         bigint      not null default 1,
	updated_at   timestamptz not null default now(),  -- workers read what changed since they last looked
	constraint outgoing_pkey              primary key (workspace_id),
	constraint outgoing_workspace_id_fkey foreign key (workspace_id) references app.workspace (id),
	constraint outgoing_hosts_check       check (cardinality(hosts) <= 500),
	constraint outgoing_networks_check    check (cardinality(networks) <= 100),
	constraint outgoing_proxy_check       check (proxy ~ '^http://' and length(proxy) <= 300)
);
create index outgoing_updated_at_idx on app.outgoing (updated_at);
comment on table app.outgoing is 'Where a workspace''s calls may go, and through which proxy. Without a row: every public host, directly.';
