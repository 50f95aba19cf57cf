-- workflow: the named automation. Definitions arrive validated and in the stored form (src/flow/definition.h).
set local role mr_api;

-- api.workflow_create({name, definition, description?, tags?, metadata?, label?, note?}) -> the workflow, version 1, draft.
--   Needs workflow:write. Raises MR400 naming the fields.
create or replace function api.workflow_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.need('workflow:write');
	perform app.workflow_fields(jsonb_build_object('name', null, 'definition', null) || p);
	insert into app.workflow (workspace_id, name, description, tags, metadata, created_by)
	values (app.workspace_id(), p->>'name', coalesce(p->>'description', ''),
	        array(select jsonb_array_elements_text(coalesce(p->'tags', '[]'))), coalesce(p->'metadata', '{}'), app.user_id())
	returning * into v;
	perform app.version_add(v.workspace_id, v.id, 1, p);
	return app.workflow_json(v);
end
$$;
revoke all on function api.workflow_create(jsonb) from public;
grant execute on function api.workflow_create(jsonb) to mr_web;

-- api.workflow_get({id}) -> the workflow with its newest definition, triggers and statistics. Needs workflow:read.
--   Raises MR404.
create or replace function api.workflow_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('workflow:read');
	return app.workflow_json(app.workflow_find(p->>'id'));
end
$$;
revoke all on function api.workflow_get(jsonb) from public;
grant execute on function api.workflow_get(jsonb) to mr_web;

-- api.workflow_activate({id, version?, due?}) -> the workflow. Makes a version live (the newest if absent), makes or
--   updates the triggers of its trigger nodes and arms them. due: {node: [instants]} of schedules, where web has worked
--   them out; without it the workers do. Needs workflow:write.
--   Raises MR404 no such workflow or version, MR409 on path, or for an archived workflow.
create or replace function api.workflow_activate(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.need('workflow:write');
	v := app.workflow_find(p->>'id', true);
	if v.state = 'archived' then
		perform app.fail('MR409', 'the workflow is archived', 'state');
	end if;
	v := app.workflow_live(v, (p->>'version')::integer, p->'due');
	return app.workflow_json(v);
end
$$;
revoke all on function api.workflow_activate(jsonb) from public;
grant execute on function api.workflow_activate(jsonb) to mr_web;

-- api.workflow_deactivate({id}) -> the workflow, paused: its triggers are disarmed, runs under way go on.
--   A draft stays a draft. Needs workflow:write. Raises MR404.
create or replace function api.workflow_deactivate(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.need('workflow:write');
	v := app.workflow_find(p->>'id', true);
	v := app.workflow_pause(v, 'paused');
	return app.workflow_json(v);
end
$$;
revoke all on function api.workflow_deactivate(jsonb) from public;
grant execute on function api.workflow_deactivate(jsonb) to mr_web;
