-- outgoing: where a workspace's calls may go, and through which proxy. Web has sealed what comes as `sealed` (src/web/outgoing.c).
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

-- api.outgoing_seal({id}) -> what web seals the proxy's password for: {workspace, owner, field, version}, of the next version;
--   key: an id for the workspace's key, when it has none yet. Needs workspace:admin in that workspace. Raises MR404.
create or replace function api.outgoing_seal(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:admin');
	return jsonb_build_object('workspace', app.workspace_id(), 'owner', app.workspace_id(), 'field', 'secret',
	    'version', coalesce((select o.proxy_version from app.outgoing o), 0) + 1, 'key', app.key_missing());
end
$$;
revoke all on function api.outgoing_seal(jsonb) from public;
grant execute on function api.outgoing_seal(jsonb) to mr_web;

-- api.outgoing_set({id, hosts?, networks?, proxy?, proxy_user?, sealed?, version?, key?}) -> the settings as they are now; what is
--   absent or null is as for a workspace without settings. Only the password stays where none comes: for the same user of the
--   same proxy, since where it goes is decided by who knows it.
--   Needs workspace:admin in that workspace. Raises MR404, MR400 on hosts[n], networks[n], proxy, proxy_user, proxy_password,
--   MR409 when another password came first.
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
	v_user     text := nullif(p->>'proxy_user', '');
	v_old      app.outgoing;
	v_issues   jsonb;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:admin');
	if jsonb_typeof(p->'hosts') = 'array' then
		v_hosts := array(select lower(x) from jsonb_array_elements_text(p->'hosts') x);
	end if;
	select * into v_old from app.outgoing o for update;
	select jsonb_agg(i.issue) into v_issues
	  from (
		select app.issue(format('hosts[%s]', h.n - 1), 'a host is a name such as api.example.com or *.example.com, or an address, each with a port or without') as issue
		  from unnest(v_hosts) with ordinality h (x, n) where not app.is_outgoing_host(h.x)
		union all
		select app.issue(format('networks[%s]', w.n - 1), 'a network is written 10.1.0.0/16, 10.1.2.3:443 or [fd00::/8]:443, without bits behind its prefix')
		  from unnest(v_networks) with ordinality w (x, n) where not app.is_outgoing_network(w.x)
		union all
		select app.issue('proxy', 'a proxy is http://host:port; user and password have fields of their own')
		 where v_proxy !~ '^http://[^[:space:]/?#@:]+(:[0-9]{1,5})?$' and v_proxy !~ '^http://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$'
		    or not app.is_outgoing_host(substr(v_proxy, 8))
		union all
		select app.issue('proxy_user', 'a user needs a proxy, and has no colon') where v_user like '%:%' or v_user is not null and v_proxy is null
		union all
		select app.issue('proxy_password', 'a password needs a user') where v_user is null and p ? 'sealed'
		union all
		select app.issue('proxy_password', case when v_old.proxy_sealed is null then 'give the password of this user'
		                                        else 'give the password again: where it goes can''t be changed without knowing it' end)
		 where v_user is not null and not p ? 'sealed'
		   and (v_old.proxy_sealed is null or (v_old.proxy, v_old.proxy_user) <> (v_proxy, v_user))) i;
	if v_issues is not null then
		perform app.fail('MR400', v_issues->0->>'issue', null, v_issues);
	end if;
	if p ? 'sealed' and (p->>'version')::bigint <> coalesce(v_old.proxy_version, 0) + 1 then
		raise exception using errcode = 'MR409', message = 'another password was stored meanwhile; try again';
	end if;
	perform app.key_first(p->'key');
	insert into app.outgoing as o (workspace_id, hosts, networks, proxy, proxy_user, proxy_sealed, proxy_version)
	values (app.workspace_id(), v_hosts, v_networks, v_proxy, v_user,
	        case when v_user is not null then coalesce(decode(p->>'sealed', 'base64'), v_old.proxy_sealed) end,
	        coalesce(v_old.proxy_version, 0) + (p ? 'sealed')::integer)
	on conflict (workspace_id) do update
	   set hosts = excluded.hosts, networks = excluded.networks, proxy = excluded.proxy, proxy_user = excluded.proxy_user,
	       proxy_sealed = excluded.proxy_sealed, proxy_version = excluded.proxy_version, etag = o.etag + 1, updated_at = now()
	returning * into v;
	return app.outgoing_json(v);
end
$$;
revoke all on function api.outgoing_set(jsonb) from public;
grant execute on function api.outgoing_set(jsonb) to mr_web;
