-- version: the immutable definitions of a workflow.
set local role mr_api;

-- api.version_list({id, limit?, cursor?}) -> the versions of a workflow, newest first, without their definitions.
--   Needs workflow:read. Raises MR404.
create or replace function api.version_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow app.workflow;
	v_limit    integer;
	v_after    integer;
	v_rows     jsonb;
begin
	perform app.need('workflow:read');
	v_workflow := app.workflow_find(p->>'id');
	v_limit := app.limit_read(p);
	v_after := (app.cursor_read('version_list', p->>'cursor')->>0)::integer;
	select coalesce(jsonb_agg(app.version_json(x, v_workflow.live_version) order by x.number desc), '[]')
	  into v_rows
	  from (
		select * from app.version x
		 where x.workflow_id = v_workflow.id and (v_after is null or x.number < v_after)
		 order by x.number desc
		 limit v_limit + 1) x;
	return app.page('version_list', v_rows, v_limit, '{number}');
end
$$;
revoke all on function api.version_list(jsonb) from public;
grant execute on function api.version_list(jsonb) to mr_web;

-- api.version_get({id, n}) -> version n with its definition. Needs workflow:read. Raises MR404.
create or replace function api.version_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow app.workflow;
	v          app.version;
begin
	perform app.need('workflow:read');
	v_workflow := app.workflow_find(p->>'id');
	v := app.version_find(v_workflow.id, (p->>'n')::integer);
	return app.version_json(v, v_workflow.live_version) || jsonb_build_object('definition', v.definition);
end
$$;
revoke all on function api.version_get(jsonb) from public;
grant execute on function api.version_get(jsonb) to mr_web;

-- api.version_diff({id, n, to?}) -> what version `to` (the newest if absent) changes of version n: nodes by id with their fields
--   before and after, edges, settings, variables. Needs workflow:read. Raises MR404.
create or replace function api.version_diff(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow app.workflow;
begin
	perform app.need('workflow:read');
	v_workflow := app.workflow_find(p->>'id');
	return app.version_diff(app.version_find(v_workflow.id, (p->>'n')::integer),
	    app.version_find(v_workflow.id, coalesce((p->>'to')::integer, v_workflow.draft_version), 'to'));
end
$$;
revoke all on function api.version_diff(jsonb) from public;
grant execute on function api.version_diff(jsonb) to mr_web;

-- api.version_rollback({id, n, if_match?}) -> the workflow, its newest version a new one that says what version n did. The live
--   one stays. Does nothing where the newest is the same. Needs workflow:write. Raises MR404, MR412.
create or replace function api.version_rollback(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v     app.workflow;
	v_old app.version;
begin
	perform app.need('workflow:write');
	v := app.workflow_lock(p->>'id');
	perform app.match_check(p, v.etag);
	v_old := app.version_find(v.id, (p->>'n')::integer);
	v := app.workflow_change(v, jsonb_build_object('definition', v_old.definition::jsonb, 'note', 'Back to ' || v_old.number));
	return app.workflow_json(v);
end
$$;
revoke all on function api.version_rollback(jsonb) from public;
grant execute on function api.version_rollback(jsonb) to mr_web;
