-- error: what is started when a run has failed for good.
set local role mr_work;

-- work.error_run(workspaces, runs): one run of the error workflow of each of these runs, which have just failed. Part of the
--   transaction that records the failure (work.tick, work.freed): so it is neither lost nor made twice. Called only where something
--   failed; what succeeds pays nothing for it.
--   The error workflow is that of the version which failed; it begins at its error trigger, with {workflow, run, error}. A run that
--   an error trigger began starts none, nor do those that it started, or a fault in an error workflow would go round for ever. Where none can be started, since it
--   isn't active, has no error trigger that is enabled, or the quota is used up, the log of the failed run says so.
create or replace function work.error_run(p_ws uuid[], p_run uuid[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	v_ws   uuid[];
	v_run  uuid[];
	v_said text[];
begin
	with failed as (
		select r.workspace_id, r.id, r.workflow_id, w.name, r.retry_of, r.started_at, r.trigger_type, o.error, x.error_workflow_id
		  from unnest(p_ws, p_run) as f (ws, run)
		  join app.run r on r.workspace_id = f.ws and r.id = f.run
		  join app.version x on x.workspace_id = r.workspace_id and x.id = r.version_id and x.error_workflow_id is not null
		  join app.workflow w on w.workspace_id = r.workspace_id and w.id = r.workflow_id
		  join app.run_outcome o on o.workspace_id = r.workspace_id and o.run_id = r.id
		 where not exists (
			select from work.run_line(r.workspace_id, r.id) l
			  join app.trigger b on b.workspace_id = r.workspace_id and b.id = l.trigger_id
			 where b.type = 'error')),
	asked as (
		select f.*, t.id as trigger_id, t.workflow_id as starts, t.version_id, v.number, t.node_id, t.priority,
		       app.uuid7() as run_id
		  from failed f
		  left join lateral (
			select t.* from app.trigger t
			 where t.workspace_id = f.workspace_id and t.workflow_id = f.error_workflow_id and t.type = 'error' and t.is_active
			 order by t.id
			 limit 1) t on true
		  left join app.version v on v.workspace_id = t.workspace_id and v.id = t.version_id),
	room as (
		select n.workspace_id, r.room
		  from (select a.workspace_id, count(*)::integer as n from asked a where a.trigger_id is not null
		         group by a.workspace_id order by a.workspace_id) n
		 cross join lateral app.run_room(n.workspace_id, n.n) r),
	fire as (
		select a.*
		  from (select a.*, row_number() over (partition by a.workspace_id order by a.id) as ord
		          from asked a where a.trigger_id is not null) a
		  join room w on w.workspace_id = a.workspace_id
		 where a.ord <= w.room),
	made as (
		insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, trigger_id, parent_id,
		                     priority, input)
		select f.workspace_id, f.run_id, f.starts, f.version_id, f.number, 'error', f.node_id, f.trigger_id, f.id, f.priority,
		       json_build_object(
		           'workflow', json_build_object('id', f.workflow_id, 'name', f.name),
		           'run', json_build_object('id', f.id, 'url', '/runs/' || f.id, 'retry_of', f.retry_of,
		               'started_at', app.ts(f.started_at), 'mode', f.trigger_type),
		           'error', f.error)
		  from fire f),
	metered as (
		insert into app.meter (workspace_id, workflow_id, day, runs)
		select f.workspace_id, f.starts, app.meter_day(f.run_id), count(*)
		  from fire f
		 group by f.workspace_id, f.starts, app.meter_day(f.run_id)),
	queued as (
		insert into app.run_queue (workspace_id, run_id, prio)
		select f.workspace_id, f.run_id, f.priority from fire f)
	select array_agg(a.workspace_id), array_agg(a.id), array_agg(case
	           when a.trigger_id is null
	           then 'the error workflow was not started: it is not active, or has no error trigger that is switched on'
	           else 'the error workflow was not started: the quota of the workspace is used up' end)
	  into v_ws, v_run, v_said
	  from asked a
	 where a.run_id not in (select f.run_id from fire f);
	if v_run is not null then
		insert into app.log (workspace_id, run_id, id, level, at, message)
		select f.ws, f.run, app.uuid7(), 'warn', clock_timestamp(), f.said from unnest(v_ws, v_run, v_said) as f (ws, run, said);
		perform work.meter_log(v_run, v_ws, v_run, v_said, array_fill(null::json, array[cardinality(v_run)]));
	end if;
end
$$;
revoke all on function work.error_run(uuid[], uuid[]) from public;
