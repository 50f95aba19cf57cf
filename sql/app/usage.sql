-- usage: the metered figures as people see them. They run with the rights of their caller, so policies bind them.
set local role mr_owner;

-- app.usage_rows(from, to, workflow) -> usage in hours that begin in [from, to) of the entered workspace, with what isn't
--   rolled up yet. Of one workflow, or by workflow at all, it is known by day: `hour` is then the day's beginning.
create or replace function app.usage_rows(p_from timestamptz, p_to timestamptz, p_by_workflow boolean)
returns table (hour timestamptz, workflow_id uuid, runs bigint, deliveries bigint, steps bigint, compute_us bigint, bytes bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select u.hour, null::uuid, u.runs, u.deliveries, u.steps, u.compute_us, u.bytes
	  from app.usage_hour u
	 where not p_by_workflow  -- as rows, for the key: the hour alone has an index too, over all workspaces
	   and (u.workspace_id, u.hour) >= (app.workspace_id(), p_from) and (u.workspace_id, u.hour) < (app.workspace_id(), p_to)
	 union all
	select u.day::timestamp at time zone 'utc', u.workflow_id, u.runs, u.deliveries, u.steps, u.compute_us, u.bytes
	  from app.usage_day u
	 where p_by_workflow and u.workspace_id = app.workspace_id()
	   and u.day >= (p_from at time zone 'utc')::date and u.day < (p_to at time zone 'utc')::date
	 union all
	select date_trunc(case when p_by_workflow then 'day' else 'hour' end, m.at, 'UTC'), m.workflow_id, m.runs::bigint,
	       m.deliveries::bigint, m.steps::bigint, m.compute_us, m.delivery_bytes + m.step_bytes + m.log_bytes
	  from app.meter m
	 where m.workspace_id = app.workspace_id() and m.at >= p_from and m.at < p_to;
end
$$;
revoke all on function app.usage_rows(timestamptz, timestamptz, boolean) from public;
grant execute on function app.usage_rows(timestamptz, timestamptz, boolean) to mr_api;

-- app.usage_workflows(from, to, limit) -> the workflows with the most runs, then steps, in those days: [{workflow_id, name,
--   runs, …}]. The name is null when the workflow was deleted.
create or replace function app.usage_workflows(p_from timestamptz, p_to timestamptz, p_limit integer)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select coalesce(jsonb_agg(jsonb_build_object(
		           'workflow_id', x.workflow_id, 'name', w.name, 'runs', x.runs, 'deliveries', x.deliveries, 'steps', x.steps,
		           'compute_ms', x.compute_us / 1000, 'bytes', x.bytes) order by x.runs desc, x.steps desc, x.workflow_id), '[]')
		  from (
			select u.workflow_id, sum(u.runs)::bigint as runs, sum(u.deliveries)::bigint as deliveries,
			       sum(u.steps)::bigint as steps, sum(u.compute_us)::bigint as compute_us, sum(u.bytes)::bigint as bytes
			  from app.usage_rows(p_from, p_to, true) u
			 group by u.workflow_id
			 order by 2 desc, 4 desc, 1
			 limit p_limit) x
		  left join app.workflow w on w.id = x.workflow_id and w.deleted_at is null);
end
$$;
revoke all on function app.usage_workflows(timestamptz, timestamptz, integer) from public;
grant execute on function app.usage_workflows(timestamptz, timestamptz, integer) to mr_api;

-- app.usage_quotas(workspace, limits) -> [{kind, used, limit, forecast}]: forecast is what a month's end will show when it
--   goes on as it did so far; null for what doesn't start anew with a month.
create or replace function app.usage_quotas(p_ws uuid, p_limits jsonb)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_used   jsonb := (select to_jsonb(u) from app.usage_now(p_ws) u);
	v_passed numeric := extract(epoch from now() - app.meter_month()::timestamp at time zone 'utc');
	v_all    numeric := extract(epoch from (app.meter_month() + interval '1 month') - app.meter_month());
begin
	return (
		select jsonb_agg(jsonb_build_object('kind', k.kind, 'used', k.used, 'limit', p_limits->k.kind,
		           'forecast', case when k.kind in ('runs', 'steps', 'compute_ms')
		               then round(k.used * v_all / greatest(v_passed, 3600)) end) order by k.ord)
		  from (
			select q.kind, q.ord, coalesce((v_used->>q.kind)::bigint, app.quota_count(p_ws, q.kind)) as used
			  from unnest(app.quota_kinds()) with ordinality as q (kind, ord)) k);
end
$$;
revoke all on function app.usage_quotas(uuid, jsonb) from public;
grant execute on function app.usage_quotas(uuid, jsonb) to mr_api;
