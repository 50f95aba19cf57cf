-- auth: sign-up, sign-in, refresh, sign-out. Signing in takes two calls, since the password's hash is derived by web in
-- between: auth_lookup gives salt and parameters, web derives the hash of the password that was sent, auth_open compares.
set local role mr_api;

-- api.auth_register({email, name?, workspace_name?, next?, password_hash}) -> {secret, session_id, user, workspace_id, expires_at}.
--   The person, a first workspace that the person owns, and a cookie session whose cookie holds `secret`.
--   password_hash: argon2id of the password, a PHC string. Raises MR400, MR409 on email.
create or replace function api.auth_register(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.auth_register(p->>'email', p->>'name', p->>'password_hash', p->>'workspace_name', p->>'next');
end
$$;
revoke all on function api.auth_register(jsonb) from public;
grant execute on function api.auth_register(jsonb) to mr_web;

-- api.auth_lookup({email}) -> {password_salt: "$argon2id$v=19$m=19456,t=2,p=1$<salt>"}, for any address.
--   Raises MR429 with the seconds to wait after too many tries.
create or replace function api.auth_lookup(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.auth_lookup(coalesce(p->>'email', ''));
end
$$;
revoke all on function api.auth_lookup(jsonb) from public;
grant execute on function api.auth_lookup(jsonb) to mr_web;

-- api.auth_open({email, password_hash, kind: cookie|jwt, new_hash?})
--   -> cookie: {secret, session_id, user, workspace_id, expires_at}
--      jwt:    {sid, refresh_token, session_id, user, workspace_id, expires_at}
--   password_hash: the whole PHC string, derived under the salt and the parameters of auth_lookup.
--   Raises MR401, the same for an unknown address and a wrong password.
create or replace function api.auth_open(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.auth_open(coalesce(p->>'email', ''), p->>'password_hash',
	    case p->>'kind' when 'jwt' then 'jwt' else 'cookie' end, p->>'new_hash');
end
$$;
revoke all on function api.auth_open(jsonb) from public;
grant execute on function api.auth_open(jsonb) to mr_web;

-- api.auth_refresh({refresh_token}) -> {sid, refresh_token, user_id, session_id, expires_at}, or {ended: true}: the token
--   was spent before, the session has ended with this transaction, and the client gets a 401.
--   Raises MR401 not a refresh token of a living session, MR40E its time is over.
create or replace function api.auth_refresh(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.auth_refresh(coalesce(p->>'refresh_token', ''));
end
$$;
revoke all on function api.auth_refresh(jsonb) from public;
grant execute on function api.auth_refresh(jsonb) to mr_web;

-- api.auth_logout({}) -> null. Ends the session that asks.
create or replace function api.auth_logout(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.session_end(app.session_id());
	return null;
end
$$;
revoke all on function api.auth_logout(jsonb) from public;
grant execute on function api.auth_logout(jsonb) to mr_web;

-- api.session_list({limit?, cursor?}) -> my living sessions, newest first.
create or replace function api.session_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_rows  jsonb;
begin
	perform app.need('session');
	v_limit := app.limit_read(p);
	select coalesce(jsonb_agg(jsonb_build_object(
	           'id', s.id, 'kind', s.kind, 'current', s.id = app.session_id(), 'address', s.address, 'agent', s.agent,
	           'created_at', app.ts(s.created_at), 'seen_at', app.ts(s.seen_at), 'expires_at', app.ts(s.expires_at))
	           order by s.id desc), '[]')
	  into v_rows
	  from app.sessions_mine(v_limit + 1, (app.cursor_read('session_list', p->>'cursor')->>0)::uuid) s;
	return app.page('session_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.session_list(jsonb) from public;
grant execute on function api.session_list(jsonb) to mr_web;

-- api.session_revoke({id}) -> null. Raises MR404 for any session but a living one of mine.
create or replace function api.session_revoke(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	if not app.session_end(app.uuid_read(p->>'id')) then
		raise exception using errcode = 'MR404', message = 'no such session';
	end if;
	return null;
end
$$;
revoke all on function api.session_revoke(jsonb) from public;
grant execute on function api.session_revoke(jsonb) to mr_web;
