-- workflow: what the operations on workflows share. These run with the rights of their caller, so policies bind them.
set local role mr_owner;

-- app.workflow_find(id text) -> the living workflow. Raises MR404, the same for one of another workspace, a deleted
--   one and an id that never was.
create or replace function app.workflow_find(p_id text)
returns app.workflow
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_row app.workflow;
begin
	select * into v_row from app.workflow w where w.id = app.uuid_read(p_id) and w.deleted_at is null;
	if v_row.id is null then
		raise exception using errcode = 'MR404', message = 'no such workflow';
	end if;
	return v_row;
end
$$;
revoke all on function app.workflow_find(text) from public;
grant execute on function app.workflow_find(text) to mr_api;

-- app.workflow_lock(id text) -> the same, locked until the transaction ends: for what changes it. Raises MR403 for a private
--   one that isn't shared to edit.
create or replace function app.workflow_lock(p_id text)
returns app.workflow
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_row app.workflow;
begin
	select * into v_row from app.workflow w where w.id = app.uuid_read(p_id) and w.deleted_at is null for update;
	if v_row.id is null then
		raise exception using errcode = 'MR404', message = 'no such workflow';
	end if;
	perform app.share_need('workflow', v_row.id, v_row.visibility, v_row.created_by, 'edit');
	return v_row;
end
$$;
revoke all on function app.workflow_lock(text) from public;
grant execute on function app.workflow_lock(text) to mr_api;

-- app.match_check(if_match, etag). Raises MR412 when the caller has read an older state.
create or replace function app.match_check(p jsonb, p_etag bigint)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
	if (p->>'if_match')::bigint <> p_etag then
		raise exception using errcode = 'MR412', message = 'it was changed since you read it';
	end if;
end
$$;
revoke all on function app.match_check(jsonb, bigint) from public;
grant execute on function app.match_check(jsonb, bigint) to mr_api;

-- app.workflow_stats(workflow, most) -> counts over its newest runs of 30 days, at most `most` of them.
create or replace function app.workflow_stats(p_workflow uuid, p_most integer)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select jsonb_build_object(
			'runs', count(*),
			'succeeded', count(*) filter (where x.status = 'succeeded'),
			'failed', count(*) filter (where x.status = 'failed'),
			'last_run_at', app.ts(max(x.created_at)),
			'last_status', (
				select app.run_status((array_agg(x.status order by x.id desc))[1],
					(select q.lease_owner <> 0 from app.run_queue q where q.run_id = (array_agg(x.id order by x.id desc))[1]))))
		  from (
			select r.id, r.status, r.created_at
			  from app.run r
			 where r.workflow_id = p_workflow and r.id >= app.id_floor(now() - interval '30 days')
			 order by r.id desc
			 limit p_most) x);
end
$$;
revoke all on function app.workflow_stats(uuid, integer) from public;
grant execute on function app.workflow_stats(uuid, integer) to mr_api;

-- app.workflow_summary(workflow, most) -> a workflow as lists show it; statistics over at most `most` runs.
create or replace function app.workflow_summary(p app.workflow, p_most integer)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'name', p.name, 'description', p.description, 'state', p.state, 'is_active', p.state = 'active',
		'live_version', p.live_version, 'draft_version', p.draft_version,
		'webhook_url', (
			select '/hooks/' || t.token from app.trigger t
			 where t.workspace_id = p.workspace_id and t.workflow_id = p.id and t.type = 'webhook'
			 order by t.id limit 1),
		'tags', to_jsonb(p.tags), 'metadata', p.metadata, 'created_by', p.created_by, 'visibility', p.visibility,
		'access', case p.visibility when 'workspace' then 'edit'
		          else app.share_level('workflow', p.id, p.visibility, p.created_by) end,
		'created_at', app.ts(p.created_at), 'updated_at', app.ts(p.updated_at), 'etag', p.etag,
		'statistics', app.workflow_stats(p.id, p_most));
end
$$;
revoke all on function app.workflow_summary(app.workflow, integer) from public;
grant execute on function app.workflow_summary(app.workflow, integer) to mr_api;

-- app.workflows_json(ids) -> these workflows as lists show them, in the order given; statistics over the newest 100 runs of each.
create or replace function app.workflows_json(p_ids uuid[])
returns json
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	return (
		select coalesce(json_agg(app.workflow_summary(w, 100) order by x.ord), '[]')
		  from unnest(p_ids) with ordinality as x (id, ord)
		  join app.workflow w on w.id = x.id);
