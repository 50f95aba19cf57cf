-- load: what a worker reads once: definitions by version, and the recorded steps of a run that goes on.
set local role mr_work;

-- work.version_load(workspace, version) -> the definition, with what expressions know as `workflow`, and the key of callbacks.
create or replace function work.version_load(p_ws uuid, p_version_id uuid)
returns table (definition json, number integer, workflow_id uuid, workflow_name text, callback_key text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select v.definition, v.number, v.workflow_id, w.name, app.callback_key(p_ws)
	  from app.version v
	  join app.workflow w on w.workspace_id = v.workspace_id and w.id = v.workflow_id
	 where v.workspace_id = p_ws and v.id = p_version_id;
end
$$;
revoke all on function work.version_load(uuid, uuid) from public;
grant execute on function work.version_load(uuid, uuid) to mr_worker;

-- work.run_load(workspace, run) -> its recorded steps in order: the executor's state is a fold over them. The output of a step that
--   waits has an `ended` where what it waits for has ended (work.wait_said).
create or replace function work.run_load(p_ws uuid, p_run_id uuid)
returns table (node_id text, iteration integer, attempt smallint, step_no integer, status text,
               started_at timestamptz, duration_us bigint, source json, output json, error json)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform work.wait_expire(p_ws, p_run_id);
	return query
	select s.node_id, s.iteration, s.attempt, s.step_no, s.status, s.started_at, s.duration_us, s.source,
	       case s.status when 'waiting' then work.wait_said(s.workspace_id, s.run_id, s.node_id, s.iteration, s.attempt, s.output)
	                     else s.output end,
	       s.error
	  from app.step s
	 where s.workspace_id = p_ws and s.run_id = p_run_id
	 order by s.step_no;
end
$$;
revoke all on function work.run_load(uuid, uuid) from public;
grant execute on function work.run_load(uuid, uuid) to mr_worker;

-- work.notify(work, live): wakes the other side after a commit. Ids only, coalesced by the caller; nothing depends on it.
create or replace function work.notify(p_work boolean, p_live text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_work then
		perform pg_notify('mr_work', '');
	end if;
	if p_live <> '' then
		perform pg_notify('mr_live', p_live);
	end if;
end
$$;
revoke all on function work.notify(boolean, text) from public;
grant execute on function work.notify(boolean, text) to mr_worker;
