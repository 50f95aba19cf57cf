-- usage: from the meter to the tables that quotas, usage views and bills read.
set local role mr_keep;

-- ops.usage_rollup() -> the number of rows taken out of the meter. Each minute.
--   One statement takes rows out and adds them up, so each is counted once, whether it crashes, runs twice or two run at
--   once. Workspaces near a limit are told in the same transaction.
create or replace function ops.usage_rollup()
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_n    bigint;
	-- Taken before: what is below it has ended, so the statement below sees its rows.
	v_xmin constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
begin
	with gone as (
		delete from app.meter m returning m.*),
	sums as (
		select g.workspace_id, g.workflow_id, date_trunc('hour', g.at, 'UTC') as hour, (g.at at time zone 'utc')::date as day,
		       sum(g.runs) as runs, sum(g.deliveries) as deliveries, sum(g.steps) as steps, sum(g.compute_us) as us,
		       sum(g.delivery_bytes + g.step_bytes + g.log_bytes) as bytes, count(*) as n
		  from gone g
		 group by 1, 2, 3, 4),
	hours as (
		insert into app.usage_hour as u (workspace_id, hour, runs, deliveries, steps, compute_us, bytes)
		select s.workspace_id, s.hour, sum(s.runs), sum(s.deliveries), sum(s.steps), sum(s.us), sum(s.bytes)
		  from sums s
		 group by s.workspace_id, s.hour
		on conflict (workspace_id, hour) do update
		   set runs = u.runs + excluded.runs, deliveries = u.deliveries + excluded.deliveries,
		       steps = u.steps + excluded.steps, compute_us = u.compute_us + excluded.compute_us,
		       bytes = u.bytes + excluded.bytes),
	days as (
		insert into app.usage_day as u (workspace_id, workflow_id, day, runs, deliveries, steps, compute_us, bytes)
		select s.workspace_id, s.workflow_id, s.day, sum(s.runs), sum(s.deliveries), sum(s.steps), sum(s.us), sum(s.bytes)
		  from sums s
		 group by s.workspace_id, s.workflow_id, s.day
		on conflict (workspace_id, day, workflow_id) do update
		   set runs = u.runs + excluded.runs, deliveries = u.deliveries + excluded.deliveries,
		       steps = u.steps + excluded.steps, compute_us = u.compute_us + excluded.compute_us,
		       bytes = u.bytes + excluded.bytes),
	months as (
		insert into app.usage_month as u (workspace_id, month, runs, deliveries, steps, compute_us, bytes)
		select s.workspace_id, date_trunc('month', s.day)::date, sum(s.runs), sum(s.deliveries), sum(s.steps), sum(s.us),
		       sum(s.bytes)
		  from sums s
		 group by s.workspace_id, date_trunc('month', s.day)
		on conflict (workspace_id, month) do update
		   set runs = u.runs + excluded.runs, deliveries = u.deliveries + excluded.deliveries,
		       steps = u.steps + excluded.steps, compute_us = u.compute_us + excluded.compute_us,
		       bytes = u.bytes + excluded.bytes),
	kept as (
		insert into app.usage_kept as u (workspace_id, rel, day, bytes)
		select g.workspace_id, k.rel, g.day, sum(k.bytes)
		  from gone g
		 cross join lateral (values ('step', g.step_bytes), ('log', g.log_bytes), ('delivery', g.delivery_bytes)) k (rel, bytes)
		 where k.bytes <> 0
		 group by g.workspace_id, k.rel, g.day
		on conflict (workspace_id, rel, day) do update
		   set bytes = u.bytes + excluded.bytes)
	select coalesce(sum(s.n), 0) into v_n from sums s;
	update app.meter_mark k set low = v_xmin where k.low < v_xmin;
	perform ops.usage_tell();
	return v_n;
end
$$;
revoke all on function ops.usage_rollup() from public;
grant execute on function ops.usage_rollup() to mr_ops;

-- ops.usage_tell() -> how many notices were written: to each workspace once a month, kind and level, at 80 and at 100
--   percent of a limit, with a mail to its owners and admins, if their addresses can get one: nobody's address stops the
--   roll-up. Part of ops.usage_rollup.
create or replace function ops.usage_tell()
returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_row record;
	v_n   integer := 0;
begin
	for v_row in
		insert into app.usage_notice (workspace_id, month, kind, level, limit_was, used_was)
		select m.workspace_id, m.month, k.kind, l.level, k.size, k.used
		  from app.usage_month m
		 cross join lateral app.plan_of(m.workspace_id) p
		 cross join lateral app.usage_now(m.workspace_id) u
		 cross join lateral (values
			('runs',          (p.limits->>'runs')::bigint,          u.runs),
			('steps',         (p.limits->>'steps')::bigint,         u.steps),
			('compute_ms',    (p.limits->>'compute_ms')::bigint,    u.compute_ms),
			('storage_bytes', (p.limits->>'storage_bytes')::bigint, u.storage_bytes)) k (kind, size, used)
		 cross join (values (80), (100)) l (level)
		 where m.month = app.meter_month() and p.limits <> '{}' and k.size > 0 and k.used * 100 >= k.size * l.level
		on conflict do nothing
		returning *
	loop
		v_n := v_n + 1;
		-- Whoever is over the limit at once isn't told that it is near, too.
		continue when v_row.level = 80 and v_row.used_was >= v_row.limit_was;
		perform app.usage_mail(v_row.workspace_id, v_row.kind, v_row.level, v_row.used_was, v_row.limit_was);
	end loop;
	return v_n;
end
$$;
revoke all on function ops.usage_tell() from public;
