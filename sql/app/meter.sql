-- meter: what was used, counted in the transaction that used it.
--
-- app.meter is append-only: a row an accepted batch or tick, and workflow of it. A counter of the workspace would be one
-- row that all who accept wait for, and each of its versions would stay while any snapshot is held. Once a minute
-- ops.usage_rollup takes the rows out and adds them to the tables of usage, in one statement, so that a row is counted
-- once though the roll-up crashes or runs twice.
--
--   runs         rows of app.run, however they were started
--   deliveries   rows of app.delivery
--   steps        rows of app.step that were tried: what was skipped isn't counted
--   compute_us   the sum of their durations, without the time that a step waited in a parked run
--   …_bytes      octets of what is kept: a delivery's body, headers and query; a step's source, output and error; a log
--                line's message and data. Uncompressed, so that a bill doesn't hang on how Postgres stores them.
set local role mr_owner;

-- app.meter_day(id) -> the day, in UTC, of a uuid v7: whose partition holds the row.
create or replace function app.meter_day(p_id uuid)
returns date
language sql immutable parallel safe
return date '1970-01-01' + (('x' || left(replace(p_id::text, '-', ''), 12))::bit(48)::bigint / 86400000)::integer;
revoke all on function app.meter_day(uuid) from public;
grant execute on function app.meter_day(uuid) to mr_api, mr_work;

-- app.meter_run(run, bytes of steps): counts a run that an operation has made, and the steps that were copied into it:
--   those are kept, but weren't executed.
create or replace function app.meter_run(p app.run, p_step_bytes bigint default 0)
returns void
language sql volatile
begin atomic
	insert into app.meter (workspace_id, workflow_id, day, runs, step_bytes)
	values (p.workspace_id, p.workflow_id, app.meter_day(p.id), 1, p_step_bytes);
end;
revoke all on function app.meter_run(app.run, bigint) from public;
grant execute on function app.meter_run(app.run, bigint) to mr_api;

-- app.step_bytes(source, output, error) -> the octets of a step that are kept.
create or replace function app.step_bytes(p_source json, p_output json, p_error json)
returns bigint
language sql immutable parallel safe
return coalesce(octet_length(p_source::text), 0) + coalesce(octet_length(p_output::text), 0)
     + coalesce(octet_length(p_error::text), 0);
revoke all on function app.step_bytes(json, json, json) from public;
grant execute on function app.step_bytes(json, json, json) to mr_api, mr_work;

-- app.meter_month() -> the first day of the present month in UTC: the period of a quota.
create or replace function app.meter_month()
returns date
language sql stable parallel safe
return date_trunc('month', now() at time zone 'utc')::date;
revoke all on function app.meter_month() from public;
grant execute on function app.meter_month() to mr_api, mr_work, mr_keep;

-- app.usage_now(workspace) -> the usage of the present month and the bytes kept now, with what isn't rolled up yet.
create or replace function app.usage_now(p_ws uuid)
returns table (runs bigint, deliveries bigint, steps bigint, compute_ms bigint, storage_bytes bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
	return query
	select (coalesce(u.runs, 0) + m.runs)::bigint, (coalesce(u.deliveries, 0) + m.deliveries)::bigint,
	       (coalesce(u.steps, 0) + m.steps)::bigint, ((coalesce(u.compute_us, 0) + m.compute_us) / 1000)::bigint,
	       (m.bytes + (select coalesce(sum(k.bytes), 0) from app.usage_kept k where k.workspace_id = p_ws))::bigint
	  from (
		select coalesce(sum(x.runs) filter (where x.at >= l.month), 0) as runs,
		       coalesce(sum(x.deliveries) filter (where x.at >= l.month), 0) as deliveries,
		       coalesce(sum(x.steps) filter (where x.at >= l.month), 0) as steps,
		       coalesce(sum(x.compute_us) filter (where x.at >= l.month), 0) as compute_us,
		       coalesce(sum(x.delivery_bytes + x.step_bytes + x.log_bytes), 0) as bytes
		  from (select app.meter_month()::timestamp at time zone 'utc' as month) l
		  left join app.meter x
		    on x.workspace_id = p_ws and x.xid >= (select k.low from app.meter_mark k)) m
	  left join app.usage_month u on u.workspace_id = p_ws and u.month = app.meter_month();
end
$$;
revoke all on function app.usage_now(uuid) from public;
grant execute on function app.usage_now(uuid) to mr_api, mr_work, mr_keep;
