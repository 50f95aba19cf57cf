-- admin: the people of the installation, for its administrators. `installation:admin` is a person's, not a role's.
set local role mr_api;

-- api.admin_user_list({limit?, cursor?, q?}) -> people, newest first. Needs installation:admin.
create or replace function api.admin_user_list(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_rows  jsonb;
begin
	perform app.need('installation:admin');
	v_limit := app.limit_read(p);
	select coalesce(jsonb_agg(u order by u->>'id' desc), '[]')
	  into v_rows
	  from app.admin_users(v_limit + 1, (app.cursor_read('admin_user_list', p->>'cursor')->>0)::uuid, p->>'q') u;
	return app.page('admin_user_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.admin_user_list(jsonb) from public;
grant execute on function api.admin_user_list(jsonb) to mr_web;

-- api.admin_user_create({email, name?, password_hash?}) -> a person brought from elsewhere. Needs installation:admin. Raises MR400, MR409.
create or replace function api.admin_user_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
begin
	perform app.need('installation:admin');
	v_id := app.admin_user_create(p->>'email', p->>'name', p->>'password_hash');
	return app.admin_user(v_id);
end
$$;
revoke all on function api.admin_user_create(jsonb) from public;
grant execute on function api.admin_user_create(jsonb) to mr_web;

-- api.admin_user_get({id}) -> one. Needs installation:admin. Raises MR404.
create or replace function api.admin_user_get(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('installation:admin');
	return app.admin_user(app.uuid_read(p->>'id'));
end
$$;
revoke all on function api.admin_user_get(jsonb) from public;
grant execute on function api.admin_user_get(jsonb) to mr_web;

-- api.admin_user_update({id, is_active?, is_superuser?, second_factor?}) -> the person as now stored. Needs installation:admin. Raises MR404, MR400.
create or replace function api.admin_user_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('installation:admin');
	perform app.admin_user_update(app.uuid_read(p->>'id'), (p->>'is_active')::boolean, (p->>'is_superuser')::boolean,
	    (p->>'second_factor')::boolean);
	return app.admin_user(app.uuid_read(p->>'id'));
end
$$;
revoke all on function api.admin_user_update(jsonb) from public;
grant execute on function api.admin_user_update(jsonb) to mr_web;

-- api.admin_user_reset({id}) -> {token}: of the link for a new password. Needs installation:admin. Raises MR404.
create or replace function api.admin_user_reset(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('installation:admin');
	return jsonb_build_object('token', app.admin_user_reset(app.uuid_read(p->>'id')));
end
$$;
revoke all on function api.admin_user_reset(jsonb) from public;
grant execute on function api.admin_user_reset(jsonb) to mr_web;
