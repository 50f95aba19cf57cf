-- workflow: the named automation. Definitions arrive validated and in the stored form (src/flow/definition.h).
set local role mr_api;

-- api.workflow_create({name, definition, description?, tags?, metadata?, label?, note?, visibility?}) -> the workflow,
--   version 1, draft; private: only I see it until it is shared.
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
	insert into app.workflow (workspace_id, name, description, tags, metadata, visibility, created_by)
	values (app.workspace_id(), p->>'name', coalesce(p->>'description', ''),
	        array(select jsonb_array_elements_text(coalesce(p->'tags', '[]'))), coalesce(p->'metadata', '{}'),
	        coalesce(p->>'visibility', 'workspace'), app.user_id())
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

-- api.workflow_activate({id, version?, label?, note?, due?}) -> the workflow. Makes a version live (the newest if absent), calls it
--   by the label and note where they are given, makes or updates the triggers of its trigger nodes and arms them. due: {node: [instants]} of schedules, where web has worked
--   them out; without it the workers do. Needs workflow:write.
--   Raises MR404 no such workflow or version, MR409 on path, on label, or for an archived workflow.
create or replace function api.workflow_activate(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.need('workflow:write');
	v := app.workflow_lock(p->>'id');
	if v.state = 'archived' then
		perform app.fail('MR409', 'the workflow is archived', 'state');
	end if;
	v := app.workflow_live(v, (p->>'version')::integer, p->'due');
	if p ? 'label' or p ? 'note' then
		perform app.version_publish(app.version_find(v.id, v.live_version), p);
	end if;
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
	v := app.workflow_lock(p->>'id');
	v := app.workflow_pause(v, 'paused');
	return app.workflow_json(v);
end
$$;
revoke all on function api.workflow_deactivate(jsonb) from public;
grant execute on function api.workflow_deactivate(jsonb) to mr_web;

-- api.workflow_list({state?, tag?, q?, created_by?, active?, from?, to?, sort?, limit?, cursor?}) -> workflows by the filters,
--   which add up; sort: created_at, updated_at, name, with a minus for descending (default -created_at).
--   Statistics are over the newest 100 runs of each. Needs workflow:read. Raises MR400 on a filter.
create or replace function api.workflow_list(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_sort  text := coalesce(p->>'sort', '-created_at');
	v_list  text := 'workflow_list ' || v_sort;
	v_by    constant text := ltrim(v_sort, '-');
	v_down  constant boolean := left(v_sort, 1) = '-';
	v_state constant text := p->>'state';
	v_tag   constant text := p->>'tag';
	v_q     constant text := lower(p->>'q');
	v_whose constant boolean := p->>'created_by' is not null;
	v_user  constant uuid := app.uuid_read(p->>'created_by');
	v_active constant boolean := (p->>'active')::boolean;
	v_after jsonb;
	v_from  timestamptz;
	v_to    timestamptz;
	v_ids   uuid[];
	v_keys  text[];
begin
	perform app.need('workflow:read');
	v_limit := app.limit_read(p);
	if v_sort !~ '^-?(created_at|updated_at|name)$' then
		perform app.fail('MR400', '`sort` must be created_at, updated_at or name, with a minus for descending', 'sort');
	end if;
	v_after := app.cursor_read(v_list, p->>'cursor');
	v_from := app.instant_read(p->>'from', 'from');
	v_to := app.instant_read(p->>'to', 'to');
	-- A workspace has hundreds of workflows, not millions: their keys are read and sorted, and only the page is put together.
	-- Ids are ordered by time, so they are the key of created_at.
	with fits as (
		select w.id,
		       case v_by
		           when 'name' then lower(w.name)
		           when 'updated_at' then to_char(w.updated_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US')
		           else w.id::text end collate "C" as key
		  from app.workflow w
		 where w.deleted_at is null
		   and (v_state is null or w.state = v_state)
		   and (v_active is null or (w.state = 'active') = v_active)
		   and (v_tag is null or v_tag = any (w.tags))
		   and (not v_whose or w.created_by = v_user)
		   and (v_from is null or w.created_at >= v_from)
		   and (v_to is null or w.created_at < v_to)
		   and (v_q is null or position(v_q in lower(w.name)) > 0 or position(v_q in lower(w.description)) > 0)),
	page as (
		(select f.id, f.key, row_number() over (order by f.key desc, f.id desc) as ord
		   from fits f
		  where v_down and (v_after is null or (f.key, f.id) < (v_after->>0, (v_after->>1)::uuid))
		  order by f.key desc, f.id desc
		  limit v_limit + 1)
		 union all
		(select f.id, f.key, row_number() over (order by f.key, f.id)
		   from fits f
		  where not v_down and (v_after is null or (f.key, f.id) > (v_after->>0, (v_after->>1)::uuid))
		  order by f.key, f.id
		  limit v_limit + 1))
	select array_agg(g.id order by g.ord), array_agg(g.key order by g.ord) into v_ids, v_keys
	  from page g;
	return json_build_object(
		'items', app.workflows_json(v_ids[1:v_limit]),
		'next_cursor', case when cardinality(v_ids) > v_limit then
			app.cursor_make(v_list, jsonb_build_array(v_keys[v_limit], v_ids[v_limit])) end);
end
$$;
revoke all on function api.workflow_list(jsonb) from public;
grant execute on function api.workflow_list(jsonb) to mr_web;

-- api.workflow_replace({id, name, definition, description?, tags?, metadata?, label?, note?, is_active?, if_match?})
--   -> the workflow: what is absent is cleared. A changed definition becomes a new version.
--   Needs workflow:write. Raises MR404, MR400, MR412, MR409 on path when it goes live.
create or replace function api.workflow_replace(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.need('workflow:write');
	v := app.workflow_lock(p->>'id');
	perform app.match_check(p, v.etag);
	v := app.workflow_change(v, '{"name":null,"definition":null,"description":"","tags":[],"metadata":{}}'::jsonb || p);
	return app.workflow_json(v);
end
$$;
revoke all on function api.workflow_replace(jsonb) from public;
grant execute on function api.workflow_replace(jsonb) to mr_web;

-- api.workflow_update({id, name?, definition?, description?, tags?, metadata?, label?, note?, is_active?, state?, if_match?})
--   -> the workflow. A changed definition becomes a new version; the live one stays. is_active true (or state active)
--   makes the newest version live, false (paused) disarms. Needs workflow:write.
--   Raises MR404, MR400, MR412, MR409 on path when it goes live.
create or replace function api.workflow_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.need('workflow:write');
	v := app.workflow_lock(p->>'id');
	perform app.match_check(p, v.etag);
	v := app.workflow_change(v, p);
	return app.workflow_json(v);
end
$$;
revoke all on function api.workflow_update(jsonb) from public;
grant execute on function api.workflow_update(jsonb) to mr_web;

-- api.workflow_delete({id, if_match?}) -> null. Its triggers stop at once, its unfinished runs are cancelled, past runs stay.
--   Needs workflow:write. Raises MR404, also the second time; MR412.
create or replace function api.workflow_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.need('workflow:write');
	v := app.workflow_lock(p->>'id');
	perform app.match_check(p, v.etag);
	perform app.trigger_disarm(v.workspace_id, v.id, '{}');
	perform app.run_stop_all(v.id);
	update app.workflow w
	   set deleted_at = now(), state = 'archived', etag = w.etag + 1, updated_at = now()
	 where w.workspace_id = v.workspace_id and w.id = v.id;
	return null;
end
$$;
revoke all on function api.workflow_delete(jsonb) from public;
grant execute on function api.workflow_delete(jsonb) to mr_web;

-- api.workflow_logs({id, limit?, cursor?}) -> the runs of a workflow with their outcome, newest first. Needs run:read.
--   Raises MR404.
create or replace function api.workflow_logs(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('run:read');
	return app.run_list('workflow_logs', p, (app.workflow_find(p->>'id')).id);
end
$$;
revoke all on function api.workflow_logs(jsonb) from public;
grant execute on function api.workflow_logs(jsonb) to mr_web;
