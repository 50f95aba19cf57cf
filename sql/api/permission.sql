-- permission: what who asks may do, and why something is allowed or refused.
set local role mr_api;

-- api.permission_list({permission?, operation?, workflow_id?}) -> {workspace_id, role, permissions, asked}. `permissions` are the
--   role's, cut by a token's scopes. asked: null, or why a permission is there or missing; for an operation web says in
--   `permission` what it needs. Needs workspace:read. Raises MR400 on permission, MR404 on workflow_id.
create or replace function api.permission_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow app.workflow;
begin
	perform app.need('workspace:read');
	if p->>'workflow_id' is not null then
		v_workflow := app.workflow_find(p->>'workflow_id');
	end if;
	return jsonb_build_object(
		'workspace_id', app.workspace_id(), 'role', app.role(),
		'permissions', (select jsonb_agg(x order by x) from unnest(app.permissions()) as x where x <> 'session'),
		'asked', case when p->>'permission' is not null then
			app.permission_why(p->>'permission', v_workflow) || jsonb_build_object('operation', p->'operation') end);
end
$$;
revoke all on function api.permission_list(jsonb) from public;
grant execute on function api.permission_list(jsonb) to mr_web;
