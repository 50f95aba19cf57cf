-- run: what the operations on runs share. These run with the rights of their caller, so policies bind them.
set local role mr_owner;

-- app.run_find(id text) -> the run. Raises MR404, the same for one of another workspace and an id that never was.
--   Stable: a volatile function would see what was committed since its caller's statement began, so that a run could be
--   over here and its outcome not there yet.
create or replace function app.run_find(p_id text)
returns app.run
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_row app.run;
begin
	select * into v_row from app.run r where r.id = app.uuid_read(p_id);
	if v_row.id is null then
		raise exception using errcode = 'MR404', message = 'no such run';
	end if;
	return v_row;
end
$$;
revoke all on function app.run_find(text) from public;
grant execute on function app.run_find(text) to mr_api;

-- app.run_etag(seq, status) -> grows with each recorded change; moves of the status that record nothing count as well.
create or replace function app.run_etag(p_seq integer, p_status text)
returns bigint
language sql immutable parallel safe
return p_seq::bigint * 8
     + array_position(array['queued', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'cancelled'], p_status);
revoke all on function app.run_etag(integer, text) from public;
grant execute on function app.run_etag(integer, text) to mr_api;

-- app.run_starter(user, token) -> the name of the person or the token that started a run, null when neither did.
create or replace function app.run_starter(p_user uuid, p_token uuid)
returns text
language plpgsql stable
as $$
begin
	if p_user is not null then
		return app.user_name(p_user);
	elsif p_token is not null then
		return (select t.name from app.token t where t.id = p_token);
	end if;
	return null;
end
$$;
revoke all on function app.run_starter(uuid, uuid) from public;
grant execute on function app.run_starter(uuid, uuid) to mr_api;

-- app.run_trigger(run, name) -> what started a run, and who. One expression, so that it is inlined.
create or replace function app.run_trigger(p app.run, p_name text)
returns json
language sql stable
return json_build_object(
	'type', p.trigger_type, 'name', coalesce(p_name, p.node_id), 'trigger_id', p.trigger_id, 'user_id', p.user_id,
	'token_id', p.token_id, 'delivery_id', p.delivery_id, 'due_at', app.ts(p.due_at));
revoke all on function app.run_trigger(app.run, text) from public;
grant execute on function app.run_trigger(app.run, text) to mr_api;

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

-- app.run_relative(run) -> a run as another one names it.
create or replace function app.run_relative(p app.run)
returns json
language plpgsql stable
as $$
begin
	return json_build_object(
		'id', p.id, 'workflow_id', p.workflow_id,
		'workflow_name', coalesce((select w.name from app.workflow w where w.id = p.workflow_id), ''),
		'status', app.run_status(p.status, (select q.lease_owner <> 0 from app.run_queue q where q.run_id = p.id)),
		'trigger_type', p.trigger_type);
end
$$;
revoke all on function app.run_relative(app.run) from public;
grant execute on function app.run_relative(app.run) to mr_api;

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
		'status', v_status, 'trigger', app.run_trigger(p, coalesce(app.run_starter(p.user_id, p.token_id), v.node)), 'error', v.error, 'retry_of', p.retry_of,
		'created_at', app.ts(p.created_at), 'started_at', app.ts(p.started_at), 'completed_at', app.ts(p.completed_at),
		'duration_ms', app.ms(p.started_at, coalesce(p.completed_at, clock_timestamp())),
		'etag', app.run_etag(p.seq, v_status),
		'input', case when v_may then app.run_input(p) end,
		'output', case when v_may then p.output end,
		'metrics', json_build_object('steps', v.steps, 'queued_ms', app.ms(p.created_at, p.started_at)),
		'resource_usage', json_build_object('step_ms', round(v.duration_us / 1000.0, 3)),
		'live_seq', p.seq,
		'parent', (select app.run_relative(r) from app.run r where r.id = p.parent_id),
		'children', (
			select coalesce(json_agg(app.run_relative(c) order by c.id), '[]')
			  from (select r.* from app.run r where r.parent_id = p.id order by r.parent_id, r.id limit 100) c));
end
$$;
revoke all on function app.run_json(app.run) from public;
grant execute on function app.run_json(app.run) to mr_api;

-- app.run_status_json(run) -> where a run is. See api.run_status.
create or replace function app.run_status_json(p app.run)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_may     constant boolean := app.has('run:data');
	v_leased  boolean;
	v_nodes   jsonb;
	v_total   integer;
	v_done    integer;
	v_version jsonb;
	v_name    text;
begin
	select q.lease_owner <> 0, q.current_nodes::jsonb into v_leased, v_nodes
	  from app.run_queue q
	 where q.run_id = p.id and p.completed_at is null;
	select x.definition, w.name into v_version, v_name
	  from app.version x
	  left join app.workflow w on w.workspace_id = x.workspace_id and w.id = x.workflow_id
	 where x.id = p.version_id;
	v_total := coalesce(jsonb_array_length(v_version->'nodes'), 0);
	select count(distinct s.node_id) filter (where s.status not in ('running', 'waiting')),
	       coalesce(v_nodes, jsonb_agg(distinct s.node_id) filter (where s.status in ('running', 'waiting')))
	  into v_done, v_nodes
	  from app.step s
	 where s.run_id = p.id;
	return json_build_object(
		'id', p.id, 'status', app.run_status(p.status, v_leased),
		'current_nodes', case when p.completed_at is null then coalesce(v_nodes, '[]') else '[]' end,
		'progress', case
			when p.completed_at is not null then 1
			when v_total = 0 then 0
			else least(1, round(v_done::numeric / v_total, 4)) end,
		'variables', case when v_may then app.variables_merged(v_version->'variables', p.variables::jsonb) else '{}' end,
		'context', json_build_object(
			'workflow', json_build_object('id', p.workflow_id, 'name', v_name, 'version', p.version),
			'trigger', app.run_trigger(p, app.run_starter(p.user_id, p.token_id))),
		'live_seq', p.seq);
end
$$;
revoke all on function app.run_status_json(app.run) from public;
grant execute on function app.run_status_json(app.run) to mr_api;
