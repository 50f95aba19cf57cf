-- plan: what the installation's administrators do with plans. They see every workspace, so each function asks for
-- installation:admin itself: app.enter_session gives that to superusers, no role and no token has it.
set local role mr_owner;

-- app.plan_json(plan) -> a plan as the API shows it.
create or replace function app.plan_json(p app.plan)
returns jsonb
language sql stable
return jsonb_build_object('id', p.id, 'name', p.name, 'position', p.position, 'is_default', p.is_default, 'limits', p.limits,
	'rates', p.rates, 'updated_at', app.ts(p.updated_at), 'etag', p.etag);
revoke all on function app.plan_json(app.plan) from public;
grant execute on function app.plan_json(app.plan) to mr_api;

-- app.plan_write({id, name, limits, rates, position?, is_default?, if_match?}) -> the plan, made or replaced. The default
--   plan stays the default until another one is made it. Raises MR403, MR412 on an old etag.
create or replace function app.plan_write(p jsonb)
returns app.plan
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_old app.plan;
	v     app.plan;
begin
	perform app.need('installation:admin');
	perform pg_advisory_xact_lock(hashtextextended('plans', 0));
	select * into v_old from app.plan x where x.id = p->>'id';
	if v_old.id is not null then
		perform app.match_check(p, v_old.etag);
	end if;
	if (p->>'is_default')::boolean then
		update app.plan x set is_default = false, etag = x.etag + 1 where x.is_default and x.id <> p->>'id';
	end if;
	insert into app.plan as x (id, name, position, is_default, limits, rates)
	values (p->>'id', p->>'name', coalesce((p->>'position')::integer, 50), coalesce((p->>'is_default')::boolean, false),
	        jsonb_strip_nulls(p->'limits'), p->'rates')
	on conflict (id) do update
	   set name = excluded.name, position = coalesce((p->>'position')::integer, x.position),
	       is_default = x.is_default or excluded.is_default, limits = excluded.limits, rates = excluded.rates,
	       etag = x.etag + 1, updated_at = now()
	returning * into v;
	perform app.audit_add(case when v_old.id is null then 'plan.create' else 'plan.update' end, 'plan', null,
		jsonb_build_object('before', app.plan_json(v_old), 'after', app.plan_json(v)));
	return v;
end
$$;
revoke all on function app.plan_write(jsonb) from public;
grant execute on function app.plan_write(jsonb) to mr_api;

-- app.workspace_plan_json(workspace, …) -> a workspace as administrators see it: its plan, what was agreed with it, and its use.
create or replace function app.workspace_plan_json(p app.workspace)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_given app.workspace_plan;
	v_plan  record;
	v_used  record;
begin
	perform app.need('installation:admin');
	select * into v_given from app.workspace_plan w where w.workspace_id = p.id;
	select * into v_plan from app.plan_of(p.id);
	select * into v_used from app.usage_now(p.id);
	return jsonb_build_object(
		'workspace_id', p.id, 'name', p.name, 'slug', p.slug, 'plan_id', v_plan.plan_id, 'is_default', v_given.plan_id is null,
		'limits', coalesce(v_given.limits, '{}'), 'effective', jsonb_strip_nulls(v_plan.limits),
		'used', jsonb_build_object('runs', v_used.runs, 'steps', v_used.steps, 'compute_ms', v_used.compute_ms,
			'storage_bytes', v_used.storage_bytes, 'members', (select count(*) from app.member m where m.workspace_id = p.id)),
		'set_at', app.ts(v_given.set_at));
end
$$;
revoke all on function app.workspace_plan_json(app.workspace) from public;
grant execute on function app.workspace_plan_json(app.workspace) to mr_api;

-- app.workspace_any(id) -> a workspace of the installation. Raises MR403, MR404.
create or replace function app.workspace_any(p_id text)
returns app.workspace
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workspace;
begin
	perform app.need('installation:admin');
	select * into v from app.workspace w where w.id = app.uuid_read(p_id) and w.deleted_at is null;
	if v.id is null then
		perform app.fail('MR404', 'no such workspace');
	end if;
	return v;
end
$$;
revoke all on function app.workspace_any(text) from public;
grant execute on function app.workspace_any(text) to mr_api;

-- app.workspaces_all(q, limit, after) -> workspaces of the installation by id; q: a part of name or slug. Raises MR403.
create or replace function app.workspaces_all(p_q text, p_limit integer, p_after uuid)
returns setof app.workspace
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('installation:admin');
	return query
	select w.*
	  from app.workspace w
	 where w.deleted_at is null and (p_after is null or w.id > p_after)
	   and (p_q is null or position(lower(p_q) in lower(w.name || ' ' || w.slug)) > 0)
	 order by w.id
	 limit p_limit;
end
$$;
revoke all on function app.workspaces_all(text, integer, uuid) from public;
grant execute on function app.workspaces_all(text, integer, uuid) to mr_api;

-- app.workspace_plan_write(workspace, plan id, limits): gives it the plan, at once; a null plan: the default one again.
--   Raises MR403, MR404 on plan_id.
create or replace function app.workspace_plan_write(p_ws uuid, p_plan text, p_limits jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('installation:admin');
	-- What was told of the old limits isn't true of the new ones.
	delete from app.usage_notice n where n.workspace_id = p_ws and n.month = app.meter_month();
	if p_plan is null then
		delete from app.workspace_plan w where w.workspace_id = p_ws;
		return;
	elsif not exists (select from app.plan x where x.id = p_plan) then
		perform app.fail('MR404', 'no such plan', 'plan_id');
	end if;
	insert into app.workspace_plan as w (workspace_id, plan_id, limits, set_by)
	values (p_ws, p_plan, coalesce(p_limits, '{}'), app.user_id())
	on conflict (workspace_id) do update
	   set plan_id = excluded.plan_id, limits = excluded.limits, set_by = excluded.set_by, set_at = now();
end
$$;
revoke all on function app.workspace_plan_write(uuid, text, jsonb) from public;
grant execute on function app.workspace_plan_write(uuid, text, jsonb) to mr_api;
