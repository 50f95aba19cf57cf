-- timer: wakes runs whose time has come.
set local role mr_work;

-- work.timer_end(addresses of rows that are locked) -> how many of their runs became ready: those wait no longer.
create or replace function work.timer_end(p_tid tid[])
returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v_n integer;
begin
	with due as (
		delete from app.timer t
		 where t.ctid = any (p_tid)
		returning t.workspace_id, t.run_id, t.fence, t.prio),
	woken as (
		update app.run r
		   set status = 'queued'
		  from due d
		 where r.workspace_id = d.workspace_id and r.id = d.run_id and r.status = 'waiting'
		returning r.workspace_id, r.id)
	insert into app.run_queue (workspace_id, run_id, fence, prio)
	select d.workspace_id, d.run_id, d.fence, d.prio
	  from due d
	  join woken w on w.workspace_id = d.workspace_id and w.id = d.run_id;
	get diagnostics v_n = row_count;
	return v_n;
end
$$;
revoke all on function work.timer_end(tid[]) from public;

-- work.timer_fire(limit) -> how many runs became ready, and in how many ms the next timer is due (null: none).
--   Any number of workers may call it at once: a timer row is taken by one of them.
create or replace function work.timer_fire(p_limit integer, out fired integer, out next_ms bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	fired := work.timer_end(array(
		select t.ctid from app.timer t
		 where t.due_at <= clock_timestamp()
		 order by t.due_at
		 limit p_limit
		   for update skip locked));
	select greatest(0, ceil(extract(epoch from t.due_at - clock_timestamp()) * 1000))::bigint into next_ms
	  from app.timer t
	 order by t.due_at
	 limit 1;
end
$$;
revoke all on function work.timer_fire(integer) from public;
grant execute on function work.timer_fire(integer) to mr_worker;
