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
	perform app.audit_add('run.create', 'run', v.id, jsonb_build_object('workflow_id', v.workflow_id));
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
	perform app.audit_add('run.create', 'run', v.id, jsonb_build_object('workflow_id', v.workflow_id));
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

-- api.workflow_execute({id, payload?}) -> the run, with the whole body as payload. Needs run:write, or the token of an armed
--   webhook of this very workflow. Raises MR404, MR400 on variables, MR409 archived.
create or replace function api.workflow_execute(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow app.workflow;
	v          app.run;
begin
	if coalesce(app.role(), '') <> 'hook' then
		perform app.need('run:write');
	end if;
	v_workflow := app.workflow_find(p->>'id');
	if app.role() = 'hook' and not exists (
		select from app.trigger t where t.id = app.token_id() and t.workflow_id = v_workflow.id) then
		raise exception using errcode = 'MR404', message = 'no such workflow';
	end if;
	v := app.run_start(v_workflow, null, (p->'payload')::json, null);
	if app.role() <> 'hook' then  -- a webhook's run is its own record
		perform app.audit_add('run.create', 'run', v.id, jsonb_build_object('workflow_id', v.workflow_id));
	end if;
	return app.run_json(v);
end
$$;
revoke all on function api.workflow_execute(jsonb) from public;
grant execute on function api.workflow_execute(jsonb) to mr_web;

-- api.run_list({workflow_id?, status?, trigger_type?, from?, to?, q?, limit?, cursor?}) -> runs, newest first.
--   Needs run:read. Raises MR404 on an unknown workflow, MR400 on a filter.
create or replace function api.run_list(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow uuid;
begin
	perform app.need('run:read');
	if p->>'workflow_id' is not null then
		v_workflow := (app.workflow_find(p->>'workflow_id')).id;
	end if;
	return app.run_list('run_list', p, v_workflow);
end
$$;
revoke all on function api.run_list(jsonb) from public;
grant execute on function api.run_list(jsonb) to mr_web;

-- api.workflow_run_list({id, status?, trigger_type?, from?, to?, q?, limit?, cursor?}) -> runs of a workflow, newest first.
--   Needs run:read. Raises MR404, MR400 on a filter.
create or replace function api.workflow_run_list(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('run:read');
	return app.run_list('workflow_run_list', p, (app.workflow_find(p->>'id')).id);
end
$$;
revoke all on function api.workflow_run_list(jsonb) from public;
grant execute on function api.workflow_run_list(jsonb) to mr_web;

-- api.run_status({id}) -> {id, status, current_nodes, progress, variables, context, live_seq}, true while it runs.
--   progress: share of the nodes that are done. Values of variables need run:data. Needs run:read. Raises MR404.
create or replace function api.run_status(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('run:read');
	return app.run_status_json(app.run_find(p->>'id'));
end
$$;
revoke all on function api.run_status(jsonb) from public;
grant execute on function api.run_status(jsonb) to mr_web;

-- api.run_cancel({id}) -> the run, cancelled; workers abort what is in flight. Needs run:write.
--   Raises MR404, MR409 it is over already.
create or replace function api.run_cancel(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_run app.run;
	v     app.run;
begin
	perform app.need('run:write');
	v_run := app.run_find(p->>'id');
	perform app.workflow_share_need(v_run.workflow_id, 'run');
	v := app.run_stop(v_run.id);
	if v.id is null then
		v_run := app.run_find(p->>'id');
		perform app.fail('MR409', format('the run is over: it has %s', case v_run.status when 'cancelled' then 'been cancelled' else v_run.status end));
	end if;
	perform app.audit_add('run.cancel', 'run', v.id, null);
	return app.run_json(v);
end
$$;
revoke all on function api.run_cancel(jsonb) from public;
grant execute on function api.run_cancel(jsonb) to mr_web;

-- api.run_pause({id}) -> the run, paused: what is in flight ends and is recorded, no further step begins. Needs run:write.
--   Paused already: as it is. Raises MR404, MR409 it is over.
create or replace function api.run_pause(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('run:write');
	perform app.run_switch(p->>'id', 'pause', 'it can''t be paused');
	return app.run_json(app.run_find(p->>'id'));
end
$$;
revoke all on function api.run_pause(jsonb) from public;
grant execute on function api.run_pause(jsonb) to mr_web;

-- api.run_resume({id}) -> the run, queued: it goes on where it was. Needs run:write.
--   Not paused: as it is. Raises MR404, MR409 it is over.
create or replace function api.run_resume(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('run:write');
	perform app.run_switch(p->>'id', 'resume', 'it can''t go on');
	return app.run_json(app.run_find(p->>'id'));
end
$$;
revoke all on function api.run_resume(jsonb) from public;
grant execute on function api.run_resume(jsonb) to mr_web;

-- api.run_bulk({action: pause|resume|cancel, run_ids? | workflow_id?, status?, trigger_type?, from?, to?, q?; limit?, cursor?})
--   -> {changed, skipped, next_cursor}: one step, newest first; the next one goes on from next_cursor, null: that was the last.
--   skipped: of those looked at, the ones that are over or so already, that a worker was just writing, or of a private workflow
--   that isn't shared to run. Doing it again changes nothing twice. Needs run:write. Raises MR404 no such workflow or run, MR400 on a filter.
create or replace function api.run_bulk(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v jsonb;
begin
	perform app.need('run:write');
	v := app.run_bulk(p);
	if v->'ids' <> '[]' then
		perform app.live_tell_all(array(select x::uuid from jsonb_array_elements_text(v->'ids') as x));
		perform app.audit_add('run.' || (p->>'action'), 'run', null, jsonb_build_object('runs', v->'ids', 'filter', p - 'run_ids' - 'cursor'));
	end if;
	return v - 'ids';
end
$$;
revoke all on function api.run_bulk(jsonb) from public;
grant execute on function api.run_bulk(jsonb) to mr_web;

-- api.run_retry({id, from?: start|failed, version?: same|newest}) -> a new run with retry_of, queued. `failed` keeps the outputs of
--   what succeeded. Needs run:write. Raises MR404; MR409 the run isn't over, hasn't failed (from failed), its workflow was
--   deleted, or has no such trigger in its newest version.
create or replace function api.run_retry(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.run;
begin
	perform app.need('run:write');
	v := app.run_retry(app.run_find(p->>'id'), p);
	return app.run_json(v);  -- a statement of its own: a stable function sees what was there when its statement began
end
$$;
revoke all on function api.run_retry(jsonb) from public;
grant execute on function api.run_retry(jsonb) to mr_web;
