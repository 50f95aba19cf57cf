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

-- app.run_starter(run) -> the name of the person or the token that started a run, null when neither did.
create or replace function app.run_starter(p app.run)
returns text
language plpgsql stable
as $$
begin
	if p.user_id is not null then
		return app.user_name(p.user_id);
	elsif p.token_id is not null then
		return (select t.name from app.token t where t.id = p.token_id);
	end if;
	return null;
end
$$;
revoke all on function app.run_starter(app.run) from public;
grant execute on function app.run_starter(app.run) to mr_api;

-- app.run_trigger(run, name) -> what started a run, and who. One expression, so that it is inlined.
create or replace function app.run_trigger(p app.run, p_name text)
returns json
language sql stable
return json_build_object(
	'type', p.trigger_type, 'name', coalesce(p_name, p.node_id), 'trigger_id', p.trigger_id, 'user_id', p.user_id,
	'token_id', p.token_id, 'delivery_id', p.delivery_id, 'due_at', app.ts(p.due_at));
revoke all on function app.run_trigger(app.run, text) from public;
grant execute on function app.run_trigger(app.run, text) to mr_api;

-- app.run_summary(run, status, workflow name, error, starter) -> a run as lists show it. One expression, so that it is inlined.
create or replace function app.run_summary(p app.run, p_status text, p_workflow text, p_error json, p_starter text)
returns json
language sql stable
return json_build_object(
	'id', p.id, 'workflow_id', p.workflow_id, 'workflow_name', coalesce(p_workflow, ''), 'version', p.version,
	'status', p_status, 'trigger', app.run_trigger(p, p_starter), 'error', p_error, 'retry_of', p.retry_of,
	'created_at', app.ts(p.created_at), 'started_at', app.ts(p.started_at), 'completed_at', app.ts(p.completed_at),
	'duration_ms', app.ms(p.started_at, coalesce(p.completed_at, clock_timestamp())),
	'etag', app.run_etag(p.seq, p_status));
revoke all on function app.run_summary(app.run, text, text, json, text) from public;
grant execute on function app.run_summary(app.run, text, text, json, text) to mr_api;

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
		'status', v_status, 'trigger', app.run_trigger(p, coalesce(app.run_starter(p), v.node)), 'error', v.error, 'retry_of', p.retry_of,
		'created_at', app.ts(p.created_at), 'started_at', app.ts(p.started_at), 'completed_at', app.ts(p.completed_at),
		'duration_ms', app.ms(p.started_at, coalesce(p.completed_at, clock_timestamp())),
		'etag', app.run_etag(p.seq, v_status),
		'input', case when v_may then app.run_input(p) end,
		'output', case when v_may then p.output end,
		'metrics', json_build_object('steps', v.steps, 'queued_ms', app.ms(p.created_at, p.started_at)),
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
	                     trigger_id, priority, input, variables)
	values (p_workflow.workspace_id, app.uuid7(), p_workflow.id, v_version.id, v_version.number,
	        case when v_ctx[3] <> '' then 'manual' else 'api' end, v_node,
	        case when v_ctx[3] <> '' then v_ctx[2]::uuid end,
	        case when v_ctx[5] <> 'hook' then nullif(v_ctx[4], '')::uuid end,
	        case when v_ctx[5] = 'hook' then v_ctx[4]::uuid end,
	        coalesce((v_definition->'settings'->>'priority')::smallint, 0), p_input, p_variables)
	returning * into v;
	insert into app.run_queue (workspace_id, run_id, prio) values (v.workspace_id, v.id, v.priority);
	return v;
end
$$;
revoke all on function app.run_start(app.workflow, integer, json, jsonb) from public;
grant execute on function app.run_start(app.workflow, integer, json, jsonb) to mr_api;

