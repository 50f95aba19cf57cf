-- authorize: what others ask us about: is this credential good, may this person do that?
set local role mr_api;

-- api.token_introspect({token}) -> {active, kind, workspace, user, scopes, expires_at}. Needs workspace:read.
--   Of what is good in another workspace only, and of what is good nowhere, the same: {active: false}.
create or replace function api.token_introspect(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('workspace:read');
	return app.introspect(coalesce(p->>'token', ''));
end
$$;
revoke all on function api.token_introspect(jsonb) from public;
grant execute on function api.token_introspect(jsonb) to mr_web;

-- api.auth_authorize({user?, resource, action}) -> {allowed, role, permission}: what the operation itself would say to
--   that member. Needs member:read. Raises MR404, MR400 on action.
create or replace function api.auth_authorize(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('member:read');
	return app.authorize(coalesce(app.uuid_read(p->>'user'), app.user_id()), p->>'resource', p->>'action');
end
$$;
revoke all on function api.auth_authorize(jsonb) from public;
grant execute on function api.auth_authorize(jsonb) to mr_web;
