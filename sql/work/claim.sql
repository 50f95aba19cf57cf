-- claim: takes ready runs for a worker. By itself when nothing is to be recorded; else work.tick calls it.
set local role mr_work;

-- work.claim(worker, cap, addresses from work.feed, alone) -> the claimed runs, with what they need to start: the trigger's
--   data, and seq > 0 when steps were recorded before (work.run_load reads them).
--   An address is a hint: gone or taken, no row comes back; reused for another ready row, that one is claimed, which is as
--   good. `alone`: nothing else is in this transaction, so it needs no flush: lost in a crash it leaves the run ready.
create or replace function work.claim(p_worker bigint, p_cap_ms integer, p_tid tid[], p_alone boolean)
returns table (
	workspace_id uuid, run_id uuid, fence bigint, lost smallint, workflow_id uuid, version_id uuid, version integer,
	trigger_type text, node_id text, is_sync boolean, seq integer, created_at timestamptz, started_at timestamptz,
	due_at timestamptz, input json, variables json, delivery_id uuid, method text, query text, headers json,
	content_type text, body bytea)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
	v_until  constant timestamptz := clock_timestamp() + make_interval(secs => p_cap_ms / 1000.0);
	v_now_us constant bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
	if p_alone then
		perform set_config('synchronous_commit', 'off', true);
	end if;
	-- Lock first, in a sub-select over the queue alone, and join afterwards: the planner multiplies the selectivities of a
	-- composite key and would sort the whole queue to return one row. The fence follows the clock, so that the same worker
	-- claiming the run again afterwards doesn't give its former self the same fence.
	return query
	with c as (
		update app.run_queue q
		   set lease_owner = p_worker, lease_until = v_until, fence = greatest(q.fence + 1, v_now_us)
		 where q.ctid = any (array(
			select q2.ctid from app.run_queue q2
			 where q2.ctid = any (p_tid) and q2.lease_owner = 0
			   for update skip locked))
		returning q.workspace_id, q.run_id, q.fence, q.lost)
	select c.workspace_id, c.run_id, c.fence, c.lost, r.workflow_id, r.version_id, r.version, r.trigger_type, r.node_id,
	       r.is_sync, r.seq, r.created_at, r.started_at, r.due_at, r.input, r.variables, d.id, d.method, d.query,
	       d.headers, d.content_type, d.body
	  from c
	  join app.run r on r.workspace_id = c.workspace_id and r.id = c.run_id
	  left join app.delivery d on d.workspace_id = r.workspace_id and d.id = r.delivery_id;
end
$$;
revoke all on function work.claim(bigint, integer, tid[], boolean) from public;
grant execute on function work.claim(bigint, integer, tid[], boolean) to mr_worker;
