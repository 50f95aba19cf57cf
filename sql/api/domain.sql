-- domain: the domains of a workspace, and who joins by them. app/domain.sql has the rules.
set local role mr_api;

-- api.domain_list({limit?, cursor?}) -> the domains, oldest first. Needs member:read.
create or replace function api.domain_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_after uuid;
	v_rows  jsonb;
begin
	perform app.need('member:read');
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('domain_list', p->>'cursor')->>0;
	select coalesce(jsonb_agg(app.domain_json(d) order by d.id), '[]')
	  into v_rows
	  from (
		select * from app.domain d
		 where v_after is null or d.id > v_after
		 order by d.id
		 limit v_limit + 1) d;
	return app.page('domain_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.domain_list(jsonb) from public;
grant execute on function api.domain_list(jsonb) to mr_web;

-- api.domain_create({domain, role?}) -> the domain, with the record to publish; nobody joins yet. Needs member:write, and all that
--   the role holds. Raises MR400 on domain or role, MR403, MR409 on domain; a workspace has at most 50.
create or replace function api.domain_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_domain text;
	v_role   record;
	v        app.domain;
begin
	perform app.need('member:write');
	v_domain := app.domain_read(p->>'domain');
	v_role := app.domain_role(coalesce(p->>'role', 'viewer'));
	perform app.domain_free(v_domain);
	if (select count(*) from app.domain d) >= 50 then
		perform app.fail('MR409', 'a workspace can have 50 domains');
	end if;
	insert into app.domain (workspace_id, domain, proof, role, role_id, set_by, created_by)
	values (app.workspace_id(), v_domain, app.domain_proof(), v_role.role, v_role.role_id, app.user_id(), app.user_id())
	    on conflict (workspace_id, domain) do nothing
	returning * into v;
	if v.id is null then
		perform app.fail('MR409', 'the workspace has this domain', 'domain');
	end if;
	return app.domain_json(v);
end
$$;
revoke all on function api.domain_create(jsonb) from public;
grant execute on function api.domain_create(jsonb) to mr_web;

-- api.domain_verify({id}) -> the domain: a worker looks for its record now. Needs member:write. Raises MR404, MR409 on domain.
create or replace function api.domain_verify(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.domain;
begin
	perform app.need('member:write');
	v := app.domain_lock(p->>'id');
	perform app.domain_free(v.domain);
	-- Asked for already: that look tells. One that a worker has begun and lost is taken again when its time is over.
	update app.domain d
	   set asked_at = coalesce(d.asked_at, now()), due_at = case when d.asked_at is null then now() else d.due_at end
	 where d.workspace_id = v.workspace_id and d.id = v.id
	returning d.* into v;
	return app.domain_json(v);
end
$$;
revoke all on function api.domain_verify(jsonb) from public;
grant execute on function api.domain_verify(jsonb) to mr_web;

-- api.domain_update({id, is_capturing?, asks_first?, role?, if_match?}) -> the domain; who changes it answers for the role from now on.
--   Needs member:write, and all that the role holds before and after. Raises MR404, MR400 on role, MR403, MR409 on is_capturing, MR412.
create or replace function api.domain_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v      app.domain;
	v_role record;
begin
	perform app.need('member:write');
	v := app.domain_lock(p->>'id');
	perform app.match_check(p, v.etag);
	perform app.role_within(v.role, v.role_id);
	v_role := app.domain_role(coalesce(p->>'role', app.role_name(v.workspace_id, v.role, v.role_id)));
	if (p->>'is_capturing')::boolean and v.verified_at is null then
		perform app.fail('MR409', 'nobody can join by a domain before it is verified', 'is_capturing');
	end if;
	update app.domain d
	   set is_capturing = coalesce((p->>'is_capturing')::boolean, d.is_capturing),
	       asks_first = coalesce((p->>'asks_first')::boolean, d.asks_first), role = v_role.role, role_id = v_role.role_id,
	       set_by = app.user_id(), refused_at = null, refusal = null, etag = d.etag + 1
	 where d.workspace_id = v.workspace_id and d.id = v.id
	returning d.* into v;
	return app.domain_json(v);
end
$$;
revoke all on function api.domain_update(jsonb) from public;
grant execute on function api.domain_update(jsonb) to mr_web;

-- api.domain_delete({id, if_match?}) -> null; who has joined stays. Needs member:write. Raises MR404, MR412.
create or replace function api.domain_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.domain;
begin
	perform app.need('member:write');
	v := app.domain_lock(p->>'id');
	perform app.match_check(p, v.etag);
	delete from app.domain d where d.workspace_id = v.workspace_id and d.id = v.id;
	return null;
end
$$;
revoke all on function api.domain_delete(jsonb) from public;
grant execute on function api.domain_delete(jsonb) to mr_web;

-- api.join_offer_list({}) -> {items: [{id, workspace, domain, role}]}: what I may join by my address. Needs a session.
create or replace function api.join_offer_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return jsonb_build_object('items', app.join_offer_list());
end
$$;
revoke all on function api.join_offer_list(jsonb) from public;
grant execute on function api.join_offer_list(jsonb) to mr_web;

-- api.join_offer_answer({id, accept}) -> {id, is_member}: I join, or am not asked again. Needs a session. Raises MR404, MR42Q.
create or replace function api.join_offer_answer(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.join_offer_answer(app.uuid_read(p->>'id'), (p->>'accept')::boolean);
	return jsonb_build_object('id', p->'id', 'is_member', p->'accept');
end
$$;
revoke all on function api.join_offer_answer(jsonb) from public;
grant execute on function api.join_offer_answer(jsonb) to mr_web;
