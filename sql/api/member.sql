-- member: who is in the workspace, with which role; and service accounts, which are members without a person.
set local role mr_api;

-- api.member_list({limit?, cursor?}) -> the people of the workspace. Needs member:read.
create or replace function api.member_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_rows  jsonb;
begin
	perform app.need('member:read');
	v_limit := app.limit_read(p);
	select coalesce(jsonb_agg(app.member_json(m) order by m.user_id), '[]')
	  into v_rows
	  from app.members_of('person', v_limit + 1, (app.cursor_read('member_list', p->>'cursor')->>0)::uuid) m;
	return app.page('member_list', v_rows, v_limit, '{user_id}');
end
$$;
revoke all on function api.member_list(jsonb) from public;
grant execute on function api.member_list(jsonb) to mr_web;

-- api.member_update({user_id, role}) -> the member, with another role from the next request on. Needs member:write, and all
--   that the old and the new role hold. Raises MR404, MR400 on role, MR403, MR409 for the last owner.
create or replace function api.member_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v      app.member;
	v_role record;
begin
	perform app.need('member:write');
	v := app.member_find(p->>'user_id', 'person');
	v_role := app.role_find(p->>'role');
	perform app.member_set(v.user_id, v_role.role, v_role.role_id);
	return app.member_json(app.member_find(p->>'user_id', 'person'));
end
$$;
revoke all on function api.member_update(jsonb) from public;
grant execute on function api.member_update(jsonb) to mr_web;

-- api.member_delete({user_id}) -> null. Sessions and tokens of the member are refused here at once. Needs member:write, and
--   all that the member's role holds. Raises MR404, MR403, MR409 for the last owner.
create or replace function api.member_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('member:write');
	perform app.member_remove((app.member_find(p->>'user_id', 'person')).user_id);
	return null;
end
$$;
revoke all on function api.member_delete(jsonb) from public;
grant execute on function api.member_delete(jsonb) to mr_web;

-- api.service_account_list({limit?, cursor?}) -> the workspace's service accounts. Needs member:read.
create or replace function api.service_account_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_rows  jsonb;
begin
	perform app.need('member:read');
	v_limit := app.limit_read(p);
	select coalesce(jsonb_agg(app.service_json(m) order by m.user_id), '[]')
	  into v_rows
	  from app.members_of('service', v_limit + 1, (app.cursor_read('service_account_list', p->>'cursor')->>0)::uuid) m;
	return app.page('service_account_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.service_account_list(jsonb) from public;
grant execute on function api.service_account_list(jsonb) to mr_web;

-- api.service_account_create({name, role}) -> the service account. Its tokens are made by token_create. Needs member:write,
--   and all that the role holds. Raises MR400 on name or role, MR403.
create or replace function api.service_account_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_role record;
	v_id   uuid;
begin
	perform app.need('member:write');
	if coalesce(p->>'name', '') !~ '[^[:space:]]' or length(p->>'name') > 255 then
		perform app.fail('MR400', 'the name must be 1 to 255 characters long', 'name');
	elsif p->>'role' = 'owner' then
		perform app.fail('MR400', 'a service account can''t own a workspace', 'role');
	end if;
	v_role := app.role_find(p->>'role');
	perform app.role_within(v_role.role, v_role.role_id);
	v_id := app.service_make(p->>'name', v_role.role, v_role.role_id);
	return app.service_json(app.member_find(v_id::text, 'service'));
end
$$;
revoke all on function api.service_account_create(jsonb) from public;
grant execute on function api.service_account_create(jsonb) to mr_web;

-- api.service_account_update({id, name?, role?}) -> the service account. Needs member:write, and all that the old and the new role
--   hold. Raises MR404, MR400 on name or role, MR403.
create or replace function api.service_account_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v      app.member;
	v_role record;
begin
	perform app.need('member:write');
	v := app.member_find(p->>'id', 'service');
	perform app.role_within(v.role, v.role_id);
	if p ? 'name' and (coalesce(p->>'name', '') !~ '[^[:space:]]' or length(p->>'name') > 255) then
		perform app.fail('MR400', 'the name must be 1 to 255 characters long', 'name');
	end if;
	if p->>'role' is not null then
		v_role := app.role_find(p->>'role');
		perform app.member_set(v.user_id, v_role.role, v_role.role_id);
	end if;
	if p ? 'name' then
		perform app.service_name(v.user_id, p->>'name');
	end if;
	return app.service_json(app.member_find(p->>'id', 'service'));
end
$$;
revoke all on function api.service_account_update(jsonb) from public;
grant execute on function api.service_account_update(jsonb) to mr_web;

-- api.service_account_delete({id}) -> null. Its tokens end at once. Needs member:write, and all that its role holds.
--   Raises MR404, MR403.
create or replace function api.service_account_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('member:write');
	perform app.member_remove((app.member_find(p->>'id', 'service')).user_id);
	return null;
end
$$;
revoke all on function api.service_account_delete(jsonb) from public;
grant execute on function api.service_account_delete(jsonb) to mr_web;
