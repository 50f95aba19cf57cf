-- queue: joining, heartbeat, feed, reaper and mark: everything about leases but the claim, which is in tick.sql.
--
-- The hot path never searches app.run_queue. Arrivals are read once, from a cursor to the right end of the index on
-- ready_xid (work.feed); a claim names heap addresses (work.tick). So dead rows cost space, not searches.
set local role mr_work;

-- work.worker_join(host, pid) -> the id of a new worker. Ids are never used again: a worker that was reaped joins anew.
create or replace function work.worker_join(p_host text, p_pid integer)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id bigint;
begin
	insert into app.worker (host, pid) values (p_host, p_pid) returning id into v_id;
	return v_id;
end
$$;
revoke all on function work.worker_join(text, integer) from public;
grant execute on function work.worker_join(text, integer) to mr_worker;

-- work.worker_leave(worker): the process ends; what it still holds is ready again, and no loss is counted.
create or replace function work.worker_leave(p_worker bigint)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.run_queue q
	   set lease_owner = 0, ready_xid = pg_current_xact_id(), current_nodes = null
	 where q.lease_owner = p_worker
	   and q.ready_xid >= (select m.low from app.queue_mark m);
	perform work.freed();
	delete from app.worker w where w.id = p_worker;
end
$$;
revoke all on function work.worker_leave(bigint) from public;
grant execute on function work.worker_leave(bigint) to mr_worker;

-- work.heartbeat(worker, load) -> is_alive, and this worker's place i of n among the living, in order of id.
--   Renews all leases of the worker at once. Not alive: the reaper took its row; it must stop its runs and join anew.
create or replace function work.heartbeat(p_worker bigint, p_load jsonb,
	out is_alive boolean, out place integer, out workers integer)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.worker w
	   set heartbeat_at = clock_timestamp(), load = p_load
	 where w.id = p_worker;
	is_alive := found;
	select count(*) filter (where w.id < p_worker), count(*)
	  into place, workers
	  from app.worker w;
end
$$;
revoke all on function work.heartbeat(bigint, jsonb) from public;
grant execute on function work.heartbeat(bigint, jsonb) to mr_worker;

-- work.feed(last, low) -> what became ready since the snapshot `last`; null: everything at or above the mark.
--   The first row carries this call's snapshot, to be given to the next call, and nothing else. The function is
--   stable, so the whole call sees that one snapshot: a row invisible last time belongs to a transaction at or
--   above its xmax, or among those then under way, so late commits are not lost. READ COMMITTED only.
create or replace function work.feed(p_last pg_snapshot)
returns table (snapshot text, workspace_id uuid, run_id uuid, prio smallint, lost smallint, tid tid)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	return query select pg_current_snapshot()::text, null::uuid, null::uuid, null::smallint, null::smallint, null::tid;
	if p_last is null then
		return query
		select null::text, q.workspace_id, q.run_id, q.prio, q.lost, q.ctid
		  from app.run_queue q
		 where q.ready_xid >= (select m.low from app.queue_mark m) and q.lease_owner = 0;
	else
		return query
		select null::text, q.workspace_id, q.run_id, q.prio, q.lost, q.ctid
		  from app.run_queue q
		 where q.ready_xid >= pg_snapshot_xmax(p_last) and q.lease_owner = 0
		 union all
		select null::text, q.workspace_id, q.run_id, q.prio, q.lost, q.ctid
		  from app.run_queue q
		 where q.ready_xid = any (array(select pg_snapshot_xip(p_last))) and q.lease_owner = 0;
	end if;
end
$$;
revoke all on function work.feed(pg_snapshot) from public;
grant execute on function work.feed(pg_snapshot) to mr_worker;

-- work.lost(worker, runs, fences) -> which of these are no longer the worker's: cancelled, or reaped; and which are to begin no
--   further step, since they were paused.
create or replace function work.lost(p_worker bigint, p_ws uuid[], p_run uuid[], p_fence bigint[])
returns table (run_id uuid, fence bigint, is_paused boolean)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
	return query
	select f.run, f.fence, q.run_id is not null
	  from unnest(p_ws, p_run, p_fence) as f (ws, run, fence)
	  left join app.run_queue q
	    on q.workspace_id = f.ws and q.run_id = f.run and q.fence = f.fence and q.lease_owner = p_worker
	 where q.run_id is null or q.is_paused;
end
$$;
revoke all on function work.lost(bigint, uuid[], uuid[], bigint[]) from public;
grant execute on function work.lost(bigint, uuid[], uuid[], bigint[]) to mr_worker;

-- work.sweep(worker, known, counted) -> the number of runs given back.
--   The outcome of a tick is unknown to the worker: whatever it holds in the queue but not in memory (`known`) is
--   given back. A loss is counted for those in `counted`, whose data broke the tick.
create or replace function work.sweep(p_worker bigint, p_known uuid[], p_counted uuid[])
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v_n integer;
begin
	update app.run_queue q
	   set lease_owner = 0, ready_xid = pg_current_xact_id(), current_nodes = null,
	       lost = q.lost + (q.run_id = any (p_counted))::integer
	 where q.ready_xid >= (select m.low from app.queue_mark m)
	   and q.lease_owner = p_worker
	   and q.run_id <> all (p_known);
	get diagnostics v_n = row_count;
	perform work.freed();
	return v_n;
