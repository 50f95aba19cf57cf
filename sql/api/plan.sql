-- plan: what workspaces may use, and which one has which plan.
set local role mr_api;

-- api.plan_list({}) -> the plans of the installation, the smallest first. Needs a session.
create or replace function api.plan_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return jsonb_build_object('next_cursor', null, 'items', (
		select coalesce(jsonb_agg(app.plan_json(x) order by x.position, x.id), '[]') from app.plan x));
end
$$;
revoke all on function api.plan_list(jsonb) from public;
grant execute on function api.plan_list(jsonb) to mr_web;

-- api.plan_replace({id, name, limits, rates, position?, is_default?, if_match?}) -> the plan, made or replaced; for the workspaces
--   that have it it counts at once. Needs installation:admin. Raises MR412.
create or replace function api.plan_replace(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('installation:admin');
	return app.plan_json(app.plan_write(p));
end
$$;
revoke all on function api.plan_replace(jsonb) from public;
grant execute on function api.plan_replace(jsonb) to mr_web;

-- api.workspace_plan_list({q?, limit?, cursor?}) -> every workspace with its plan and use. Needs installation:admin.
create or replace function api.workspace_plan_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_rows  jsonb;
begin
	perform app.need('installation:admin');
	v_limit := app.limit_read(p);
	select coalesce(jsonb_agg(app.workspace_plan_json(w) order by w.id), '[]') into v_rows
	  from app.workspaces_all(p->>'q', v_limit + 1, (app.cursor_read('workspace_plan_list', p->>'cursor')->>0)::uuid) w;
	return app.page('workspace_plan_list', v_rows, v_limit, '{workspace_id}');
end
$$;
revoke all on function api.workspace_plan_list(jsonb) from public;
grant execute on function api.workspace_plan_list(jsonb) to mr_web;

-- api.workspace_plan_get({id}) -> a workspace's plan and use. Needs installation:admin. Raises MR404.
create or replace function api.workspace_plan_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('installation:admin');
	return app.workspace_plan_json(app.workspace_any(p->>'id'));
end
$$;
revoke all on function api.workspace_plan_get(jsonb) from public;
grant execute on function api.workspace_plan_get(jsonb) to mr_web;

-- api.workspace_plan_replace({id, plan_id, limits?}) -> the same. plan_id null: the default plan. limits: what differs from the
--   plan for this workspace; null: no limit. What is over a smaller limit stays, only more is refused.
--   Needs installation:admin. Raises MR404.
create or replace function api.workspace_plan_replace(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workspace;
begin
	perform app.need('installation:admin');
	v := app.workspace_any(p->>'id');
	perform app.workspace_plan_write(v.id, p->>'plan_id', p->'limits');
	return app.workspace_plan_json(v);
end
$$;
revoke all on function api.workspace_plan_replace(jsonb) from public;
grant execute on function api.workspace_plan_replace(jsonb) to mr_web;
