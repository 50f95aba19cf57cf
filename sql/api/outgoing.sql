-- outgoing: where a workspace's calls may go, and through which proxy.
set local role mr_api;

-- api.outgoing_get({id}) -> the settings. Needs workspace:read in that workspace. Raises MR404.
create or replace function api.outgoing_get(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.outgoing;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:read');
	select * into v from app.outgoing o;
	return app.outgoing_json(v);
end
$$;
revoke all on function api.outgoing_get(jsonb) from public;
grant execute on function api.outgoing_get(jsonb) to mr_web;

-- api.outgoing_set({id, hosts?, networks?, proxy?}) -> the settings as they are now; what is absent or null is as for a workspace
--   without settings. Needs workspace:admin in that workspace. Raises MR404, MR400 on hosts[n], networks[n], proxy.
create or replace function api.outgoing_set(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v          app.outgoing;
	v_hosts    text[];
	v_networks text[] := array(select x from jsonb_array_elements_text(coalesce(nullif(p->'networks', 'null'), '[]')) x);
	v_proxy    text := nullif(p->>'proxy', '');
	v_issues   jsonb;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:admin');
	if jsonb_typeof(p->'hosts') = 'array' then
		v_hosts := array(select lower(x) from jsonb_array_elements_text(p->'hosts') x);
	end if;
	select jsonb_agg(i.issue) into v_issues
	  from (
		select app.issue(format('hosts[%s]', h.n - 1), 'a host is a name such as api.example.com or *.example.com, or an address, each with a port or without') as issue
		  from unnest(v_hosts) with ordinality h (x, n) where not app.is_outgoing_host(h.x)
		union all
		select app.issue(format('networks[%s]', w.n - 1), 'a network is written 10.1.0.0/16, 10.1.2.3:443 or [fd00::/8]:443, without bits behind its prefix')
		  from unnest(v_networks) with ordinality w (x, n) where not app.is_outgoing_network(w.x)
		union all
		select app.issue('proxy', 'a proxy is http://host:port, without user, password and path')
		 where v_proxy !~ '^http://[^[:space:]/?#@:]+(:[0-9]{1,5})?$' and v_proxy !~ '^http://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$'
		    or not app.is_outgoing_host(substr(v_proxy, 8))) i;
	if v_issues is not null then
		perform app.fail('MR400', v_issues->0->>'issue', null, v_issues);
	end if;
	insert into app.outgoing as o (workspace_id, hosts, networks, proxy)
	values (app.workspace_id(), v_hosts, v_networks, v_proxy)
	on conflict (workspace_id) do update
	   set hosts = excluded.hosts, networks = excluded.networks, proxy = excluded.proxy, etag = o.etag + 1, updated_at = now()
	returning * into v;
	return app.outgoing_json(v);
end
$$;
revoke all on function api.outgoing_set(jsonb) from public;
grant execute on function api.outgoing_set(jsonb) to mr_web;
