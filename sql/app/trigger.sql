-- trigger: the rows of trigger nodes. Helpers of api.workflow_* and api.trigger_*; they run with the rights of their caller.
set local role mr_owner;

-- app.trigger_json(trigger) -> a trigger as the API shows it.
create or replace function app.trigger_json(p app.trigger)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'workflow_id', p.workflow_id, 'node_id', p.node_id, 'type', p.type, 'config', p.config,
		'is_active', p.is_active, 'is_enabled', p.is_enabled,
		'webhook_url', '/hooks/' || p.token, 'path', p.path,
		'methods', case p.type when 'webhook' then to_jsonb(p.methods) else '[]' end,
		'mode', case p.type when 'webhook' then p.mode end,
		'scheme', case p.type when 'webhook' then p.scheme end,
		'has_secret', exists (
			select from app.trigger_secret s
			 where s.workspace_id = p.workspace_id and s.trigger_id = p.id and s.expires_at is null),
		'rule', p.rule,
		'timezone', case p.type when 'schedule' then p.timezone end,
		'missed', case p.type when 'schedule' then p.missed end,
		'due_at', case p.type when 'schedule' then (
			select app.ts(d.due_at) from app.schedule_due d
			 where d.workspace_id = p.workspace_id and d.trigger_id = p.id
			 order by d.due_at limit 1) end,
		'fired_at', app.ts(p.fired_at), 'created_at', app.ts(p.created_at), 'updated_at', app.ts(p.updated_at),
		'etag', p.etag);
end
$$;
revoke all on function app.trigger_json(app.trigger) from public;
grant execute on function app.trigger_json(app.trigger) to mr_api;

-- app.trigger_fill(trigger, type, config) -> the trigger with the columns that its type and config imply.
--   A webhook gets its token once and keeps it. The config itself was checked by the node type's schema.
--   Raises MR400 on config where what is needed is missing.
create or replace function app.trigger_fill(p app.trigger, p_type text, p_config jsonb)
returns app.trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.trigger := p;
	v_methods jsonb := coalesce(p_config->'methods', p_config->'method', '"POST"');
begin
	v.type := p_type;
	v.config := p_config;
	if p_type = 'webhook' then
		v.token := coalesce(p.token, app.token_make('h'));
		v.path := nullif(trim(both '/' from p_config->>'path'), '');
		v.methods := array(
			select distinct upper(m)
			  from jsonb_array_elements_text(case jsonb_typeof(v_methods) when 'array' then v_methods
			                                 else jsonb_build_array(v_methods) end) as m
			 order by 1);
		if v.methods && array['ANY', '*'] then
			v.methods := array['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'];
		end if;
		v.mode := coalesce(p_config->>'response_mode', p_config->>'mode', 'immediate');
		v.mode := case v.mode when 'immediately' then 'immediate' else v.mode end;
		if v.mode not in ('immediate', 'last_node', 'respond') then
			perform app.fail('MR400', 'the response mode must be immediate, last_node or respond', 'config.response_mode');
		end if;
		v.scheme := coalesce(p_config->>'authentication', 'none');
		v.answer_timeout_ms := coalesce((p_config->>'response_timeout_ms')::integer, (p_config->>'timeout_ms')::integer, 30000);
	else
		v.token := null;
		v.path := null;
		v.methods := '{POST}';
		v.mode := 'immediate';
		v.scheme := 'none';
	end if;
	if p_type = 'schedule' then
		v.rule := coalesce(p_config->>'cron', p_config->>'rule', '@every ' || (p_config->>'every'), p_config->>'at');
		v.timezone := coalesce(nullif(p_config->>'timezone', ''), 'UTC');
		v.missed := coalesce(p_config->>'missed', 'skip');
		if v.rule is null then
			perform app.fail('MR400', 'a schedule needs `cron`, `every` or `at`', 'config.cron');
		elsif v.missed not in ('skip', 'one', 'all') then
			perform app.fail('MR400', '`missed` must be skip, one or all', 'config.missed');
		end if;
	else
		v.rule := null;
	end if;
	return v;
end
$$;
revoke all on function app.trigger_fill(app.trigger, text, jsonb) from public;
grant execute on function app.trigger_fill(app.trigger, text, jsonb) to mr_api;

