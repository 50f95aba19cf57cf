-- workspace: teams. The person who asks sees those that the person belongs to; any other is not found.
set local role mr_api;

-- api.workspace_list({limit?, cursor?}) -> my workspaces. Needs a session.
create or replace function api.workspace_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_rows  jsonb;
begin
	perform app.need('session');
	v_limit := app.limit_read(p);
	select coalesce(jsonb_agg(app.workspace_json(m.workspace, m.role) order by (m.workspace).id), '[]')
	  into v_rows
	  from app.workspaces_mine(v_limit + 1, (app.cursor_read('workspace_list', p->>'cursor')->>0)::uuid) m;
	return app.page('workspace_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.workspace_list(jsonb) from public;
grant execute on function api.workspace_list(jsonb) to mr_web;

-- api.workspace_create({name, slug?, domain?, settings?}) -> the workspace; I am its owner. Needs a session.
--   Raises MR400, MR409 on slug or domain.
create or replace function api.workspace_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
	v    app.workspace;
begin
	perform app.need('session');
	perform app.workspace_fields(jsonb_build_object('name', null) || p);
	v_id := app.workspace_make_mine(p->>'name', p->>'slug', p->>'domain', p->'settings');
	perform app.workspace_switch(v_id::text);
	select * into v from app.workspace w where w.id = v_id;
	return app.workspace_json(v, 'owner');
end
$$;
revoke all on function api.workspace_create(jsonb) from public;
grant execute on function api.workspace_create(jsonb) to mr_web;

-- api.workspace_get({id}) -> one of my workspaces. Needs a session. Raises MR404.
create or replace function api.workspace_get(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workspace;
begin
	perform app.need('session');
	perform app.workspace_switch(p->>'id');
	select * into v from app.workspace w where w.id = app.workspace_id() and w.deleted_at is null;
	return app.workspace_json(v, app.role());
end
$$;
revoke all on function api.workspace_get(jsonb) from public;
grant execute on function api.workspace_get(jsonb) to mr_web;

-- api.workspace_update({id, name?, slug?, domain?, settings?, if_match?}) -> the workspace. A null domain clears it.
--   Needs workspace:admin in that workspace. Raises MR404, MR400, MR409 on slug or domain, MR412.
create or replace function api.workspace_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workspace;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:admin');
	perform app.workspace_fields(p);
	select * into v from app.workspace w where w.id = app.workspace_id() and w.deleted_at is null for update;
	perform app.match_check(p, v.etag);
	perform app.workspace_free(p->>'slug', p->>'domain');
	update app.workspace w
	   set name = coalesce(p->>'name', w.name),
	       slug = coalesce(p->>'slug', w.slug),
	       domain = case when p ? 'domain' then p->>'domain' else w.domain end,
	       settings = coalesce(p->'settings', w.settings),
	       etag = w.etag + 1, updated_at = now()
	 where w.id = v.id
	returning w.* into v;
	return app.workspace_json(v, app.role());
end
$$;
revoke all on function api.workspace_update(jsonb) from public;
grant execute on function api.workspace_update(jsonb) to mr_web;

-- api.workspace_delete({id, if_match?}) -> null. Its triggers stop, its tokens end, what is unfinished is cancelled; its
--   slug and domain are free again. Needs workspace:delete in that workspace. Raises MR404, MR412.
create or replace function api.workspace_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v          app.workspace;
	v_workflow uuid;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:delete');
	select * into v from app.workspace w where w.id = app.workspace_id() and w.deleted_at is null for update;
	perform app.match_check(p, v.etag);
	for v_workflow in select w.id from app.workflow w where w.deleted_at is null loop
		perform app.trigger_pause(v.id, v_workflow);
	end loop;
	perform app.run_stop_all(null);
	update app.token t set revoked_at = now() where t.revoked_at is null;
	-- A deleted slug holds what none that is alive may: a second hyphen in a row would be refused, so the id goes in.
	update app.workspace w
	   set deleted_at = now(), slug = 'deleted-' || replace(w.id::text, '-', ''), domain = null, etag = w.etag + 1,
	       updated_at = now()
	 where w.id = v.id;
	return null;
end
$$;
revoke all on function api.workspace_delete(jsonb) from public;
grant execute on function api.workspace_delete(jsonb) to mr_web;
