-- tick: the one transaction of the engine: record finished steps, move runs on, claim the next ones.
set local role mr_work;

-- work.tick(worker, cap, claims, runs…, steps…, log lines…) -> stale runs, then claimed ones.
--
--   p_tid            addresses of ready rows to claim, from work.feed. An address is a hint: gone or taken, no row
--                    comes back; reused for another ready row, that one is claimed, which is as good.
--   p_ws … p_current one entry for each run that is written, with the fence of its claim. p_status is where it goes:
--                    succeeded, failed, cancelled  it ends; its queue row goes
--                    waiting                       it waits until p_due, or for what work/wait.sql ends; its queue row becomes a timer
--                    running                       it goes on, I/O is in flight: the cap is extended, p_current kept
--                    queued                        it is given back (the worker stops); no loss is counted
--                    paused                        its steps in flight have ended, and it began no more; resumed meanwhile, it
--                                                  is given back
--                  A run that was paused under its lease stays paused, though the steps that were in flight were its last:
--                  resumed, it ends by what is recorded. A failure ends it.
--   p_steps … p_bytes  what the run's steps of this call have used, those of s_again left out: how many were tried, how
--                    long they took, and the octets of what is kept of them (app/meter.sql)
--   What failed starts its error workflow, in this transaction (work.error_run).
--   s_…              the steps of those runs that ended; s_again: the row exists already as running or waiting
--   l_…              log lines of those runs
--
--   Fence 0 is that of a run which nobody has claimed yet: web offered it, and it ends with this (worker/offer.h). Where
--   somebody has claimed it meanwhile the fence is another, and it is theirs.
--
--   Rows with is_stale name runs whose fence or owner no longer matches: nothing of them was written, the worker
--   forgets them. The other runs of the call are not affected. The rest are the claimed runs, with what they need
--   to start: the trigger's data, and seq > 0 when steps were recorded before (work.run_load reads them).
create or replace function work.tick(
	p_worker bigint, p_cap_ms integer, p_tid tid[],
	p_ws uuid[], p_run uuid[], p_fence bigint[], p_status text[], p_seq integer[], p_output json[], p_response json[],
	p_started timestamptz[], p_due timestamptz[], p_error json[], p_current json[],
	p_workflow uuid[], p_steps integer[], p_us bigint[], p_bytes bigint[],
	s_ws uuid[], s_run uuid[], s_node text[], s_iteration integer[], s_attempt smallint[], s_no integer[],
	s_status text[], s_started timestamptz[], s_duration bigint[], s_source json[], s_output json[], s_error json[],
	s_again boolean[],
	l_ws uuid[], l_run uuid[], l_id uuid[], l_node text[], l_level text[], l_at timestamptz[], l_message text[],
	l_data json[])
returns table (
	is_stale boolean, workspace_id uuid, run_id uuid, fence bigint, lost smallint, workflow_id uuid, version_id uuid,
	version integer, trigger_type text, node_id text, is_sync boolean, seq integer, created_at timestamptz,
	started_at timestamptz, due_at timestamptz, input json, variables json, delivery_id uuid, method text, query text,
	headers json, content_type text, body bytea)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
	v_ours  uuid[];
	v_kept  uuid[];
	v_held  uuid[];
	v_cap   constant interval := make_interval(secs => p_cap_ms / 1000.0);
	v_keeps constant boolean := p_status && array['running', 'queued', 'paused'];
	v_all   boolean;
