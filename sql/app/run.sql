-- run: what the operations on runs share. These run with the rights of their caller, so policies bind them.
set local role mr_owner;

-- app.run_find(id text, lock) -> the run. Raises MR404, the same for one of another workspace and an id that never was.
create or replace function app.run_find(p_id text, p_lock boolean default false)
returns app.run
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id  constant uuid := app.uuid_read(p_id);
	v_row app.run;
begin
	if p_lock then
		select * into v_row from app.run r where r.id = v_id for update;
	else
		select * into v_row from app.run r where r.id = v_id;
	end if;
	if v_row.id is null then
		raise exception using errcode = 'MR404', message = 'no such run';
	end if;
	return v_row;
end
$$;
revoke all on function app.run_find(text, boolean) from public;
grant execute on function app.run_find(text, boolean) to mr_api;

-- app.run_etag(seq, status) -> grows with each recorded change; moves of the status that record nothing count as well.
create or replace function app.run_etag(p_seq integer, p_status text)
returns bigint
language sql immutable parallel safe
return p_seq::bigint * 8
     + array_position(array['queued', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'cancelled'], p_status);
revoke all on function app.run_etag(integer, text) from public;
grant execute on function app.run_etag(integer, text) to mr_api;

-- app.run_trigger(run, node name) -> what started a run, and who.
create or replace function app.run_trigger(p app.run, p_name text default null)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'type', p.trigger_type,
		'name', case
			when p.user_id is not null then app.user_name(p.user_id)
			when p.token_id is not null then (
				select t.name from app.token t where t.workspace_id = p.workspace_id and t.id = p.token_id)
			else coalesce(p_name, p.node_id) end,
		'trigger_id', p.trigger_id, 'user_id', p.user_id, 'token_id', p.token_id, 'delivery_id', p.delivery_id,
		'due_at', app.ts(p.due_at));
end
$$;
revoke all on function app.run_trigger(app.run, text) from public;
grant execute on function app.run_trigger(app.run, text) to mr_api;

-- app.run_summary(run, is leased, workflow name, error) -> a run as lists show it.
create or replace function app.run_summary(p app.run, p_leased boolean, p_workflow text, p_error json)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_status constant text := app.run_status(p.status, p_leased);
begin
	return jsonb_build_object(
		'id', p.id, 'workflow_id', p.workflow_id, 'workflow_name', coalesce(p_workflow, ''), 'version', p.version,
		'status', v_status, 'trigger', app.run_trigger(p), 'error', p_error, 'retry_of', p.retry_of,
		'created_at', app.ts(p.created_at), 'started_at', app.ts(p.started_at), 'completed_at', app.ts(p.completed_at),
		'duration_ms', greatest(0, app.ms(p.started_at, coalesce(p.completed_at, clock_timestamp()))),
		'etag', app.run_etag(p.seq, v_status));
end
$$;
revoke all on function app.run_summary(app.run, boolean, text, json) from public;
grant execute on function app.run_summary(app.run, boolean, text, json) to mr_api;

-- app.body_read(content type, body) -> a webhook's body for a reader: the JSON value, else the text, else base64.
--   The engine reads bodies in C; this is for people who look at a run.
create or replace function app.body_read(p_type text, p_body bytea)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_text text;
begin
	v_text := convert_from(p_body, 'UTF8');
	if p_type ~* 'json' or v_text ~ '^\s*[[{]' then
		begin
			return v_text::json;
		exception when invalid_text_representation or program_limit_exceeded or statement_too_complex then
			null;
		end;
	end if;
	return to_json(v_text);
exception when character_not_in_repertoire or untranslatable_character then
	return to_json(translate(encode(p_body, 'base64'), E'\n', ''));
end
$$;
revoke all on function app.body_read(text, bytea) from public;
grant execute on function app.body_read(text, bytea) to mr_api;

-- app.run_input(run) -> the payload that the run began with.
create or replace function app.run_input(p app.run)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	if p.delivery_id is null then
		return p.input;
	end if;
	return (select app.body_read(d.content_type, d.body)
	          from app.delivery d
	         where d.workspace_id = p.workspace_id and d.id = p.delivery_id);
end
$$;
revoke all on function app.run_input(app.run) from public;
grant execute on function app.run_input(app.run) to mr_api;

-- app.run_json(run) -> a run with input and output, which need run:data.
--   json, not jsonb: payloads are passed on as they were stored.
create or replace function app.run_json(p app.run)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_may    constant boolean := app.has('run:data');
	v_status text := p.status;
	v        record;
begin
	select w.name as workflow, n.node->>'name' as node, o.error, q.leased, s.steps, s.duration_us
	  into v
	  from (select p.workflow_id as id) x
	  left join app.workflow w on w.id = x.id
	  left join lateral (
		select d as node
		  from app.version n, json_array_elements(n.definition->'nodes') as d
		 where n.id = p.version_id and d->>'id' = p.node_id
		 limit 1) n on p.user_id is null and p.token_id is null
	  left join lateral (select o.error from app.run_outcome o where o.run_id = p.id) o on p.completed_at is not null
	  left join lateral (select q.lease_owner <> 0 as leased from app.run_queue q where q.run_id = p.id) q
	       on p.completed_at is null
	  left join lateral (
		select count(*) as steps, coalesce(sum(s.duration_us), 0) as duration_us
		  from app.step s where s.run_id = p.id) s on true;
	v_status := app.run_status(p.status, v.leased);
	return json_build_object(
		'id', p.id, 'workflow_id', p.workflow_id, 'workflow_name', coalesce(v.workflow, ''), 'version', p.version,
		'status', v_status, 'trigger', app.run_trigger(p, v.node), 'error', v.error, 'retry_of', p.retry_of,
		'created_at', app.ts(p.created_at), 'started_at', app.ts(p.started_at), 'completed_at', app.ts(p.completed_at),
		'duration_ms', greatest(0, app.ms(p.started_at, coalesce(p.completed_at, clock_timestamp()))),
		'etag', app.run_etag(p.seq, v_status),
		'input', case when v_may then app.run_input(p) end,
		'output', case when v_may then p.output end,
		'metrics', json_build_object('steps', v.steps, 'queued_ms', greatest(0, app.ms(p.created_at, p.started_at))),
		'resource_usage', json_build_object('step_ms', round(v.duration_us / 1000.0, 3)),
		'live_seq', p.seq);
