-- schedule: turns due times into runs. The due times themselves are worked out in C (flow/cron.h) and stored ahead,
-- so that pg_cron and workers fire from the same rows: whoever deletes the row makes the run, in one transaction.
set local role mr_work;

-- work.schedule_fire() -> the number of runs made.
--   A time is missed when it passed more than a minute ago: nobody was there to fire it. `skip` forgets missed
--   times, `one` makes one run for the latest of them, `all` makes one for each. A time that comes while the workspace's
--   quota is used up is missed.
create or replace function work.schedule_fire()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_now constant timestamptz := clock_timestamp();
	v_n   integer;
begin
	with due as (
		delete from app.schedule_due s
		 where s.ctid = any (array(
			select s2.ctid from app.schedule_due s2
			 where s2.due_at <= v_now
			 order by s2.due_at
			 limit 1000
			   for update skip locked))
		returning s.workspace_id, s.trigger_id, s.due_at),
	ranked as (
		select d.*, d.due_at < v_now - interval '1 minute' as is_missed,
		       row_number() over (partition by d.workspace_id, d.trigger_id,
		                          d.due_at < v_now - interval '1 minute' order by d.due_at desc) as newest
		  from due d),
	asked as (
		select t.workspace_id, t.id as trigger_id, t.workflow_id, t.version_id, v.number, t.node_id, t.priority,
		       r.due_at, app.uuid7() as run_id
		  from ranked r
		  join app.trigger t on t.workspace_id = r.workspace_id and t.id = r.trigger_id and t.is_active
		  join app.version v on v.workspace_id = t.workspace_id and v.id = t.version_id
		 where not r.is_missed or t.missed = 'all' or (t.missed = 'one' and r.newest = 1)),
	fire as (
		select a.*
		  from (select a.*, row_number() over (partition by a.workspace_id order by a.due_at) as ord from asked a) a
		  join (select n.workspace_id, r.room
		          from (select a.workspace_id, count(*)::integer as n from asked a group by a.workspace_id) n
		         cross join lateral app.run_room(n.workspace_id, n.n) r) w on w.workspace_id = a.workspace_id
		 where a.ord <= w.room),
	noted as (
		update app.trigger t
		   set fired_at = v_now
		  from (select distinct f.workspace_id, f.trigger_id from fire f) f
		 where t.workspace_id = f.workspace_id and t.id = f.trigger_id),
	made as (
		insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, trigger_id,
		                     due_at, priority, input)
		select f.workspace_id, f.run_id, f.workflow_id, f.version_id, f.number, 'schedule', f.node_id, f.trigger_id,
		       f.due_at, f.priority,
		       json_build_object('due_at', to_char(f.due_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
		  from fire f),
	metered as (
		insert into app.meter (workspace_id, workflow_id, day, runs)
		select f.workspace_id, f.workflow_id, app.meter_day(f.run_id), count(*)
		  from fire f
		 group by f.workspace_id, f.workflow_id, app.meter_day(f.run_id))
	insert into app.run_queue (workspace_id, run_id, prio)
	select f.workspace_id, f.run_id, f.priority from fire f;
	get diagnostics v_n = row_count;
	return v_n;
end
$$;
revoke all on function work.schedule_fire() from public;
grant execute on function work.schedule_fire() to mr_worker, mr_keep;

-- work.schedule_next() -> ms until the next due time (null: none), so that workers fire it to the second.
create or replace function work.schedule_next()
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	return (select greatest(0, ceil(extract(epoch from s.due_at - clock_timestamp()) * 1000))::bigint
	          from app.schedule_due s
	         order by s.due_at
	         limit 1);
end
$$;
revoke all on function work.schedule_next() from public;
grant execute on function work.schedule_next() to mr_worker;

-- work.schedule_low(limit) -> armed schedules whose stored due times end within the next hour, or are few.
create or replace function work.schedule_low(p_limit integer)
returns table (workspace_id uuid, trigger_id uuid, rule text, timezone text, due_until timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select t.workspace_id, t.id, t.rule, t.timezone, t.due_until
	  from app.trigger t
	 where t.type = 'schedule' and t.is_active and t.due_until < now() + interval '1 hour'
	 order by t.due_until
	 limit p_limit;
end
$$;
revoke all on function work.schedule_low(integer) from public;
grant execute on function work.schedule_low(integer) to mr_worker;

-- work.schedule_extend(workspace, trigger, until, due times): stores further due times.
--   `until` is the end as schedule_low gave it, to the millisecond: if another worker was faster nothing is stored
--   twice, or late.
--   No due times: the rule has come to its end (a one-time schedule).
create or replace function work.schedule_extend(p_ws uuid, p_trigger_id uuid, p_until timestamptz, p_due timestamptz[])
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.trigger t
	   set due_until = (select max(d) from unnest(p_due) as d)
	 where t.workspace_id = p_ws and t.id = p_trigger_id and t.is_active
	   and date_trunc('milliseconds', t.due_until) = p_until;
	if not found then
		return false;
	end if;
	insert into app.schedule_due (workspace_id, trigger_id, due_at)
	select p_ws, p_trigger_id, d from unnest(p_due) as d
	    on conflict do nothing;
	return true;
end
$$;
revoke all on function work.schedule_extend(uuid, uuid, timestamptz, timestamptz[]) from public;
grant execute on function work.schedule_extend(uuid, uuid, timestamptz, timestamptz[]) to mr_worker;