begin
	if cardinality(p_run) > 0 then
		with d as (
			delete from app.run_queue q
			 using unnest(p_ws, p_run, p_fence, p_status) as f (ws, run, fence, status)
			 where q.workspace_id = f.ws and q.run_id = f.run
			   and q.fence = f.fence and q.lease_owner = case f.fence when 0 then 0 else p_worker end
			   and (f.status not in ('running', 'queued', 'paused') or q.is_paused and f.status <> 'running')
			returning q.run_id, q.is_paused)
		select array_agg(d.run_id), array_agg(d.run_id) filter (where d.is_paused) into v_ours, v_held from d;
		if v_keeps then
			with u as (
				update app.run_queue q
				   set lease_until = clock_timestamp() + v_cap,
				       current_nodes = f.current_nodes,
				       lease_owner = case f.status when 'running' then q.lease_owner else 0 end,
				       ready_xid = case f.status when 'running' then q.ready_xid else pg_current_xact_id() end
				  from unnest(p_ws, p_run, p_fence, p_status, p_current) as f (ws, run, fence, status, current_nodes)
				 where q.workspace_id = f.ws and q.run_id = f.run and q.fence = f.fence and q.lease_owner = p_worker
				   and f.status in ('running', 'queued', 'paused')
				returning q.run_id)
			select array_agg(u.run_id) into v_kept from u;
			v_ours := v_ours || v_kept;
		end if;
		if v_held is not null or p_status && array['paused'] then
			p_status := work.tick_paused(p_ws, p_run, p_status, v_held);
		end if;
		v_all := cardinality(v_ours) is not distinct from cardinality(p_run);
		if v_ours is not null then
			insert into app.meter (workspace_id, workflow_id, day, steps, compute_us, step_bytes)
			select f.ws, f.workflow, app.meter_day(f.run), sum(f.steps), sum(f.us), sum(f.bytes)
			  from unnest(p_ws, p_run, p_workflow, p_steps, p_us, p_bytes) as f (ws, run, workflow, steps, us, bytes)
			 where (v_all or f.run = any (v_ours)) and f.bytes + f.us + f.steps > 0
			 group by f.ws, f.workflow, app.meter_day(f.run);
			insert into app.step (workspace_id, run_id, node_id, iteration, attempt, step_no, status, started_at, duration_us,
			                      source, output, error)
			select s.ws, s.run, s.node, s.iteration, s.attempt, s.no, s.status, s.started, s.duration, s.source, s.output,
			       s.error
			  from unnest(s_ws, s_run, s_node, s_iteration, s_attempt, s_no, s_status, s_started, s_duration, s_source,
			              s_output, s_error, s_again)
			       as s (ws, run, node, iteration, attempt, no, status, started, duration, source, output, error, again)
			 where not s.again and (v_all or s.run = any (v_ours));
			if s_status && array['waiting'] then
				perform work.wait_open(v_ours, s_ws, s_run, s_node, s_iteration, s_attempt, s_status, s_output);
			end if;
			if true = any (s_again) then
				perform work.record_again(v_ours, s_ws, s_run, s_node, s_iteration, s_attempt, s_no, s_status, s_duration,
				    s_source, s_output, s_error, s_again);
			end if;
			update app.run r
			   set status = case
			           when f.status <> 'running' then f.status
			           when f.seq > r.seq and r.status <> 'paused' then 'running'
			           else r.status end,
			       seq = greatest(f.seq, r.seq),
			       output = case when f.status <> 'paused' then f.output end,
			       response = case when f.status <> 'paused' then f.response end,
			       started_at = coalesce(r.started_at, f.started),
			       completed_at = case when f.status in ('succeeded', 'failed', 'cancelled') then clock_timestamp() end
			  from unnest(p_ws, p_run, p_status, p_seq, p_output, p_response, p_started)
			       as f (ws, run, status, seq, output, response, started)
			 where r.workspace_id = f.ws and r.id = f.run
			   and (v_all or f.run = any (v_ours))
			   and (f.status <> 'running' or f.seq > r.seq);
			if p_status && array['waiting'] then
				insert into app.timer (workspace_id, run_id, due_at, fence, prio)
				select f.ws, f.run, case when work.wait_has_ended(f.ws, f.run) then clock_timestamp() else f.due end,
				       f.fence, r.priority
				  from unnest(p_ws, p_run, p_fence, p_status, p_due) as f (ws, run, fence, status, due)
				  join app.run r on r.workspace_id = f.ws and r.id = f.run
				 where f.status = 'waiting' and (v_all or f.run = any (v_ours));
			end if;
			if p_status && array['failed', 'cancelled'] then
				insert into app.run_outcome (workspace_id, run_id, workflow_id, status, error)
				select f.ws, f.run, r.workflow_id, f.status, f.error
				  from unnest(p_ws, p_run, p_status, p_error) as f (ws, run, status, error)
				  join app.run r on r.workspace_id = f.ws and r.id = f.run
				 where f.status in ('failed', 'cancelled') and (v_all or f.run = any (v_ours));
				perform work.error_run(array_agg(f.ws), array_agg(f.run))
				   from unnest(p_ws, p_run, p_status) as f (ws, run, status)
				  where f.status = 'failed' and (v_all or f.run = any (v_ours))
				 having count(*) > 0;
				perform work.wait_cancel(p_ws, p_run, array(select f.run from unnest(p_run, p_status) as f (run, status)
				                                             where f.status in ('failed', 'cancelled') and f.run = any (v_ours)));
			end if;
			if cardinality(l_run) > 0 then
				insert into app.log (workspace_id, run_id, id, node_id, level, at, message, data)
				select l.* from unnest(l_ws, l_run, l_id, l_node, l_level, l_at, l_message, l_data)
				       as l (ws, run, id, node, level, at, message, data)
				 where v_all or l.run = any (v_ours);
				perform work.meter_log(v_ours, l_ws, l_run, l_message, l_data);
			end if;
		end if;
		if not v_all then
			return query
			select true, f.ws, f.run, f.fence, null::smallint, null::uuid, null::uuid, null::integer, null::text,
			       null::text, null::boolean, null::integer, null::timestamptz, null::timestamptz, null::timestamptz,
			       null::json, null::json, null::uuid, null::text, null::text, null::json, null::text, null::bytea
			  from unnest(p_ws, p_run, p_fence) as f (ws, run, fence)
			 where v_ours is null or f.run <> all (v_ours);
		end if;
	end if;

	if cardinality(p_tid) > 0 then
		return query select false, c.* from work.claim(p_worker, p_cap_ms, p_tid, cardinality(p_run) = 0) c;
	end if;