end
$$;
revoke all on function work.sweep(bigint, uuid[], uuid[]) from public;
grant execute on function work.sweep(bigint, uuid[], uuid[]) to mr_worker;

-- work.freed(): what becomes of runs whose lease was just taken back. Part of work.reap, work.sweep and work.worker_leave.
--   Three leases lost: it ends as failed, since a run that kills its worker must not do so for ever. Paused: it leaves the queue.
create or replace function work.freed()
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v_ws  uuid[];
	v_run uuid[];
begin
	with dead as (
		delete from app.run_queue q
		 where q.ready_xid >= (select m.low from app.queue_mark m)
		   and q.lease_owner = 0 and (q.lost >= 3 or q.is_paused)
		returning q.workspace_id, q.run_id, q.lost),
	awake as (
		delete from app.run_pause p
		 using dead d
		 where p.workspace_id = d.workspace_id and p.run_id = d.run_id and d.lost >= 3),
	unawaited as (
		update app.wait w
		   set status = 'cancelled', ended_at = clock_timestamp()
		  from dead d
		 where w.workspace_id = d.workspace_id and w.run_id = d.run_id and d.lost >= 3 and w.status = 'open'),
	ended as (
		update app.run r
		   set status = 'failed', completed_at = clock_timestamp(), seq = r.seq + 1
		  from dead d
		 where r.workspace_id = d.workspace_id and r.id = d.run_id and d.lost >= 3
		returning r.workspace_id, r.id, r.workflow_id),
	told as (
		insert into app.run_outcome (workspace_id, run_id, workflow_id, status, error)
		select e.workspace_id, e.id, e.workflow_id, 'failed',
		       json_build_object('code', 'QUARANTINED', 'message',
		           'three workers were lost while they held this run; it is kept from starting again', 'node', null)
		  from ended e
		returning workspace_id, run_id)
	select array_agg(t.workspace_id), array_agg(t.run_id) into v_ws, v_run from told t;
	if v_run is not null then
		perform work.error_run(v_ws, v_run);
	end if;
end
$$;
revoke all on function work.freed() from public;

-- work.reap(silent) -> the number of runs freed.
--   Deletes workers silent for p_silent_ms (or whose heartbeat lies ahead of the clock: the clock went back), then
--   frees the runs of workers that are gone, and those whose cap is over. A freed run gets a new ready_xid, which
--   brings it into every worker's next feed, and a loss is counted. Silence that began while the server itself was
--   down is nobody's fault, so nothing is reaped right after its start.
create or replace function work.reap(p_silent_ms integer)
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v_silent constant interval := make_interval(secs => p_silent_ms / 1000.0);
	v_now    constant timestamptz := clock_timestamp();
	v_n      integer;
begin
	if not pg_try_advisory_xact_lock(hashtext('millrace.reap')) then
		return 0;
	elsif pg_postmaster_start_time() > v_now - v_silent then
		return 0;
	end if;
	delete from app.worker w
	 where w.heartbeat_at < v_now - v_silent or w.heartbeat_at > v_now + v_silent;
	update app.run_queue q
	   set lease_owner = 0, ready_xid = pg_current_xact_id(), lost = q.lost + 1, current_nodes = null
	 where q.ready_xid >= (select m.low from app.queue_mark m)
	   and q.lease_owner <> 0
	   and (not exists (select from app.worker w where w.id = q.lease_owner)
	        or q.lease_until < v_now or q.lease_until > v_now + interval '1 day');
	get diagnostics v_n = row_count;
	if v_n > 0 then
		perform work.freed();
	end if;
	return v_n;
end
$$;
revoke all on function work.reap(integer) from public;
grant execute on function work.reap(integer) to mr_worker, mr_keep;

-- work.mark(): moves queue_mark.low up to the smallest ready_xid that may still be alive.
--   The snapshot's xmin is taken first: a transaction below it has ended, so its rows are visible to the search.
create or replace function work.mark()
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v_xmin xid8 := pg_snapshot_xmin(pg_current_snapshot());
	v_low  xid8;
begin
	if not pg_try_advisory_xact_lock(hashtext('millrace.mark')) then
		return;
	end if;
	select q.ready_xid into v_low
	  from app.run_queue q
	 where q.ready_xid >= (select m.low from app.queue_mark m)
	 order by q.ready_xid
	 limit 1;
	update app.queue_mark m
	   set low = least(v_xmin, coalesce(v_low, v_xmin))
	 where m.low < least(v_xmin, coalesce(v_low, v_xmin));
end
$$;
revoke all on function work.mark() from public;
grant execute on function work.mark() to mr_worker, mr_keep;
