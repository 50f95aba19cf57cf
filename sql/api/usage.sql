-- usage: what the workspace has used, from the same figures that quotas and bills stand on.
set local role mr_api;

-- api.usage_get({from?, to?, by?: hour|day|month}) -> {from, to, by, items, totals, workflows}: by default the present month
--   by day. The span is widened to whole units. Hours are kept for 90 days. Needs workspace:read. Raises MR400 on from, to.
create or replace function api.usage_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_by   text := coalesce(p->>'by', 'day');
	v_from timestamptz;
	v_to   timestamptz;
	v_rows jsonb;
	v_sums jsonb;
begin
	perform app.need('workspace:read');
	v_from := date_trunc(v_by, coalesce(app.instant_read(p->>'from', 'from'), app.meter_month()::timestamp at time zone 'utc'), 'UTC');
	v_to := coalesce(app.instant_read(p->>'to', 'to'), now());
	if v_to > date_trunc(v_by, v_to, 'UTC') then
		v_to := (date_trunc(v_by, v_to, 'UTC') at time zone 'utc' + ('1 ' || v_by)::interval) at time zone 'utc';
	end if;
	if v_to <= v_from then
		perform app.fail('MR400', '`to` must be later than `from`', 'to');
	elsif v_to - v_from > (case v_by when 'hour' then interval '92 days' when 'day' then interval '800 days' else interval '10000 days' end) then
		perform app.fail('MR400', format('the span is too long by %s', v_by), 'from');
	end if;
	with u as (
		-- What is older than hours are kept is known by day.
		select date_trunc(v_by, r.hour, 'UTC') as at, r.runs, r.deliveries, r.steps, r.compute_us, r.bytes
		  from app.usage_rows(v_from, v_to, v_by <> 'hour') r),
	units as (
		select u.at, sum(u.runs)::bigint as runs, sum(u.deliveries)::bigint as deliveries, sum(u.steps)::bigint as steps,
		       sum(u.compute_us)::bigint as us, sum(u.bytes)::bigint as bytes
		  from u
		 group by u.at)
	select coalesce(jsonb_agg(jsonb_build_object('at', app.ts(n.at), 'runs', n.runs, 'deliveries', n.deliveries, 'steps', n.steps,
	                          'compute_ms', n.us / 1000, 'bytes', n.bytes) order by n.at), '[]'),
	       jsonb_build_object('runs', coalesce(sum(n.runs), 0)::bigint, 'deliveries', coalesce(sum(n.deliveries), 0)::bigint,
	                          'steps', coalesce(sum(n.steps), 0)::bigint, 'compute_ms', coalesce(sum(n.us) / 1000, 0)::bigint,
	                          'bytes', coalesce(sum(n.bytes), 0)::bigint)
	  into v_rows, v_sums
	  from units n;
	return jsonb_build_object('from', app.ts(v_from), 'to', app.ts(v_to), 'by', v_by, 'items', v_rows, 'totals', v_sums,
	                          'workflows', app.usage_workflows(v_from, v_to, 20));
end
$$;
revoke all on function api.usage_get(jsonb) from public;
grant execute on function api.usage_get(jsonb) to mr_web;

-- api.usage_current({}) -> {plan, from, resets_at, quotas, rates, workflows}: this month against the plan. Needs workspace:read.
create or replace function api.usage_current(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_from constant timestamptz := app.meter_month()::timestamp at time zone 'utc';
	v_to   constant timestamptz := (app.meter_month() + interval '1 month')::timestamp at time zone 'utc';
	v      record;
begin
	perform app.need('workspace:read');
	select o.plan_id, o.limits, o.rates, x.name into v
	  from app.plan_of(app.workspace_id()) o
	  join app.plan x on x.id = o.plan_id;
	return jsonb_build_object(
		'plan', jsonb_build_object('id', v.plan_id, 'name', v.name), 'from', app.ts(v_from), 'resets_at', app.ts(v_to),
		'quotas', app.usage_quotas(app.workspace_id(), v.limits), 'rates', v.rates,
		'workflows', app.usage_workflows(v_from, v_to, 10));
end
$$;
revoke all on function api.usage_current(jsonb) from public;
grant execute on function api.usage_current(jsonb) to mr_web;
