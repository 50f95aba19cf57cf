-- role: the table of permissions, as it is enforced.
set local role mr_api;

-- api.role_list({}) -> what each role may do. Needs a session.
create or replace function api.role_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return jsonb_build_object('next_cursor', null, 'items', (
		select jsonb_agg(jsonb_build_object('name', r.role, 'permissions', r.permissions)
		                 order by array_position(array['owner', 'admin', 'editor', 'operator', 'viewer'], r.role))
		  from (
			select x.role, jsonb_agg(x.permission order by x.permission) as permissions
			  from app.role_permission x
			 group by x.role) r));
end
$$;
revoke all on function api.role_list(jsonb) from public;
grant execute on function api.role_list(jsonb) to mr_web;
