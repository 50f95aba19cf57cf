-- role: the table of permissions, as it is enforced, and roles that a workspace makes of them.
set local role mr_api;

-- api.role_list({}) -> the five roles, then the workspace's own by name, with what each may do. Needs a session.
create or replace function api.role_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return jsonb_build_object('next_cursor', null, 'items', (
		select jsonb_agg(jsonb_build_object(
		           'id', null, 'name', r.role, 'description', '', 'permissions', r.permissions, 'is_own', false,
		           'members', (select count(*) from app.member m where m.role = r.role), 'etag', 1)
		           order by array_position(array['owner', 'admin', 'editor', 'operator', 'viewer'], r.role))
		  from (
			select x.role, jsonb_agg(x.permission order by x.permission) as permissions
			  from app.role_permission x
			 group by x.role) r)
		|| (select coalesce(jsonb_agg(app.role_json(r) order by r.name), '[]') from app.role r));
end
$$;
revoke all on function api.role_list(jsonb) from public;
grant execute on function api.role_list(jsonb) to mr_web;

-- api.role_create({name, permissions, description?}) -> the role; workspace:read is in each. Needs member:write.
--   Raises MR400, MR403 for a permission beyond one's own, MR409 on name; a workspace has at most 50.
create or replace function api.role_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_permissions text[];
	v             app.role;
begin
	perform app.need('member:write');
	v_permissions := app.role_fields(p);
	if (select count(*) from app.role r) >= 50 then
		perform app.fail('MR409', 'a workspace can have 50 roles of its own');
	end if;
	insert into app.role (workspace_id, name, description, permissions, created_by)
	values (app.workspace_id(), p->>'name', coalesce(p->>'description', ''), v_permissions, app.user_id())
	    on conflict (workspace_id, name) do nothing
	returning * into v;
	if v.id is null then
		perform app.fail('MR409', 'the workspace has a role of this name', 'name');
	end if;
	return app.role_json(v);
end
$$;
revoke all on function api.role_create(jsonb) from public;
grant execute on function api.role_create(jsonb) to mr_web;

-- api.role_update({id, name?, description?, permissions?, if_match?}) -> the role, in force at the next request of its
--   members. Needs member:write, and all that the role holds before and after. Raises MR404, MR400, MR403, MR409, MR412.
create or replace function api.role_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_permissions text[];
	v             app.role;
begin
	perform app.need('member:write');
	select * into v from app.role r where r.id = app.uuid_read(p->>'id') for update;
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such role';
	end if;
	perform app.match_check(p, v.etag);
	perform app.role_within(v.permissions, v.name);
	v_permissions := app.role_fields(p);
	if exists (select from app.role r where r.name = p->>'name' and r.id <> v.id) then
		perform app.fail('MR409', 'the workspace has a role of this name', 'name');
	end if;
	update app.role r
	   set name = coalesce(p->>'name', r.name), description = coalesce(p->>'description', r.description),
	       permissions = coalesce(v_permissions, r.permissions), etag = r.etag + 1, updated_at = now()
	 where r.workspace_id = v.workspace_id and r.id = v.id
	returning r.* into v;
	return app.role_json(v);
end
$$;
revoke all on function api.role_update(jsonb) from public;
grant execute on function api.role_update(jsonb) to mr_web;

-- api.role_delete({id, if_match?}) -> null. Needs member:write. Raises MR404, MR403, MR412, MR409 while somebody has it or
--   is invited to it, or joins with it by a domain.
create or replace function api.role_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.role;
begin
	perform app.need('member:write');
	select * into v from app.role r where r.id = app.uuid_read(p->>'id') for update;
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such role';
	end if;
	perform app.match_check(p, v.etag);
	perform app.role_within(v.permissions, v.name);
	if exists (select from app.member m where m.role_id = v.id) then
		perform app.fail('MR409', 'members have this role; give them another one first');
	elsif exists (select from app.invitation i
	               where i.role_id = v.id and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()) then
		perform app.fail('MR409', 'somebody is invited to this role; withdraw the invitation first');
	elsif exists (select from app.domain d where d.role_id = v.id) then
		perform app.fail('MR409', 'people join with this role by a domain; choose another one there first');
	end if;
	delete from app.invitation i where i.role_id = v.id;
	delete from app.role r where r.workspace_id = v.workspace_id and r.id = v.id;
	return null;
end
$$;
revoke all on function api.role_delete(jsonb) from public;
grant execute on function api.role_delete(jsonb) to mr_web;