-- app.run_stop(run id) -> the run, cancelled, or null when it was already over.
--   The queue row first, as the engine takes them: its fence goes with it, so what a worker still sends changes nothing.
create or replace function app.run_stop(p_id uuid)
returns app.run
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.run;
begin
	delete from app.run_queue q where q.run_id = p_id;
	delete from app.timer t where t.run_id = p_id;
	select * into v from app.run r where r.id = p_id for update;
	if v.id is null or v.completed_at is not null then
		return null;
	end if;
	-- It may have moved from the one to the other while we waited for its row.
	delete from app.run_queue q where q.run_id = p_id;
	delete from app.timer t where t.run_id = p_id;
	update app.run r
	   set status = 'cancelled', completed_at = clock_timestamp(), seq = r.seq + 1
	 where r.workspace_id = v.workspace_id and r.id = v.id
	returning r.* into v;
	insert into app.run_outcome (workspace_id, run_id, workflow_id, status)
	values (v.workspace_id, v.id, v.workflow_id, 'cancelled');
	return v;
end
$$;
revoke all on function app.run_stop(uuid) from public;
grant execute on function app.run_stop(uuid) to mr_api;

-- app.run_stop_all(workflow) -> how many unfinished runs were cancelled: those of a workflow, or (null) all of the workspace.
create or replace function app.run_stop_all(p_workflow uuid)
returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
	v_n  integer := 0;
begin
	for v_id in
		select r.id
		  from (
			select q.run_id from app.run_queue q where q.workspace_id = app.workspace_id()
			 union
			select t.run_id from app.timer t where t.workspace_id = app.workspace_id()) x
		  join app.run r on r.id = x.run_id
		 where p_workflow is null or r.workflow_id = p_workflow
		 order by r.id
	loop
		v_n := v_n + (app.run_stop(v_id) is not null)::integer;
	end loop;
	return v_n;
end
$$;
revoke all on function app.run_stop_all(uuid) from public;
grant execute on function app.run_stop_all(uuid) to mr_api;

-- app.run_again(run, from) -> a new run of the same version and data, with retry_of.
--   from start: everything anew. from failed: with the recorded steps whose outputs count, in their order: the engine's
--   state is a fold over them. Plain skips aren't copied, since they follow from the others and are recorded again.
create or replace function app.run_again(p app.run, p_from text)
returns app.run
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ctx constant text[] := app.ctx();
	v     app.run;
	v_n   integer := 0;
begin
	v.id := app.uuid7();
	insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, trigger_id, delivery_id,
	                     user_id, token_id, retry_of, due_at, priority, input, variables)
	values (p.workspace_id, v.id, p.workflow_id, p.version_id, p.version, 'retry', p.node_id, p.trigger_id, p.delivery_id,
	        case when v_ctx[3] <> '' then v_ctx[2]::uuid end, nullif(v_ctx[4], '')::uuid, p.id, p.due_at, p.priority, p.input,
	        p.variables);
	if p_from = 'failed' then
		insert into app.step (workspace_id, run_id, node_id, iteration, attempt, step_no, status, started_at, duration_us,
		                      source, output, error)
		select s.workspace_id, v.id, s.node_id, s.iteration, s.attempt, row_number() over (order by s.step_no), s.status,
		       s.started_at, s.duration_us, s.source, s.output, s.error
		  from app.step s
		 where s.run_id = p.id
		   and (s.status = 'succeeded' or (s.output is not null and s.status in ('failed', 'unknown', 'skipped')));
		get diagnostics v_n = row_count;
	end if;
	update app.run r set seq = v_n where r.workspace_id = p.workspace_id and r.id = v.id returning r.* into v;
	insert into app.run_queue (workspace_id, run_id, prio) values (v.workspace_id, v.id, v.priority);
	return v;
end
$$;
revoke all on function app.run_again(app.run, text) from public;
grant execute on function app.run_again(app.run, text) to mr_api;

