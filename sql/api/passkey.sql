-- passkey: registering passkeys, and signing in with one. Web verifies what the authenticator signed; bytes come in hex.
set local role mr_api;

-- api.passkey_options({}) -> {challenge, user, exclude}: what a new passkey is made of. Needs a session.
create or replace function api.passkey_options(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return app.passkey_options();
end
$$;
revoke all on function api.passkey_options(jsonb) from public;
grant execute on function api.passkey_options(jsonb) to mr_web;

-- api.passkey_create({challenge_hash, credential_id, public_key, algorithm, sign_count, name}) -> the passkey.
--   Raises MR400 on client_data, MR403, MR409.
create or replace function api.passkey_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return app.passkey_keep(decode(p->>'challenge_hash', 'hex'), decode(p->>'credential_id', 'hex'),
	    decode(p->>'public_key', 'hex'), (p->>'algorithm')::integer, (p->>'sign_count')::bigint, p->>'name');
end
$$;
revoke all on function api.passkey_create(jsonb) from public;
grant execute on function api.passkey_create(jsonb) to mr_web;

-- api.passkey_list({limit?, cursor?}) -> my passkeys, newest first.
create or replace function api.passkey_list(p jsonb)
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
	select coalesce(jsonb_agg(k.item order by k.id desc), '[]')
	  into v_rows
	  from app.passkeys_mine(v_limit + 1, (app.cursor_read('passkey_list', p->>'cursor')->>0)::uuid) k;
	return app.page('passkey_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.passkey_list(jsonb) from public;
grant execute on function api.passkey_list(jsonb) to mr_web;

-- api.passkey_update({id, name}) -> the passkey. Raises MR404 for any but one of mine.
create or replace function api.passkey_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v jsonb;
begin
	perform app.need('session');
	v := app.passkey_rename(app.uuid_read(p->>'id'), p->>'name');
	if v is null then
		raise exception using errcode = 'MR404', message = 'no such passkey';
	end if;
	return v;
end
$$;
revoke all on function api.passkey_update(jsonb) from public;
grant execute on function api.passkey_update(jsonb) to mr_web;

-- api.passkey_delete({id}) -> null. Raises MR403, MR404 for any but one of mine, MR409 for the only way to sign in.
create or replace function api.passkey_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	if not app.passkey_drop(app.uuid_read(p->>'id')) then
		raise exception using errcode = 'MR404', message = 'no such passkey';
	end if;
	return null;
end
$$;
revoke all on function api.passkey_delete(jsonb) from public;
grant execute on function api.passkey_delete(jsonb) to mr_web;

-- api.auth_passkey_options({}) -> {challenge} for somebody who signs in.
create or replace function api.auth_passkey_options(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object('challenge', app.challenge_make(null));
end
$$;
revoke all on function api.auth_passkey_options(jsonb) from public;
grant execute on function api.auth_passkey_options(jsonb) to mr_web;

-- api.passkey_find({challenge_hash, credential_id}) -> {public_key, algorithm, user_id}, or null. The first half of signing
--   in: the challenge is used up. Raises MR400 on client_data, MR429.
create or replace function api.passkey_find(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.passkey_find(decode(p->>'challenge_hash', 'hex'), decode(p->>'credential_id', 'hex'));
end
$$;
revoke all on function api.passkey_find(jsonb) from public;
grant execute on function api.passkey_find(jsonb) to mr_web;

-- api.auth_passkey({credential_id, sign_count}) -> a session as of auth_open, or {cloned: true}. The second half, of an
--   assertion that web has verified. Raises MR401.
create or replace function api.auth_passkey(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.passkey_open(decode(p->>'credential_id', 'hex'), (p->>'sign_count')::bigint);
end
$$;
revoke all on function api.auth_passkey(jsonb) from public;
grant execute on function api.auth_passkey(jsonb) to mr_web;