-- app.trigger_store(trigger, due times) -> the stored trigger, by (workflow, node): inserted or updated.
--   A schedule that is armed or changed gets its due times: those given, else workers find them from now on.
--   Raises MR409 on config.path when another trigger of the workspace has it.
create or replace function app.trigger_store(p app.trigger, p_due jsonb default null)
returns app.trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_old app.trigger;
	v     app.trigger := p;
	v_new boolean;
begin
	if v.path is not null and exists (
		select from app.trigger t where t.workspace_id = v.workspace_id and t.path = v.path and t.id <> v.id) then
		perform app.fail('MR409', format('the path %s is already used in this workspace', v.path), 'path');
	end if;
	select * into v_old from app.trigger t where t.workspace_id = v.workspace_id and t.id = v.id;
	v_new := v.type = 'schedule' and v.is_active
		and (v_old.id is null or not v_old.is_active or (v_old.rule, v_old.timezone) is distinct from (v.rule, v.timezone));
	if v_new then
		v.due_until := coalesce((select max(d::timestamptz) from jsonb_array_elements_text(p_due) as d), now());
	elsif v.type <> 'schedule' or not v.is_active then
		v.due_until := null;
	else
		v.due_until := v_old.due_until;
	end if;
	insert into app.trigger as t (
		workspace_id, id, workflow_id, node_id, type, config, is_active, is_enabled, version_id, token, path, methods, mode, scheme,
		answer_timeout_ms, priority, rule, timezone, missed, due_until)
	values (
		v.workspace_id, v.id, v.workflow_id, v.node_id, v.type, v.config, v.is_active, v.is_enabled, v.version_id, v.token,
		v.path, v.methods, v.mode, v.scheme, v.answer_timeout_ms, v.priority, v.rule, v.timezone, v.missed, v.due_until)
	on conflict (workspace_id, id) do update
	   set type = excluded.type, config = excluded.config, is_active = excluded.is_active,
	       is_enabled = excluded.is_enabled, version_id = excluded.version_id, token = excluded.token,
	       path = excluded.path, methods = excluded.methods, mode = excluded.mode, scheme = excluded.scheme,
	       answer_timeout_ms = excluded.answer_timeout_ms, priority = excluded.priority, rule = excluded.rule,
	       timezone = excluded.timezone, missed = excluded.missed, due_until = excluded.due_until,
	       etag = t.etag + 1, updated_at = now()
	returning t.* into v;
	if v_old.id is not null and (v_new or v.due_until is null) then
		delete from app.schedule_due d where d.workspace_id = v.workspace_id and d.trigger_id = v.id;
	end if;
	if v_new then
		insert into app.schedule_due (workspace_id, trigger_id, due_at)
		select v.workspace_id, v.id, d::timestamptz
		  from jsonb_array_elements_text(p_due) as d
		    on conflict do nothing;
	end if;
	return v;
end
$$;
revoke all on function app.trigger_store(app.trigger, jsonb) from public;
grant execute on function app.trigger_store(app.trigger, jsonb) to mr_api;