-- app.run_page(workflow, statuses, trigger type, id from, id below, workflows whose name fits, words, limit, most)
--   -> ids of runs that fit, newest first, at most limit + 1, and the last id that was looked at when the look ended early.
--   Failed and cancelled runs are found by their outcomes, queued and running ones by the queue, waiting ones by their
--   timers; everything else by the key in its order. At most `most` rows are looked at: then the page is short and the next one goes on
--   behind them. Nothing is ever counted or scanned whole.
create or replace function app.run_page(
	p_workflow uuid, p_status text[], p_trigger text, p_from uuid, p_below uuid, p_workflows uuid[], p_q text,
	p_limit integer, p_most integer, out ids uuid[], out looked uuid)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	v_plain constant boolean := coalesce(p_status, '{}') = '{}' and p_trigger is null and p_q is null;
	v_from constant uuid := coalesce(p_from, '00000000-0000-0000-0000-000000000000');
	v_below constant uuid := coalesce(p_below, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
	v_status text;
	v_found uuid[];
	v_ids   uuid[] := '{}';
begin
	if p_status <@ array['failed', 'cancelled'] then
		foreach v_status in array p_status loop
			if p_workflow is null then
				v_found := array(
					select o.run_id from app.run_outcome o
					 where o.status = v_status and o.run_id >= v_from and o.run_id < v_below
					 order by o.run_id desc limit p_most);
			else
				v_found := array(
					select o.run_id from app.run_outcome o
					 where o.workflow_id = p_workflow and o.status = v_status and o.run_id >= v_from and o.run_id < v_below
					 order by o.run_id desc limit p_most);
			end if;
			v_ids := v_ids || v_found;
		end loop;
	elsif p_status <@ array['queued', 'running', 'waiting'] then
		if p_status && array['queued', 'running'] then
			v_ids := array(
				select q.run_id from app.run_queue q
				 where q.run_id >= v_from and q.run_id < v_below
				 order by q.run_id desc limit p_most);
		end if;
		if p_status && array['waiting'] then
			v_ids := v_ids || array(
				select t.run_id from app.timer t
				 where t.run_id >= v_from and t.run_id < v_below
				 order by t.run_id desc limit p_most);
		end if;
	elsif p_workflow is null then
		v_ids := array(
			select r.id from app.run r
			 where r.id >= v_from and r.id < v_below
			 order by r.id desc
			 limit case when v_plain then p_limit + 1 else p_most end);
	else
		v_ids := array(
			select r.id from app.run r
			 where r.workflow_id = p_workflow and r.id >= v_from and r.id < v_below
			 order by r.id desc
			 limit case when v_plain then p_limit + 1 else p_most end);
	end if;
	if v_plain then
		ids := v_ids;
		return;
	end if;
	-- Of several sources only what is newer than where the first of them stopped is whole.
	if cardinality(v_ids) >= p_most then
		select array_agg(x order by x desc), (array_agg(x order by x))[1] into v_ids, looked
		  from (select distinct x from unnest(v_ids) as x order by x desc limit p_most) y;
	end if;
	select array_agg(z.id order by z.id desc) into ids
	  from (
		select r.id
		  from app.run r
		  left join app.run_queue q on q.workspace_id = r.workspace_id and q.run_id = r.id and r.completed_at is null
		 where r.id = any (v_ids)
		   and (p_workflow is null or r.workflow_id = p_workflow)
		   and (coalesce(p_status, '{}') = '{}' or app.run_status(r.status, q.lease_owner <> 0) = any (p_status))
		   and (p_trigger is null or r.trigger_type = p_trigger)
		   and (p_q is null or r.workflow_id = any (p_workflows) or position(lower(p_q) in r.id::text) > 0)
		 order by r.id desc
		 limit p_limit + 1) z;
	ids := coalesce(ids, '{}');
end
$$;
revoke all on function app.run_page(uuid, text[], text, uuid, uuid, uuid[], text, integer, integer) from public;
grant execute on function app.run_page(uuid, text[], text, uuid, uuid, uuid[], text, integer, integer) to mr_api;

-- app.status_read(text) -> the statuses of a filter: with commas, common spellings read. Raises MR400 on status.
create or replace function app.status_read(p_text text)
returns text[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_status text[];
begin
	select array_agg(distinct case s when 'pending' then 'queued' when 'completed' then 'succeeded'
	                          when 'success' then 'succeeded' else s end)
	  into v_status
	  from unnest(string_to_array(p_text, ',')) as s;
	if not v_status <@ array['queued', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'cancelled'] then
		perform app.fail('MR400', 'the status must be queued, running, waiting, paused, succeeded, failed or cancelled', 'status');
	end if;
	return v_status;
end
$$;
revoke all on function app.status_read(text) from public;
grant execute on function app.status_read(text) to mr_api;

-- app.runs_json(ids) -> these runs as lists show them, in the order given; those that aren't there are left out.
create or replace function app.runs_json(p_ids uuid[])
returns json
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	return (
		select coalesce(json_agg(app.run_summary(r.run, r.status, w.name, o.error,
		           case when (r.run).user_id is not null or (r.run).token_id is not null then app.run_starter(r.run) end)
		           order by r.ord), '[]')
		  from (
			select r as run, x.ord, app.run_status(r.status, q.lease_owner <> 0) as status
			  from unnest(p_ids) with ordinality as x (id, ord)
			  join app.run r on r.id = x.id
			  left join app.run_queue q on q.workspace_id = r.workspace_id and q.run_id = r.id and r.completed_at is null
			offset 0) r
		  left join app.run_outcome o on o.workspace_id = (r.run).workspace_id and o.run_id = (r.run).id
		  left join app.workflow w on w.workspace_id = (r.run).workspace_id and w.id = (r.run).workflow_id);
end
$$;
revoke all on function app.runs_json(uuid[]) from public;
grant execute on function app.runs_json(uuid[]) to mr_api;

-- app.run_list(list, p, workflow) -> a page of runs by the filters of p. Raises MR400 on a filter.
create or replace function app.run_list(p_list text, p jsonb, p_workflow uuid)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit constant integer := app.limit_read(p);
	v_from  constant uuid := app.id_floor(app.instant_read(p->>'from', 'from'));
	v_below uuid := app.id_floor(app.instant_read(p->>'to', 'to'));
	v_after constant uuid := app.cursor_read(p_list, p->>'cursor')->>0;
	v_named uuid[];
	v       record;
	v_most  integer;
	v_next  uuid;
begin
	v_below := case when v_after < v_below or v_below is null then v_after else v_below end;
	if p->>'q' is not null then
		v_named := array(select w.id from app.workflow w where position(lower(p->>'q') in lower(w.name)) > 0);
	end if;
	-- Most filters find a page among the newest few; a rare one looks further, once.
	foreach v_most in array array[4 * v_limit, 2000] loop
		select * into v
		  from app.run_page(p_workflow, app.status_read(p->>'status'), p->>'trigger_type', v_from, v_below, v_named,
		                    p->>'q', v_limit, v_most);
		exit when v.looked is null or cardinality(v.ids) > v_limit;
	end loop;
	if cardinality(v.ids) > v_limit then
		v.ids := v.ids[1:v_limit];
		v_next := v.ids[v_limit];
	else
		v_next := v.looked;
	end if;
	return json_build_object('items', app.runs_json(v.ids),
	    'next_cursor', case when v_next is not null then app.cursor_make(p_list, jsonb_build_array(v_next)) end);
end
$$;
revoke all on function app.run_list(text, jsonb, uuid) from public;
grant execute on function app.run_list(text, jsonb, uuid) to mr_api;

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
			'trigger', app.run_trigger(p, app.run_starter(p))),
		'live_seq', p.seq);
end
$$;
revoke all on function app.run_status_json(app.run) from public;
grant execute on function app.run_status_json(app.run) to mr_api;

-- app.variables_merged(declared, given) -> the values in force: what was given, else the declared defaults.
create or replace function app.variables_merged(p_declared jsonb, p_given jsonb)
returns jsonb
language sql immutable
return coalesce((
	select jsonb_object_agg(d.key, case when jsonb_typeof(d.value) = 'object' then d.value->'default' else d.value end)
	  from jsonb_each(case jsonb_typeof(p_declared) when 'object' then p_declared else '{}' end) as d
	 where jsonb_typeof(d.value) <> 'object' or d.value ? 'default'), '{}')
	|| coalesce(p_given, '{}');
revoke all on function app.variables_merged(jsonb, jsonb) from public;
grant execute on function app.variables_merged(jsonb, jsonb) to mr_api;