end
$$;
revoke all on function work.tick(bigint, integer, tid[], uuid[], uuid[], bigint[], text[], integer[], json[], json[],
	timestamptz[], timestamptz[], json[], json[], uuid[], integer[], bigint[], bigint[], uuid[], uuid[], text[], integer[], smallint[], integer[], text[],
	timestamptz[], bigint[], json[], json[], json[], boolean[], uuid[], uuid[], uuid[], text[], text[], timestamptz[],
	text[], json[]) from public;
grant execute on function work.tick(bigint, integer, tid[], uuid[], uuid[], bigint[], text[], integer[], json[], json[],
	timestamptz[], timestamptz[], json[], json[], uuid[], integer[], bigint[], bigint[], uuid[], uuid[], text[], integer[], smallint[], integer[], text[],
	timestamptz[], bigint[], json[], json[], json[], boolean[], uuid[], uuid[], uuid[], text[], text[], timestamptz[],
	text[], json[]) to mr_worker;

-- work.tick_paused(runs, where they go, those whose lease ended while they were paused) -> where they go: these stay paused
--   unless they end as failed or cancelled; who is to be paused and isn't was resumed, and is queued. Part of work.tick.
create or replace function work.tick_paused(p_ws uuid[], p_run uuid[], p_status text[], p_held uuid[])
returns text[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_status text[];
begin
	select array_agg(case
	           when f.run <> all (coalesce(p_held, '{}')) then case f.status when 'paused' then 'queued' else f.status end
	           when f.status in ('failed', 'cancelled') then f.status
	           else 'paused' end order by f.ord)
	  into v_status
	  from unnest(p_run, p_status) with ordinality as f (run, status, ord);
	delete from app.run_pause p
	 using unnest(p_ws, p_run, v_status) as f (ws, run, status)
	 where p.workspace_id = f.ws and p.run_id = f.run and f.run = any (p_held) and f.status <> 'paused';
	return v_status;
end
$$;
revoke all on function work.tick_paused(uuid[], uuid[], text[], uuid[]) from public;

-- work.record_again(ours, steps…): the steps of runs in `ours` whose row exists: it gets its outcome, and what it grows by is
--   metered; a step that was parked had no duration but waiting. What it waited for is waited for no longer. Part of work.tick, and only ever called by it: the fences
--   were compared there.
create or replace function work.record_again(
	p_ours uuid[],
	s_ws uuid[], s_run uuid[], s_node text[], s_iteration integer[], s_attempt smallint[], s_no integer[],
	s_status text[], s_duration bigint[], s_source json[], s_output json[], s_error json[], s_again boolean[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	insert into app.meter (workspace_id, workflow_id, day, compute_us, step_bytes)
	select r.workspace_id, r.workflow_id, app.meter_day(r.id),
	       sum(case when t.status = 'running' then s.duration - t.duration_us else 0 end),
	       sum(app.step_bytes(s.source, s.output, s.error) - app.step_bytes(t.source, t.output, t.error))
	  from unnest(s_ws, s_run, s_node, s_iteration, s_attempt, s_duration, s_source, s_output, s_error, s_again)
	       as s (ws, run, node, iteration, attempt, duration, source, output, error, again)
	  join app.step t on t.workspace_id = s.ws and t.run_id = s.run and t.node_id = s.node and t.iteration = s.iteration
	       and t.attempt = s.attempt and t.status in ('running', 'waiting')
	  join app.run r on r.workspace_id = s.ws and r.id = s.run
	 where s.again and s.run = any (p_ours)
	 group by r.workspace_id, r.workflow_id, app.meter_day(r.id);
	update app.step t
	   set step_no = s.no, status = s.status, duration_us = s.duration, source = s.source, output = s.output,
	       error = s.error
	  from unnest(s_ws, s_run, s_node, s_iteration, s_attempt, s_no, s_status, s_duration, s_source, s_output, s_error,
	              s_again)
	       as s (ws, run, node, iteration, attempt, no, status, duration, source, output, error, again)
	 where s.again and s.run = any (p_ours)
	   and t.workspace_id = s.ws and t.run_id = s.run and t.node_id = s.node and t.iteration = s.iteration
	   and t.attempt = s.attempt and t.status in ('running', 'waiting');
	update app.wait w
	   set status = 'cancelled', ended_at = clock_timestamp()
	  from unnest(s_ws, s_run, s_node, s_iteration, s_attempt, s_again) as s (ws, run, node, iteration, attempt, again)
	 where s.again and s.run = any (p_ours)
	   and w.workspace_id = s.ws and w.run_id = s.run and w.node_id = s.node and w.iteration = s.iteration
	   and w.attempt = s.attempt and w.status = 'open';
end
$$;
revoke all on function work.record_again(uuid[], uuid[], uuid[], text[], integer[], smallint[], integer[], text[], bigint[],
	json[], json[], json[], boolean[]) from public;

-- work.meter_log(ours, log lines…): meters the log lines of runs in `ours`. Part of work.tick.
create or replace function work.meter_log(p_ours uuid[], l_ws uuid[], l_run uuid[], l_message text[], l_data json[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	insert into app.meter (workspace_id, workflow_id, day, log_bytes)
	select r.workspace_id, r.workflow_id, app.meter_day(r.id),
	       sum(octet_length(l.message) + coalesce(octet_length(l.data::text), 0))
	  from unnest(l_ws, l_run, l_message, l_data) as l (ws, run, message, data)
	  join app.run r on r.workspace_id = l.ws and r.id = l.run
	 where l.run = any (p_ours)
	 group by r.workspace_id, r.workflow_id, app.meter_day(r.id);
end
$$;
revoke all on function work.meter_log(uuid[], uuid[], uuid[], text[], json[]) from public;
