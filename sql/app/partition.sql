-- partition: the day partitions of step, log and delivery.
--
-- The key is a uuid v7, so a day is a range of ids and the key needs no extra column. A child carries its own
-- RLS and policies, since those of the parent don't bind it when it is read directly, and no grant at all.
set local role mr_owner;

-- app.uuid7_floor(instant) -> the smallest uuid v7 of that millisecond.
create or replace function app.uuid7_floor(p_at timestamptz)
returns uuid
language sql immutable
return rpad(lpad(to_hex(floor(extract(epoch from p_at) * 1000)::bigint), 12, '0'), 32, '0')::uuid;
revoke all on function app.uuid7_floor(timestamptz) from public;
grant execute on function app.uuid7_floor(timestamptz) to mr_keep;

-- app.partition_tables() -> the tables that are partitioned by day, with the days they are kept.
create or replace function app.partition_tables()
returns table (rel text, keep_days integer)
language sql immutable
begin atomic
	select 'step', 30 union all select 'log', 14 union all select 'delivery', 30;
end;
revoke all on function app.partition_tables() from public;

-- app.partition_make(table, day) -> true if it was made, false if it was there. Locks the parent briefly.
create or replace function app.partition_make(p_rel text, p_day date)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_child  text := p_rel || '_p' || to_char(p_day, 'YYYYMMDD');
	v_tenant constant text := 'workspace_id = (select app.workspace_id())';
	v_from   timestamptz := p_day::timestamp at time zone 'utc';
begin
	if not exists (select from app.partition_tables() t where t.rel = p_rel) then
		raise exception using errcode = 'MR400', message = 'not a table that is partitioned by day', column = 'table';
	elsif to_regclass('app.' || quote_ident(v_child)) is not null then
		return false;
	end if;
	execute format('create table app.%I partition of app.%I for values from (%L) to (%L)', v_child, p_rel,
	    app.uuid7_floor(v_from), app.uuid7_floor(v_from + interval '1 day'));
	execute format('alter table app.%I enable row level security', v_child);
	execute format('alter table app.%I force row level security', v_child);
	execute format('create policy tenant on app.%I to mr_api using (%s) with check (%s)', v_child, v_tenant, v_tenant);
	execute format('create policy engine on app.%I to mr_work using (true) with check (true)', v_child);
	return true;
end
$$;
revoke all on function app.partition_make(text, date) from public;
grant execute on function app.partition_make(text, date) to mr_keep;

-- app.partition_upkeep() -> the number of partitions made and dropped.
--   Makes today and the three days after it, drops those older than their table is kept, except while a run
--   that began on that day is still alive: its steps are its state. What was kept in a dropped one is used no more.
create or replace function app.partition_upkeep()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
declare
	v_n     integer := 0;
	v_table record;
	v_child record;
	v_today date := (clock_timestamp() at time zone 'utc')::date;
begin
	for v_table in select t.rel, t.keep_days from app.partition_tables() t loop
		for v_day in 0..3 loop
			v_n := v_n + app.partition_make(v_table.rel, v_today + v_day)::integer;
		end loop;
		for v_child in
			select c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') as day
			  from pg_catalog.pg_inherits i
			  join pg_catalog.pg_class c on c.oid = i.inhrelid
			 where i.inhparent = ('app.' || v_table.rel)::regclass
			   and right(c.relname, 8) < to_char(v_today - v_table.keep_days, 'YYYYMMDD')
		loop
			continue when app.day_has_live_run(v_child.day);
			execute format('drop table app.%I', v_child.relname);
			delete from app.usage_kept k where k.rel = v_table.rel and k.day = v_child.day;
			v_n := v_n + 1;
		end loop;
	end loop;
	return v_n;
end
$$;
revoke all on function app.partition_upkeep() from public;
grant execute on function app.partition_upkeep() to mr_keep;

-- app.day_has_live_run(day) -> whether a run that began on that day still waits, runs or is paused.
create or replace function app.day_has_live_run(p_day date)
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_from uuid := app.uuid7_floor(p_day::timestamp at time zone 'utc');
	v_to   uuid := app.uuid7_floor((p_day + 1)::timestamp at time zone 'utc');
begin
	return exists (select from app.run_queue q where q.run_id >= v_from and q.run_id < v_to)
	    or exists (select from app.timer t where t.run_id >= v_from and t.run_id < v_to)
	    or exists (select from app.run_pause p where p.run_id >= v_from and p.run_id < v_to);
end
$$;
revoke all on function app.day_has_live_run(date) from public;

-- The first partitions, so that the first webhook has where to go.
select app.partition_upkeep();
