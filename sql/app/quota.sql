-- quota: what a workspace may use, and the one place that refuses more. They run with the rights of their caller, so
-- policies bind them.
--
-- Runs are exact also when many are accepted at once: near the limit those who accept for the workspace take turns
-- (app.run_room). Members, connections and active workflows are counted, also in turns. Steps, compute time and storage are
-- known only after the work, and accepted work always finishes: what is over is refused with the next run.
set local role mr_owner;

-- app.quota_kinds() -> the kinds of limits, in the order in which they are shown.
create or replace function app.quota_kinds()
returns text[]
language sql immutable parallel safe
return array['runs', 'steps', 'compute_ms', 'storage_bytes', 'members', 'connections', 'active_workflows'];
revoke all on function app.quota_kinds() from public;
grant execute on function app.quota_kinds() to mr_api, mr_work, mr_keep;

-- app.plan_of(workspace) -> its plan: the id, the limits that bind it (kind -> amount, absent or null: none), the rates.
create or replace function app.plan_of(p_ws uuid)
returns table (plan_id text, limits jsonb, rates jsonb)
language sql stable
begin atomic
	select p.id, p.limits || coalesce(w.limits, '{}'), p.rates
	  from (select 1) x
	  left join app.workspace_plan w on w.workspace_id = p_ws
	  join app.plan p on p.id = coalesce(w.plan_id, (select d.id from app.plan d where d.is_default));
end;
revoke all on function app.plan_of(uuid) from public;
grant execute on function app.plan_of(uuid) to mr_api, mr_work, mr_keep;

-- app.quota_said(kind, limit, used) -> what a refusal says: {quota, limit, used, resets_at}; what counts by month starts anew
--   with the next one.
create or replace function app.quota_said(p_kind text, p_limit bigint, p_used bigint)
returns jsonb
language sql stable
return jsonb_build_object('quota', p_kind, 'limit', p_limit, 'used', p_used,
	'resets_at', case when p_kind in ('runs', 'steps', 'compute_ms')
		then app.ts((app.meter_month() + interval '1 month')::timestamp at time zone 'utc') end);
revoke all on function app.quota_said(text, bigint, bigint) from public;
grant execute on function app.quota_said(text, bigint, bigint) to mr_api, mr_work;

-- app.quota_text(said) -> the refusal as a sentence.
create or replace function app.quota_text(p_said jsonb)
returns text
language sql stable
return format('the plan''s quota of %s is used up: %s of %s%s', replace(p_said->>'quota', '_', ' '), p_said->>'used',
	p_said->>'limit', '; it starts anew at ' || (p_said->>'resets_at'));
revoke all on function app.quota_text(jsonb) from public;
grant execute on function app.quota_text(jsonb) to mr_api, mr_work;

-- app.quota_wait(said) -> the seconds until it makes sense to try again; an hour where only a person can change it.
create or replace function app.quota_wait(p_said jsonb)
returns integer
language sql stable
return coalesce(ceil(extract(epoch from (p_said->>'resets_at')::timestamptz - now()))::integer, 3600);
revoke all on function app.quota_wait(jsonb) from public;
grant execute on function app.quota_wait(jsonb) to mr_api, mr_work;

-- app.quota_fail(said). Raises MR42Q naming the quota, its limit and what is used.
create or replace function app.quota_fail(p_said jsonb)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	raise exception using errcode = 'MR42Q', message = app.quota_text(p_said), detail = p_said::text,
		hint = app.quota_wait(p_said)::text;
end
$$;
revoke all on function app.quota_fail(jsonb) from public;
grant execute on function app.quota_fail(jsonb) to mr_api, mr_work;

-- app.run_room(workspace, want) -> how many of the runs wanted may be accepted, and why not more ({quota, …} or null).
--   The limit of runs is exact. Whoever comes within 4,096 of it waits for the others who do until they have committed, and
--   counts anew then. Further away all transactions that can be under way at once (64 connections of the web
--   processes, 16 deliveries each; schedules, 1,000 at once) don't reach it.
create or replace function app.run_room(p_ws uuid, p_want integer, out room integer, out said jsonb)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limits jsonb := (select p.limits from app.plan_of(p_ws) p);
	v_runs   bigint := (v_limits->>'runs')::bigint;
	v_used   record;
