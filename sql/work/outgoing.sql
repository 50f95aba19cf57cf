-- outgoing: what workers tell egress of a workspace with each call.
set local role mr_work;

-- work.outgoing_list(since) -> the settings (proxy_asks: its proxy wants a password, outgoing_open) that were changed at `since` (ms since 1970) or later, with when. The caller asks again from
--   a little before the last change that it knows: a change is seen when it commits, not when it was made.
create or replace function work.outgoing_list(p_since bigint)
returns table (workspace_id uuid, changed_ms bigint, settings json)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select o.workspace_id, (extract(epoch from o.updated_at) * 1000)::bigint,
	       json_build_object('hosts', o.hosts, 'allow', o.networks, 'proxy', o.proxy, 'proxy_asks', o.proxy_sealed is not null)
	  from app.outgoing o
	 where o.updated_at >= to_timestamp(p_since / 1000.0);
end
$$;
revoke all on function work.outgoing_list(bigint) from public;
grant execute on function work.outgoing_list(bigint) to mr_worker;

-- work.outgoing_open(workspace) -> its proxy with user and sealed password, as work.connection_open gives a connection. No row: the
--   proxy asks for nobody (any more).
create or replace function work.outgoing_open(p_ws uuid)
returns table (workspace_id uuid, connector text, config jsonb, secret_version bigint, sealed bytea, key_id uuid, number integer,
               wrapped bytea, old_number integer, old_wrapped bytea)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select o.workspace_id, 'proxy', jsonb_build_object('proxy', o.proxy, 'user', o.proxy_user), o.proxy_version, o.proxy_sealed,
	       k.id, k.current, n.wrapped, v.number, v.wrapped
	  from app.outgoing o
	  join app.key k on k.workspace_id = o.workspace_id and k.purpose = 'connections'
	  join app.key_version n on n.workspace_id = k.workspace_id and n.key_id = k.id and n.number = k.current
	  left join app.key_version v on v.workspace_id = k.workspace_id and v.key_id = k.id and get_byte(o.proxy_sealed, 0) = 1
	                             and v.number = app.record_key(o.proxy_sealed) and v.number <> k.current
	 where o.workspace_id = p_ws and o.proxy_sealed is not null;
end
$$;
revoke all on function work.outgoing_open(uuid) from public;
grant execute on function work.outgoing_open(uuid) to mr_worker;

-- work.outgoing_resealed(workspace, workspace, old, new), as work.connection_resealed: the vault sealed the same password anew; unless it was changed meanwhile.
create or replace function work.outgoing_resealed(p_ws uuid, p_id uuid, p_old bytea, p_new bytea)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.outgoing o set proxy_sealed = p_new where o.workspace_id = p_ws and o.workspace_id = p_id and o.proxy_sealed = p_old;
end
$$;
revoke all on function work.outgoing_resealed(uuid, uuid, bytea, bytea) from public;
grant execute on function work.outgoing_resealed(uuid, uuid, bytea, bytea) to mr_worker;
