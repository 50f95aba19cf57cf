-- health: how the installation does. Figures only: nothing of any tenant.
set local role mr_owner;

-- app.queue_health() -> {depth, age_ms, leased}: of the queue's rows at or above the mark, at most 10,000 of them.
--   age_ms: how long ago the run that is first in line was made; null: nobody waits.
create or replace function app.queue_health()
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v_first uuid;
	v_depth integer;
	v_leased integer;
begin
	select count(*) filter (where x.lease_owner = 0), count(*) filter (where x.lease_owner <> 0)
	  into v_depth, v_leased
	  from (
		select q.lease_owner from app.run_queue q
		 where q.ready_xid >= (select m.low from app.queue_mark m)
		 limit 10000) x;
	select q.run_id into v_first
	  from app.run_queue q
	 where q.ready_xid >= (select m.low from app.queue_mark m) and q.lease_owner = 0
	 order by q.ready_xid
	 limit 1;
	return jsonb_build_object('depth', v_depth, 'leased', v_leased,
	    'age_ms', app.ms(app.uuid7_at(v_first), clock_timestamp()));
end
$$;
revoke all on function app.queue_health() from public;
grant execute on function app.queue_health() to mr_api;

-- app.uuid7_at(id) -> the instant in a uuid v7.
create or replace function app.uuid7_at(p_id uuid)
returns timestamptz
language sql immutable parallel safe
return to_timestamp(('x' || left(replace(p_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0);
revoke all on function app.uuid7_at(uuid) from public;

-- app.process_health() -> what the server's list of sessions tells of web and clock: {web, clock}.
create or replace function app.process_health()
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select jsonb_build_object(
			'web', count(*) filter (where a.usename = 'mr_web'),
			'clock', count(*) filter (where a.application_name = 'pg_cron scheduler'),
			'connections', count(*) filter (where a.usename is not null))
		  from pg_catalog.pg_stat_activity a);
end
$$;
revoke all on function app.process_health() from public;
grant execute on function app.process_health() to mr_api;

-- app.health_services({vault}) -> [{name, status, message?, processes?, details?}, …]: web, worker, egress, vault, database,
--   clock. vault: whether web reaches it; absent: there is none. A worker whose heartbeat is older than 10 s counts as silent. Egress has no connection here: workers tell of it.
create or replace function app.health_services(p jsonb)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_queue     constant jsonb := app.queue_health();
	v_process   constant jsonb := app.process_health();
	v_workers   jsonb;
	v_alive     integer;
	v_all       integer;
	v_egress    boolean;
begin
	select coalesce(jsonb_agg(jsonb_build_object(
	           'id', w.id::text, 'pid', w.pid, 'host', w.host, 'started_at', app.ts(w.started_at),
	           'heartbeat_at', app.ts(w.heartbeat_at), 'load', w.load) order by w.id), '[]'),
	       count(*) filter (where w.heartbeat_at > clock_timestamp() - interval '10 seconds'), count(*),
	       bool_or((w.load->>'egress')::boolean) filter (where w.heartbeat_at > clock_timestamp() - interval '10 seconds'
	                                                    and jsonb_typeof(w.load->'egress') = 'boolean')
	  into v_workers, v_alive, v_all, v_egress
	  from app.worker w;
	return jsonb_build_array(
		jsonb_build_object('name', 'web', 'status', 'ok',
			'processes', '[]'::jsonb, 'details', jsonb_build_object('connections', v_process->'web')),
		jsonb_build_object('name', 'worker',
			'status', case when v_alive = 0 then 'down' when v_alive < v_all then 'degraded' else 'ok' end,
			'message', case when v_alive = 0 then 'no worker is alive: runs wait'
			                when v_alive < v_all then format('%s of %s workers are silent', v_all - v_alive, v_all) else 'alive' end,
			'processes', v_workers,
			'details', jsonb_build_object('queue_depth', v_queue->'depth', 'queue_age_ms', v_queue->'age_ms', 'leases', v_queue->'leased')),
		jsonb_build_object('name', 'egress',
			'status', case when v_alive = 0 or v_egress is false then 'down' else 'ok' end,
			'message', case when v_alive = 0 then 'no worker is alive to ask it' when v_egress is false then 'no worker reaches it' else 'reached' end,
			'processes', '[]'::jsonb),
		jsonb_build_object('name', 'database', 'status', 'ok', 'processes', '[]'::jsonb,
			'details', jsonb_build_object('version', current_setting('server_version'), 'connections', v_process->'connections',
			                              'started_at', app.ts(pg_postmaster_start_time()))),
		jsonb_build_object('name', 'clock',
			'status', case when (v_process->>'clock')::integer > 0 then 'ok' else 'down' end,
			'message', case when (v_process->>'clock')::integer > 0 then 'pg_cron runs'
			                else 'pg_cron is not running: schedules fire through workers only, partitions are not made ahead' end,
			'processes', '[]'::jsonb))
	|| case when p ? 'vault' then jsonb_build_array(jsonb_build_object('name', 'vault',
			'status', case when (p->>'vault')::boolean then 'ok' else 'down' end,
			'message', case when (p->>'vault')::boolean then 'answers' else 'away: runs that need a connection wait for it' end,
			'processes', '[]'::jsonb)) else '[]' end;
end
$$;
revoke all on function app.health_services(p jsonb) from public;
grant execute on function app.health_services(p jsonb) to mr_api;