-- app.trigger_disarm(workspace, workflow, kept nodes): disarms the triggers of all other nodes of the workflow.
--   Their tokens are kept for when the node comes back; their paths are given free.
create or replace function app.trigger_disarm(p_ws uuid, p_workflow uuid, p_kept text[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	delete from app.schedule_due d
	 using app.trigger t
	 where t.workspace_id = p_ws and t.workflow_id = p_workflow and t.node_id <> all (p_kept)
	   and d.workspace_id = p_ws and d.trigger_id = t.id;
	update app.trigger t
	   set is_active = false, version_id = null, due_until = null, path = null, etag = t.etag + 1, updated_at = now()
	 where t.workspace_id = p_ws and t.workflow_id = p_workflow and t.node_id <> all (p_kept)
	   and (t.is_active or t.version_id is not null or t.path is not null);
end
$$;
revoke all on function app.trigger_disarm(uuid, uuid, text[]) from public;
grant execute on function app.trigger_disarm(uuid, uuid, text[]) to mr_api;

-- app.trigger_pause(workspace, workflow): disarms all triggers of the workflow; their paths stay theirs.
create or replace function app.trigger_pause(p_ws uuid, p_workflow uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	delete from app.schedule_due d
	 using app.trigger t
	 where t.workspace_id = p_ws and t.workflow_id = p_workflow and d.workspace_id = p_ws and d.trigger_id = t.id;
	update app.trigger t
	   set is_active = false, version_id = null, due_until = null, etag = t.etag + 1, updated_at = now()
	 where t.workspace_id = p_ws and t.workflow_id = p_workflow and (t.is_active or t.version_id is not null);
end
$$;
revoke all on function app.trigger_pause(uuid, uuid) from public;
grant execute on function app.trigger_pause(uuid, uuid) to mr_api;

-- app.trigger_arm(workspace, workflow, version, due): makes or updates the triggers of the version's trigger nodes and
--   arms those that are enabled; disarms those of nodes it no longer has. due: {node: [instants]} or null.
create or replace function app.trigger_arm(p_ws uuid, p_workflow uuid, p_version app.version, p_due jsonb)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_definition constant jsonb := p_version.definition;
	v_node record;
	v      app.trigger;
	v_none app.trigger;
begin
	perform app.trigger_disarm(p_ws, p_workflow, array(
		select n->>'id' from jsonb_array_elements(v_definition->'nodes') as n
		 where n->>'type' in ('webhook', 'schedule', 'manual', 'error', 'called')));
	for v_node in
		select n->>'id' as id, n->>'type' as type, coalesce(n->'config', '{}') as config,
		       coalesce((n->>'disabled')::boolean, false) as is_disabled
		  from jsonb_array_elements(v_definition->'nodes') with ordinality as d (n, ord)
		 where n->>'type' in ('webhook', 'schedule', 'manual', 'error', 'called')
		 order by d.ord
	loop
		v := v_none;
		select * into v
		  from app.trigger t
		 where t.workspace_id = p_ws and t.workflow_id = p_workflow and t.node_id = v_node.id
		   for update;
		if not found then
			v.workspace_id := p_ws;
			v.id := app.uuid7();
			v.workflow_id := p_workflow;
			v.node_id := v_node.id;
			v.is_enabled := true;
			v.answer_timeout_ms := 30000;
			v.timezone := 'UTC';
			v.missed := 'skip';
		end if;
		v := app.trigger_fill(v, v_node.type, v_node.config);
		v.is_active := v.is_enabled and not v_node.is_disabled;
		v.version_id := p_version.id;
		v.priority := coalesce((v_definition->'settings'->>'priority')::smallint, 0);
		perform app.trigger_store(v, p_due->v_node.id);
	end loop;
end
$$;
revoke all on function app.trigger_arm(uuid, uuid, app.version, jsonb) from public;
grant execute on function app.trigger_arm(uuid, uuid, app.version, jsonb) to mr_api;

-- app.trigger_find(workflow, id text) -> the trigger of that workflow. Raises MR404.
create or replace function app.trigger_find(p_workflow uuid, p_id text)
returns app.trigger
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.trigger;
begin
	select * into v from app.trigger t where t.id = app.uuid_read(p_id) and t.workflow_id = p_workflow;
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such trigger';
	end if;
	return v;
end
$$;
revoke all on function app.trigger_find(uuid, text) from public;
grant execute on function app.trigger_find(uuid, text) to mr_api;

-- app.trigger_at_live(trigger, workflow) -> the trigger, armed if the workflow is active, its live version has the node
--   and it is enabled; else disarmed.
create or replace function app.trigger_at_live(p app.trigger, p_workflow app.workflow)
returns app.trigger
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.trigger := p;
begin
	v.version_id := null;
	if p_workflow.state = 'active' then
		select x.id into v.version_id
		  from app.version x, jsonb_array_elements(x.definition::jsonb->'nodes') as n
		 where x.workflow_id = p_workflow.id and x.number = p_workflow.live_version
		   and n->>'id' = v.node_id and n->>'type' = v.type and not coalesce((n->>'disabled')::boolean, false);
	end if;
	v.is_active := v.version_id is not null and v.is_enabled;
	return v;
end
$$;
revoke all on function app.trigger_at_live(app.trigger, app.workflow) from public;
grant execute on function app.trigger_at_live(app.trigger, app.workflow) to mr_api;
