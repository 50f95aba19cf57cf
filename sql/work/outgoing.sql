-- outgoing: what workers tell egress of a workspace with each call.
set local role mr_work;

-- work.outgoing_list(since) -> the settings that were changed at `since` (ms since 1970) or later, with when. The caller asks again from
--   a little before the last change that it knows: a change is seen when it commits, not when it was made.
create or replace function work.outgoing_list(p_since bigint)
returns table (workspace_id uuid, changed_ms bigint, settings json)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select o.workspace_id, (extract(epoch from o.updated_at) * 1000)::bigint,
	       json_build_object('hosts', o.hosts, 'allow', o.networks, 'proxy', o.proxy)
	  from app.outgoing o
	 where o.updated_at >= to_timestamp(p_since / 1000.0);
end
$$;
revoke all on function work.outgoing_list(bigint) from public;
grant execute on function work.outgoing_list(bigint) to mr_worker;
