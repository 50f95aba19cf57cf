-- meter: what a tick has used. See app/meter.sql for what is counted, and why the rows are appended.
set local role mr_work;

-- work.meter_tick(all, ours, steps…, log lines…): counts the steps and log lines of runs in `ours`, a row a workspace and
--   workflow. Part of work.tick, before work.record: of a row that is recorded again (s_again) only what it grows by is
--   counted, and a step that was parked had no duration but waiting.
create or replace function work.meter_tick(
	p_all boolean, p_ours uuid[],
	s_ws uuid[], s_run uuid[], s_node text[], s_iteration integer[], s_attempt smallint[], s_status text[],
	s_duration bigint[], s_source json[], s_output json[], s_error json[], s_again boolean[],
	l_ws uuid[], l_run uuid[], l_message text[], l_data json[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	if cardinality(s_run) > 0 then
		insert into app.meter (workspace_id, workflow_id, day, steps, compute_us, step_bytes)
		select r.workspace_id, r.workflow_id, app.meter_day(r.id), sum(x.steps), sum(x.us), sum(x.bytes)
		  from (
			select s.ws, s.run, count(*) filter (where s.status <> 'skipped') as steps, sum(s.duration) as us,
			       sum(app.step_bytes(s.source, s.output, s.error)) as bytes
			  from unnest(s_ws, s_run, s_status, s_duration, s_source, s_output, s_error, s_again)
			       as s (ws, run, status, duration, source, output, error, again)
			 where not s.again and (p_all or s.run = any (p_ours))
			 group by s.ws, s.run) x
		  join app.run r on r.workspace_id = x.ws and r.id = x.run
		 group by r.workspace_id, r.workflow_id, app.meter_day(r.id);
	end if;
	if true = any (s_again) then
		insert into app.meter (workspace_id, workflow_id, day, compute_us, step_bytes)
		select r.workspace_id, r.workflow_id, app.meter_day(r.id),
		       sum(case when t.status = 'running' then s.duration - t.duration_us else 0 end),
		       sum(app.step_bytes(s.source, s.output, s.error) - app.step_bytes(t.source, t.output, t.error))
		  from unnest(s_ws, s_run, s_node, s_iteration, s_attempt, s_duration, s_source, s_output, s_error, s_again)
		       as s (ws, run, node, iteration, attempt, duration, source, output, error, again)
		  join app.step t on t.workspace_id = s.ws and t.run_id = s.run and t.node_id = s.node and t.iteration = s.iteration
		       and t.attempt = s.attempt and t.status in ('running', 'waiting')
		  join app.run r on r.workspace_id = s.ws and r.id = s.run
		 where s.again and (p_all or s.run = any (p_ours))
		 group by r.workspace_id, r.workflow_id, app.meter_day(r.id);
	end if;
	if cardinality(l_run) > 0 then
		insert into app.meter (workspace_id, workflow_id, day, log_bytes)
		select r.workspace_id, r.workflow_id, app.meter_day(r.id),
		       sum(octet_length(l.message) + coalesce(octet_length(l.data::text), 0))
		  from unnest(l_ws, l_run, l_message, l_data) as l (ws, run, message, data)
		  join app.run r on r.workspace_id = l.ws and r.id = l.run
		 where p_all or l.run = any (p_ours)
		 group by r.workspace_id, r.workflow_id, app.meter_day(r.id);
	end if;
end
$$;
revoke all on function work.meter_tick(boolean, uuid[], uuid[], uuid[], text[], integer[], smallint[], text[], bigint[],
	json[], json[], json[], boolean[], uuid[], uuid[], text[], json[]) from public;
