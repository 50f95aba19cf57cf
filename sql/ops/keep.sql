-- keep: what pg_cron runs, as mr_ops. Each is a call of what workers could call as well: nothing hangs on a leader.
set local role mr_keep;

-- ops.schedule_fire() -> the number of runs that due schedules started. Each minute.
create or replace function ops.schedule_fire()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return work.schedule_fire();
end
$$;
revoke all on function ops.schedule_fire() from public;
grant execute on function ops.schedule_fire() to mr_ops;

-- ops.reap() -> the number of runs freed. Each minute; workers do it each second.
create or replace function ops.reap()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform work.mark();
	return work.reap(10000);
end
$$;
revoke all on function ops.reap() from public;
grant execute on function ops.reap() to mr_ops;

-- ops.rate_forget() -> the number of rate buckets forgotten: what nobody asked for during two minutes is full again,
--   also out of the deepest debt, as a new one is. Each minute.
create or replace function ops.rate_forget()
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_n bigint;
begin
	delete from app.rate_bucket b
	 where b.ctid = any (array(select o.ctid from app.rate_bucket o
	                            where o.at < clock_timestamp() - interval '2 minutes' limit 100000));
	get diagnostics v_n = row_count;
	return v_n;
end
$$;
revoke all on function ops.rate_forget() from public;
grant execute on function ops.rate_forget() to mr_ops;

-- ops.partition_upkeep() -> partitions made ahead and dropped. Hourly.
create or replace function ops.partition_upkeep()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.partition_upkeep();
end
$$;
revoke all on function ops.partition_upkeep() from public;
grant execute on function ops.partition_upkeep() to mr_ops;

-- ops.retention() -> the number of rows removed: dedup keys and idempotent answers older than a day, runs whose
--   steps were dropped with their partition, throttle counters nobody waits for, mail done with for 30 days, links
--   whose time is over. Hourly, at most 10,000 of each.
create or replace function ops.retention()
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_all bigint := 0;
	v_n   bigint;
	v_old uuid := app.uuid7_floor(now() - interval '30 days');
begin
	delete from app.delivery_key k
	 where k.ctid = any (array(select k2.ctid from app.delivery_key k2
	                            where k2.received_at < now() - interval '24 hours' limit 10000));
	get diagnostics v_n = row_count;
	v_all := v_all + v_n;
	delete from app.idempotency i
	 where i.ctid = any (array(select i2.ctid from app.idempotency i2
	                            where i2.created_at < now() - interval '24 hours' limit 10000));
	get diagnostics v_n = row_count;
	v_all := v_all + v_n;
	with old as (
		delete from app.run r
		 where r.ctid = any (array(select r2.ctid from app.run r2
		                            where r2.id < v_old and r2.completed_at is not null limit 10000))
		returning r.workspace_id, r.id),
	waits as (
		delete from app.wait w
		 using old
		 where w.workspace_id = old.workspace_id and w.run_id = old.id)
	delete from app.run_outcome o
	 using old
	 where o.workspace_id = old.workspace_id and o.run_id = old.id;
	get diagnostics v_n = row_count;
	v_all := v_all + v_n;
	delete from app.replay x where x.id < v_old;
	delete from app.login_throttle t where t.until_at < now() - interval '1 day';
	get diagnostics v_n = row_count;
	v_all := v_all + v_n;
	delete from app.ticket t where t.expires_at < now();
	delete from app.mail m
	 where m.id = any (array(select m2.id from app.mail m2
	                          where m2.status <> 'queued' and m2.done_at < now() - interval '30 days' limit 10000));
	get diagnostics v_n = row_count;
	return v_all + v_n;
end
$$;
revoke all on function ops.retention() from public;
grant execute on function ops.retention() to mr_ops;
