-- second factor: codes come with the vault's word of which step they are (app/second_factor.sql).
set local role mr_api;

-- api.second_factor_lookup({ticket?}) -> what the vault is asked for the code of the ticket, or of who is signed in. Counts a try. Raises MR401, MR409, MR429.
create or replace function api.second_factor_lookup(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if not p ? 'ticket' then
		perform app.need('session');
	end if;
	return app.second_factor_lookup(p->>'ticket');
end
$$;
revoke all on function api.second_factor_lookup(jsonb) from public;
grant execute on function api.second_factor_lookup(jsonb) to mr_web;

-- api.auth_second_factor({ticket, code, step?, word?}) -> as auth_open, and {kind}. Raises MR401, MR400 on code.
create or replace function api.auth_second_factor(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.auth_second_factor(p);
end
$$;
revoke all on function api.auth_second_factor(jsonb) from public;
grant execute on function api.auth_second_factor(jsonb) to mr_web;

-- api.second_factor_get({}) -> {is_on, since, recovery_codes_left, confirmed_until}. Needs a session.
create or replace function api.second_factor_get(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return app.second_factor_state();
end
$$;
revoke all on function api.second_factor_get(jsonb) from public;
grant execute on function api.second_factor_get(jsonb) to mr_web;

-- api.second_factor_confirm({code, step?, word?}) -> the state. Needs a session. Raises MR400 on code.
create or replace function api.second_factor_confirm(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.second_factor_confirm(p);
	return app.second_factor_state();
end
$$;
revoke all on function api.second_factor_confirm(jsonb) from public;
grant execute on function api.second_factor_confirm(jsonb) to mr_web;

-- api.totp_begin({password_hash, sealed}) -> null. Needs a session. Raises MR400 on password, MR409.
create or replace function api.totp_begin(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.password_check(p->>'password_hash');
	perform app.totp_begin(p->>'sealed');
	return null;
end
$$;
revoke all on function api.totp_begin(jsonb) from public;
grant execute on function api.totp_begin(jsonb) to mr_web;

-- api.totp_confirm({code, step?, word?}) -> {recovery_codes}, shown this once. Needs a session. Raises MR400 on code, MR409.
create or replace function api.totp_confirm(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return jsonb_build_object('recovery_codes', app.totp_confirm((p->>'step')::bigint, p->>'word'));
end
$$;
revoke all on function api.totp_confirm(jsonb) from public;
grant execute on function api.totp_confirm(jsonb) to mr_web;

-- api.totp_disable({password_hash, code, step?, word?}) -> null. Needs a session. Raises MR400 on password or code.
create or replace function api.totp_disable(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.password_check(p->>'password_hash');
	perform app.totp_disable(p);
	return null;
end
$$;
revoke all on function api.totp_disable(jsonb) from public;
grant execute on function api.totp_disable(jsonb) to mr_web;

-- api.recovery_code_renew({}) -> {recovery_codes}, shown this once; earlier ones are void. Needs a session and the second factor.
--   Raises MR409 without one, MR40M.
create or replace function api.recovery_code_renew(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	if not (app.second_factor_state()->>'is_on')::boolean then
		perform app.fail('MR409', 'no authenticator app is set up');
	end if;
	perform app.need_second_factor();
	return jsonb_build_object('recovery_codes', app.recovery_codes_make());
end
$$;
revoke all on function api.recovery_code_renew(jsonb) from public;
grant execute on function api.recovery_code_renew(jsonb) to mr_web;
