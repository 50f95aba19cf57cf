-- run_change: starting and repeating runs; run_control.sql pauses, resumes and cancels them. These run with the rights of their caller, so policies bind them.
set local role mr_owner;

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
--   version null: the live one, else the newest. Raises MR404 no such version, MR403 a private one that isn't shared to run,
--   MR409 the workflow is archived or has nothing to start at, MR400 on variables, MR42Q the quota is used up.
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
	perform app.share_need('workflow', p_workflow.id, p_workflow.visibility, p_workflow.created_by, 'run');
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
	 where n->>'type' in ('manual', 'webhook', 'schedule', 'error', 'called') and not coalesce((n->>'disabled')::boolean, false)
	 order by n->>'type' <> 'manual', d.ord
	 limit 1;
	if v_node is null then
		perform app.fail('MR409', 'the workflow has no trigger to start at');
	end if;
	perform app.quota_need('runs', 1);
	insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, user_id, token_id,
	                     trigger_id, priority, input, variables)
	values (p_workflow.workspace_id, app.uuid7(), p_workflow.id, v_version.id, v_version.number,
	        case when v_ctx[3] <> '' then 'manual' else 'api' end, v_node,
	        case when v_ctx[3] <> '' then v_ctx[2]::uuid end,
	        case when v_ctx[5] <> 'hook' then nullif(v_ctx[4], '')::uuid end,
	        case when v_ctx[5] = 'hook' then v_ctx[4]::uuid end,
	        coalesce((v_definition->'settings'->>'priority')::smallint, 0), p_input, p_variables)
	returning * into v;
	perform app.meter_run(v);
	insert into app.run_queue (workspace_id, run_id, prio) values (v.workspace_id, v.id, v.priority);
	return v;
end
$$;
revoke all on function app.run_start(app.workflow, integer, json, jsonb) from public;
grant execute on function app.run_start(app.workflow, integer, json, jsonb) to mr_api;

-- app.run_again(run, from, version: same|newest) -> a new run of the same data, with retry_of; a dead letter is none afterwards.
--   newest: the live version, else the newest; it must still have the trigger (MR409).
--   from start: everything anew. from failed: with the recorded steps whose outputs count, in their order: the engine's
--   state is a fold over them. Raises MR42Q the quota is used up. Plain skips aren't copied, since they follow from the others and are recorded again.
create or replace function app.run_again(p app.run, p_from text, p_version text default 'same')
returns app.run
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ctx constant text[] := app.ctx();
	v     app.run;
	v_n   integer := 0;
	v_bytes bigint := 0;
begin
	perform app.quota_need('runs', 1);
	if p_version = 'newest' then
		select x.id, x.number into p.version_id, p.version
		  from app.workflow w
		  join app.version x on x.workflow_id = w.id and x.number = coalesce(w.live_version, w.draft_version)
		 where w.id = p.workflow_id
		   and exists (select from json_array_elements(x.definition->'nodes') as n where n->>'id' = p.node_id);
		if not found then
			perform app.fail('MR409', 'the newest version doesn''t have the trigger that this run began at', 'version');
		end if;
	end if;
	v.id := app.uuid7();
	insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, trigger_id, delivery_id,
	                     user_id, token_id, retry_of, due_at, priority, input, variables)
	values (p.workspace_id, v.id, p.workflow_id, p.version_id, p.version, 'retry', p.node_id, p.trigger_id, p.delivery_id,
	        case when v_ctx[3] <> '' then v_ctx[2]::uuid end, nullif(v_ctx[4], '')::uuid, p.id, p.due_at, p.priority, p.input,
	        p.variables);
	if p_from = 'failed' then
		with taken as (
			insert into app.step (workspace_id, run_id, node_id, iteration, attempt, step_no, status, started_at, duration_us,
			                      source, output, error)
			select s.workspace_id, v.id, s.node_id, s.iteration, s.attempt, row_number() over (order by s.step_no), s.status,
			       s.started_at, s.duration_us, s.source, s.output, s.error
			  from app.step s
			 where s.run_id = p.id
			   and (s.status = 'succeeded' or (s.output is not null and s.status in ('failed', 'unknown', 'skipped')))
			returning app.step_bytes(source, output, error) as bytes)
		select count(*), coalesce(sum(t.bytes), 0) into v_n, v_bytes from taken t;
	end if;
	update app.run r set seq = v_n where r.workspace_id = p.workspace_id and r.id = v.id returning r.* into v;
	perform app.meter_run(v, v_bytes);
	insert into app.run_queue (workspace_id, run_id, prio) values (v.workspace_id, v.id, v.priority);
	perform app.dead_letter_end(p.id, 'replayed', v.id);
	return v;
end
$$;
revoke all on function app.run_again(app.run, text, text) from public;
grant execute on function app.run_again(app.run, text, text) to mr_api;

-- app.run_retry(run, {from?, version?}) -> the new run. Raises MR409 the run isn't over, hasn't failed (from failed), or its workflow
--   was deleted, MR403 a private one that isn't shared to run, and what app.run_again does.
create or replace function app.run_retry(p_run app.run, p jsonb)
returns app.run
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.run;
begin
	perform app.workflow_share_need(p_run.workflow_id, 'run');
	if p_run.completed_at is null then
		perform app.fail('MR409', 'the run isn''t over yet');
	elsif p->>'from' = 'failed' and p_run.status = 'succeeded' then
		perform app.fail('MR409', 'the run has succeeded: there is no failed step to go on from', 'from');
	elsif not exists (select from app.workflow w where w.id = p_run.workflow_id and w.deleted_at is null) then
		perform app.fail('MR409', 'the workflow of this run was deleted');
	end if;
	v := app.run_again(p_run, coalesce(p->>'from', 'start'), coalesce(p->>'version', 'same'));
	perform app.audit_add('run.retry', 'run', v.id, jsonb_build_object('retry_of', p_run.id));
	return v;
end
$$;
revoke all on function app.run_retry(app.run, jsonb) from public;
grant execute on function app.run_retry(app.run, jsonb) to mr_api;

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