end
$$;
revoke all on function app.workflows_json(uuid[]) from public;
grant execute on function app.workflows_json(uuid[]) to mr_api;

-- app.workflow_json(workflow) -> a workflow with the definition of its newest version and its triggers.
create or replace function app.workflow_json(p app.workflow)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.workflow_summary(p, 1000) || jsonb_build_object(
		'definition', (
			select v.definition::jsonb from app.version v
			 where v.workspace_id = p.workspace_id and v.workflow_id = p.id and v.number = p.draft_version),
		'triggers', (
			select coalesce(jsonb_agg(app.trigger_json(t) order by t.id), '[]') from app.trigger t
			 where t.workspace_id = p.workspace_id and t.workflow_id = p.id));
end
$$;
revoke all on function app.workflow_json(app.workflow) from public;
grant execute on function app.workflow_json(app.workflow) to mr_api;

-- app.workflow_fields(p) checks the fields of a workflow that SQL can; the definition was checked by its reader.
--   Raises MR400 naming all fields at fault.
create or replace function app.workflow_fields(p jsonb)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_issues jsonb := '[]';
begin
	if p ? 'name' and (jsonb_typeof(p->'name') <> 'string' or length(p->>'name') not between 1 and 255
	                   or p->>'name' !~ '[^[:space:]]') then
		v_issues := v_issues || app.issue('name', 'must be 1 to 255 characters long');
	end if;
	if p ? 'definition' and (jsonb_typeof(p->'definition') <> 'object'
	                         or coalesce(jsonb_typeof(p->'definition'->'nodes'), '') <> 'array') then
		v_issues := v_issues || app.issue('definition', 'must be an object with nodes and edges');
	end if;
	if length((p->'metadata')::text) > 65536 then
		v_issues := v_issues || app.issue('metadata', 'must not be larger than 64 KiB');
	end if;
	if v_issues <> '[]' then
		perform app.fail('MR400', format('%s: %s', v_issues->0->>'field', v_issues->0->>'issue'), null, v_issues);
	end if;
end
$$;
revoke all on function app.workflow_fields(jsonb) from public;
grant execute on function app.workflow_fields(jsonb) to mr_api;

-- app.workflows_named(definition) -> the workflows that it has started, its error workflow and those of its steps, and where it says so.
create or replace function app.workflows_named(p_definition jsonb)
returns table (id text, field text)
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
	select p_definition->'settings'->>'error_workflow', 'definition.settings.error_workflow'
	 where p_definition->'settings'->>'error_workflow' is not null
	 union all
	select n->'config'->>'workflow_id', format('definition.nodes[%s].config.workflow_id', d.ord - 1)
	  from jsonb_array_elements(p_definition->'nodes') with ordinality as d (n, ord)
	 where n->>'type' = 'run_workflow'
$$;
revoke all on function app.workflows_named(jsonb) from public;
grant execute on function app.workflows_named(jsonb) to mr_api;

-- app.workflows_named_check(workflow, number, definition). Raises MR400 where the definition names a workflow that isn't one of
--   the workspace, or that I don't see, and MR403 where I may not run it. What the version before named may stay, whoever saves.
--   It may be the workflow itself: what an error trigger began starts no further one, and calls go 16 levels deep.
create or replace function app.workflows_named_check(p_workflow uuid, p_number integer, p_definition jsonb)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v record;
begin
	for v in
		select n.id, n.field
		  from app.workflows_named(p_definition) n
		 where n.id not in (
			select o.id from app.version x, app.workflows_named(x.definition::jsonb) o
			 where x.workflow_id = p_workflow and x.number = p_number - 1)
	loop
		if not exists (select from app.workflow w where w.id = app.uuid_read(v.id) and w.deleted_at is null) then
			perform app.fail('MR400', 'there is no such workflow in this workspace', v.field);
		end if;
		perform app.workflow_share_need(app.uuid_read(v.id), 'run');
	end loop;
end
$$;
revoke all on function app.workflows_named_check(uuid, integer, jsonb) from public;
grant execute on function app.workflows_named_check(uuid, integer, jsonb) to mr_api;

-- app.version_add(workspace, workflow, number, p): adds a version from p.definition, p.label, p.note. Raises MR400 and MR403 on
--   the workflows that it names.
create or replace function app.version_add(p_ws uuid, p_workflow uuid, p_number integer, p jsonb)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.workflows_named_check(p_workflow, p_number, p->'definition');
	insert into app.version (workspace_id, workflow_id, number, label, note, definition, created_by)
	values (p_ws, p_workflow, p_number, coalesce(p->>'label', p_number || '.0.0'), coalesce(p->>'note', ''),
	        (p->'definition')::json, app.user_id());
