-- audit_sink: where the workspace's audit entries are posted as they come.
set local role mr_api;

-- api.audit_sink_get({}) -> the sink, with its signing secret; null while there is none. Needs workspace:admin.
create or replace function api.audit_sink_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.audit_sink;
begin
	perform app.need('workspace:admin');
	select * into v from app.audit_sink s;
	return case when v.workspace_id is not null then app.audit_sink_json(v) end;
end
$$;
revoke all on function api.audit_sink_get(jsonb) from public;
grant execute on function api.audit_sink_get(jsonb) to mr_web;

-- api.audit_sink_set({url, is_active?, rotate?}) -> the sink. A new one begins with the entries made from now on; rotate gives it another
--   secret at once. Needs workspace:admin. Raises MR400 on url.
create or replace function api.audit_sink_set(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.audit_sink;
begin
	perform app.need('workspace:admin');
	if p->>'url' !~ '^https?://[^[:space:]/?#@]+([/?][^[:space:]#]*)?$' then
		perform app.fail('MR400', 'the address must begin with https:// or http://, without user, password and fragment', 'url');
	end if;
	insert into app.audit_sink as s (workspace_id, url, is_active, seq)
	values (app.workspace_id(), p->>'url', coalesce((p->>'is_active')::boolean, true),
	        coalesce((select h.seq from app.audit_head h), 0))
	on conflict (workspace_id) do update
	   set url = excluded.url, is_active = excluded.is_active,
	       generation = s.generation + coalesce((p->>'rotate')::boolean, false)::integer,
	       attempt = 0, due_at = now(), etag = s.etag + 1, updated_at = now()
	returning * into v;
	return app.audit_sink_json(v);
end
$$;
revoke all on function api.audit_sink_set(jsonb) from public;
grant execute on function api.audit_sink_set(jsonb) to mr_web;

-- api.audit_sink_delete({}) -> null. Needs workspace:admin. Raises MR404.
create or replace function api.audit_sink_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('workspace:admin');
	delete from app.audit_sink s where s.workspace_id = app.workspace_id();
	if not found then
		raise exception using errcode = 'MR404', message = 'no audit sink is set';
	end if;
	return null;
end
$$;
revoke all on function api.audit_sink_delete(jsonb) from public;
grant execute on function api.audit_sink_delete(jsonb) to mr_web;
