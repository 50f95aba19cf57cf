-- run: executions of workflows.
set local role mr_api;

-- api.run_create({workflow_id, input|payload?, version?, variables?}) -> the run, queued: run and queue row are one
--   transaction. Needs run:write. Raises MR404 no such workflow or version, MR400 on variables, MR409 archived.
create or replace function api.run_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.run;
begin
	perform app.need('run:write');
	v := app.run_start(app.workflow_find(p->>'workflow_id'), (p->>'version')::integer,
	    coalesce(p->'input', p->'payload')::json, nullif(p->'variables', 'null'));
	return app.run_json(v);  -- a statement of its own: a stable function sees what was there when its statement began
end
$$;
revoke all on function api.run_create(jsonb) from public;
grant execute on function api.run_create(jsonb) to mr_web;

-- api.workflow_run_create({id, input|payload?, version?, variables?}) -> as run_create.
create or replace function api.workflow_run_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.run;
begin
	perform app.need('run:write');
	v := app.run_start(app.workflow_find(p->>'id'), (p->>'version')::integer,
	    coalesce(p->'input', p->'payload')::json, nullif(p->'variables', 'null'));
	return app.run_json(v);  -- a statement of its own: a stable function sees what was there when its statement began
end
$$;
revoke all on function api.workflow_run_create(jsonb) from public;
grant execute on function api.workflow_run_create(jsonb) to mr_web;

-- api.run_get({id}) -> the run; input and output only with run:data. Needs run:read. Raises MR404.
create or replace function api.run_get(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('run:read');
	return app.run_json(app.run_find(p->>'id'));
end
$$;
revoke all on function api.run_get(jsonb) from public;
grant execute on function api.run_get(jsonb) to mr_web;