end
$$;
revoke all on function app.version_add(uuid, uuid, integer, jsonb) from public;
grant execute on function app.version_add(uuid, uuid, integer, jsonb) to mr_api;

-- app.workflow_live(workflow, version number, due) -> the workflow, active with that version (null: the newest).
--   Raises MR404 on version, MR409 on path, MR42Q when no more workflows may be active.
create or replace function app.workflow_live(p app.workflow, p_number integer, p_due jsonb)
returns app.workflow
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v         app.workflow;
	v_version app.version;
begin
	v_version := app.version_find(p.id, coalesce(p_number, p.draft_version), 'version');
	if p.state <> 'active' then
		perform app.quota_need('active_workflows', 1);
	end if;
	perform app.trigger_arm(p.workspace_id, p.id, v_version, p_due);
	update app.workflow w
	   set state = 'active', live_version = v_version.number, etag = w.etag + 1, updated_at = now()
	 where w.workspace_id = p.workspace_id and w.id = p.id
	returning w.* into v;
	return v;
end
$$;
revoke all on function app.workflow_live(app.workflow, integer, jsonb) from public;
grant execute on function app.workflow_live(app.workflow, integer, jsonb) to mr_api;

-- app.workflow_pause(workflow, state) -> the workflow, paused or archived, its triggers disarmed. What never was live and
--   is to be paused stays a draft.
create or replace function app.workflow_pause(p app.workflow, p_state text)
returns app.workflow
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.trigger_pause(p.workspace_id, p.id);
	update app.workflow w
	   set state = case when p_state = 'paused' and w.live_version is null then w.state else p_state end,
	       etag = w.etag + 1, updated_at = now()
	 where w.workspace_id = p.workspace_id and w.id = p.id
	returning w.* into v;
	return v;
end
$$;
revoke all on function app.workflow_pause(app.workflow, text) from public;
grant execute on function app.workflow_pause(app.workflow, text) to mr_api;

-- app.workflow_change(workflow, p) -> the workflow with the members of p that are there; see api.workflow_update.
create or replace function app.workflow_change(p_workflow app.workflow, p jsonb)
returns app.workflow
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v         app.workflow;
	v_number  integer := p_workflow.draft_version;
	v_old     jsonb;
	v_is_live boolean := coalesce((p->>'is_active')::boolean, case p->>'state' when 'active' then true when 'paused' then false end);
begin
	perform app.workflow_fields(p);
	if coalesce(p->>'state', 'active') not in ('active', 'paused', 'archived') then
		perform app.fail('MR400', 'the state must be active, paused or archived', 'state');
	end if;
	if p ? 'definition' then
		select x.definition into v_old from app.version x where x.workflow_id = p_workflow.id and x.number = v_number;
		if v_old is distinct from p->'definition' then
			v_number := v_number + 1;
			perform app.version_add(p_workflow.workspace_id, p_workflow.id, v_number, p);
		end if;
	end if;
	update app.workflow w
	   set name = coalesce(p->>'name', w.name),
	       description = coalesce(p->>'description', w.description),
	       tags = case when p ? 'tags' then array(select jsonb_array_elements_text(p->'tags')) else w.tags end,
	       metadata = coalesce(p->'metadata', w.metadata),
	       draft_version = v_number, etag = w.etag + 1, updated_at = clock_timestamp()
	 where w.workspace_id = p_workflow.workspace_id and w.id = p_workflow.id
	returning w.* into v;
	if p->>'state' = 'archived' then
		v := app.workflow_pause(v, 'archived');
	elsif v_is_live then
		v := app.workflow_live(v, null, p->'due');
	elsif not v_is_live then
		v := app.workflow_pause(v, 'paused');
	end if;
	return v;
end
$$;
revoke all on function app.workflow_change(app.workflow, jsonb) from public;
grant execute on function app.workflow_change(app.workflow, jsonb) to mr_api;

-- app.version_json(version, live number) -> a version as lists show it.
create or replace function app.version_json(p app.version, p_live integer)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object('number', p.number, 'label', p.label, 'note', p.note, 'is_live', p.number is not distinct from p_live,
	                          'created_by', p.created_by, 'created_at', app.ts(p.created_at));
end
$$;
revoke all on function app.version_json(app.version, integer) from public;
grant execute on function app.version_json(app.version, integer) to mr_api;