end
$$;
revoke all on function app.run_json(app.run) from public;
grant execute on function app.run_json(app.run) to mr_api;

-- app.variables_check(declared, given). Raises MR400 naming each variable that is required and missing, was never
--   declared, or is of another type than declared.
create or replace function app.variables_check(p_declared jsonb, p_given jsonb)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_issues jsonb;
begin
	select jsonb_agg(app.issue('variables.' || x.name, x.issue) order by x.name)
	  into v_issues
	  from (
		select d.key as name, 'is required' as issue
		  from jsonb_each(case jsonb_typeof(p_declared) when 'object' then p_declared else '{}' end) as d
		 where d.value @> '{"required": true}' and not coalesce(d.value ? 'default', false)
		   and not coalesce(p_given ? d.key, false)
		 union all
		select g.key, case
			when not coalesce(p_declared ? g.key, false) then 'is not declared by the workflow'
			else 'must be of type ' || (p_declared->g.key->>'type') end
		  from jsonb_each(coalesce(p_given, '{}')) as g
		 where not coalesce(p_declared ? g.key, false)
		    or (jsonb_typeof(p_declared->g.key) = 'object' and not app.variable_fits(p_declared->g.key->>'type', g.value))) x;
	if v_issues is not null then
		perform app.fail('MR400', format('%s %s', v_issues->0->>'field', v_issues->0->>'issue'), null, v_issues);
	end if;
end
$$;
revoke all on function app.variables_check(jsonb, jsonb) from public;
grant execute on function app.variables_check(jsonb, jsonb) to mr_api;

-- app.variable_fits(type, value) -> whether a value is of a declared type; an unknown type or `any` takes all.
create or replace function app.variable_fits(p_type text, p_value jsonb)
returns boolean
language sql immutable
return case p_type
	when 'string' then jsonb_typeof(p_value) = 'string'
	when 'number' then jsonb_typeof(p_value) = 'number'
	when 'integer' then jsonb_typeof(p_value) = 'number' and p_value::text !~ '[.]'
	when 'boolean' then jsonb_typeof(p_value) = 'boolean'
	when 'object' then jsonb_typeof(p_value) = 'object'
	when 'array' then jsonb_typeof(p_value) = 'array'
	else true end;
revoke all on function app.variable_fits(text, jsonb) from public;
grant execute on function app.variable_fits(text, jsonb) to mr_api;

-- app.run_start(workflow, version number, input, variables, retry of) -> the new run, queued in this transaction.
--   version null: the live one, else the newest. Raises MR404 no such version, MR409 the workflow is archived or has
--   nothing to start at, MR400 on variables.
create or replace function app.run_start(p_workflow app.workflow, p_version integer, p_input json, p_variables jsonb)
returns app.run
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_version    app.version;
	v_definition jsonb;
	v_ctx        constant text[] := app.ctx();
	v_node       text;
	v            app.run;
begin
	if p_workflow.state = 'archived' then
		perform app.fail('MR409', 'the workflow is archived');
	end if;
	select * into v_version
	  from app.version x
	 where x.workflow_id = p_workflow.id
	   and x.number = coalesce(p_version, p_workflow.live_version, p_workflow.draft_version);
	if not found then
		perform app.fail('MR404', 'no such version', 'version');
	end if;
	v_definition := v_version.definition;
	perform app.variables_check(v_definition->'variables', p_variables);
	select n->>'id' into v_node
	  from jsonb_array_elements(v_definition->'nodes') with ordinality as d (n, ord)
	 where n->>'type' in ('manual', 'webhook', 'schedule') and not coalesce((n->>'disabled')::boolean, false)
	 order by n->>'type' <> 'manual', d.ord
	 limit 1;
	if v_node is null then
		perform app.fail('MR409', 'the workflow has no trigger to start at');
	end if;
	insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, user_id, token_id,
	                     priority, input, variables)
	values (p_workflow.workspace_id, app.uuid7(), p_workflow.id, v_version.id, v_version.number,
	        case when v_ctx[3] <> '' then 'manual' else 'api' end, v_node,
	        case when v_ctx[3] <> '' then v_ctx[2]::uuid end, nullif(v_ctx[4], '')::uuid,
	        coalesce((v_definition->'settings'->>'priority')::smallint, 0), p_input, p_variables)
	returning * into v;
	insert into app.run_queue (workspace_id, run_id, prio) values (v.workspace_id, v.id, v.priority);
	return v;
end
$$;
revoke all on function app.run_start(app.workflow, integer, json, jsonb) from public;
grant execute on function app.run_start(app.workflow, integer, json, jsonb) to mr_api;