begin
	room := p_want;
	if num_nonnulls(v_runs, v_limits->>'steps', v_limits->>'compute_ms', v_limits->>'storage_bytes') = 0 then
		return;
	end if;
	select * into v_used from app.usage_now(p_ws);
	if v_used.runs + p_want > v_runs - 4096 then
		perform pg_advisory_xact_lock(hashtextextended('quota runs ' || p_ws, 0));
		select * into v_used from app.usage_now(p_ws);
	end if;
	if v_used.runs + p_want > v_runs then
		room := greatest(0, v_runs - v_used.runs);
		said := app.quota_said('runs', v_runs, v_used.runs);
	end if;
	said := coalesce(case
		when v_used.steps >= (v_limits->>'steps')::bigint
		then app.quota_said('steps', (v_limits->>'steps')::bigint, v_used.steps)
		when v_used.compute_ms >= (v_limits->>'compute_ms')::bigint
		then app.quota_said('compute_ms', (v_limits->>'compute_ms')::bigint, v_used.compute_ms)
		when v_used.storage_bytes >= (v_limits->>'storage_bytes')::bigint
		then app.quota_said('storage_bytes', (v_limits->>'storage_bytes')::bigint, v_used.storage_bytes) end, said);
	room := case when said->>'quota' <> 'runs' then 0 else room end;
end
$$;
revoke all on function app.run_room(uuid, integer) from public;
grant execute on function app.run_room(uuid, integer) to mr_api, mr_work;

-- app.quota_count(workspace, kind) -> how many there are of what is counted: members, connections, active_workflows; those that
--   are private to others too.
create or replace function app.quota_count(p_ws uuid, p_kind text)
returns bigint
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_n bigint := 0;
begin
	if p_kind = 'members' then
		select count(*) into v_n from app.member m where m.workspace_id = p_ws;
	elsif p_kind = 'active_workflows' then
		select count(*) into v_n
		  from app.workflow w where w.workspace_id = p_ws and w.state = 'active' and w.deleted_at is null;
	elsif p_kind = 'connections' then
		select count(*) into v_n from app.connection c where c.workspace_id = p_ws;
	end if;
	return v_n;
end
$$;
revoke all on function app.quota_count(uuid, text) from public;
grant execute on function app.quota_count(uuid, text) to mr_api;

-- app.quota_need_in(workspace, kind, more). Raises MR42Q, naming quota, limit and used, when the workspace's plan doesn't
--   allow so many more. Called before they are made, in the same transaction.
create or replace function app.quota_need_in(p_ws uuid, p_kind text, p_more bigint)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit bigint;
	v_used  bigint;
	v_said  jsonb;
begin
	if p_kind in ('runs', 'steps', 'compute_ms', 'storage_bytes') then
		select r.said into v_said from app.run_room(p_ws, p_more::integer) r;
		if v_said is not null then
			perform app.quota_fail(v_said);
		end if;
		return;
	end if;
	select (p.limits->>p_kind)::bigint into v_limit from app.plan_of(p_ws) p;
	if v_limit is null then
		return;
	end if;
	perform pg_advisory_xact_lock(hashtextextended('quota ' || p_kind || ' ' || p_ws, 0));
	v_used := app.quota_count(p_ws, p_kind);
	if v_used + p_more > v_limit then
		perform app.quota_fail(app.quota_said(p_kind, v_limit, v_used));
	end if;
end
$$;
revoke all on function app.quota_need_in(uuid, text, bigint) from public;
grant execute on function app.quota_need_in(uuid, text, bigint) to mr_api;

-- app.quota_need(kind, more): the same for the entered workspace.
create or replace function app.quota_need(p_kind text, p_more bigint)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.quota_need_in(app.workspace_id(), p_kind, p_more);
end
$$;
revoke all on function app.quota_need(text, bigint) from public;
grant execute on function app.quota_need(text, bigint) to mr_api;

-- app.usage_mail(workspace, kind, level, used, limit): tells its owners and admins that a limit is near, or reached.
create or replace function app.usage_mail(p_ws uuid, p_kind text, p_level integer, p_used bigint, p_limit bigint)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_name constant text := (select w.name from app.workspace w where w.id = p_ws and w.deleted_at is null);
	v_kind constant text := replace(p_kind, '_', ' ');
	v_text text := format('The workspace %s has used %s of %s %s of its plan.', v_name, p_used, p_limit, v_kind);
begin
	if p_level = 100 then
		v_text := v_text || E'\n\nNew runs are refused until the quota starts anew or the plan is changed. What was accepted before'
		                 || ' finishes.';
	end if;
	perform app.mail_put(p_ws, u.email, 'quota',
		format(case p_level when 100 then '%s: the quota of %s is used up' else '%s: 80 percent of the quota of %s is used' end,
		       v_name, v_kind),
		v_text || E'\n\n' || app.mail_link('/settings/usage'))
	   from app.member m
	   join app.user_account u on u.id = m.user_id and u.is_active
	  where m.workspace_id = p_ws and m.role in ('owner', 'admin') and v_name is not null
	    and app.mail_fits(u.email);
end
$$;
revoke all on function app.usage_mail(uuid, text, integer, bigint, bigint) from public;
grant execute on function app.usage_mail(uuid, text, integer, bigint, bigint) to mr_keep;
