-- account: what a person does about the own account: by a link from a mail, or signed in. Passwords come as argon2id hashes,
-- which web derives between two calls, as in auth.sql.
set local role mr_api;

-- api.auth_options({}) -> {mail, register}: what the pages before signing in may offer.
create or replace function api.auth_options(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object('mail', app.mail_on());
end
$$;
revoke all on function api.auth_options(jsonb) from public;
grant execute on function api.auth_options(jsonb) to mr_web;

-- api.auth_register_count({}): counts a sign-up before its password is hashed. Raises MR429.
create or replace function api.auth_register_count(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.auth_register_count();
	return null;
end
$$;
revoke all on function api.auth_register_count(jsonb) from public;
grant execute on function api.auth_register_count(jsonb) to mr_web;

-- api.auth_mail_count({email}): counts a mail that a stranger causes. Raises MR429.
create or replace function api.auth_mail_count(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.mail_count(coalesce(p->>'email', ''));
	return null;
end
$$;
revoke all on function api.auth_mail_count(jsonb) from public;
grant execute on function api.auth_mail_count(jsonb) to mr_web;

-- api.auth_verify({token}) -> {secret, session_id, user, workspace_id, expires_at}. Raises MR400 on token.
create or replace function api.auth_verify(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.auth_verify(coalesce(p->>'token', ''));
end
$$;
revoke all on function api.auth_verify(jsonb) from public;
grant execute on function api.auth_verify(jsonb) to mr_web;

-- api.auth_resend({email}) -> null, whoever it is.
create or replace function api.auth_resend(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.auth_resend(coalesce(p->>'email', ''));
	return null;
end
$$;
revoke all on function api.auth_resend(jsonb) from public;
grant execute on function api.auth_resend(jsonb) to mr_web;

-- api.auth_reset({email}) -> null, whoever it is. Raises MR409 without a mail server.
create or replace function api.auth_reset(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.auth_reset(coalesce(p->>'email', ''));
	return null;
end
$$;
revoke all on function api.auth_reset(jsonb) from public;
grant execute on function api.auth_reset(jsonb) to mr_web;

-- api.auth_reset_confirm({token, new_hash}) -> null. All sessions end. Raises MR400 on token.
create or replace function api.auth_reset_confirm(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.auth_reset_confirm(coalesce(p->>'token', ''), p->>'new_hash');
	return null;
end
$$;
revoke all on function api.auth_reset_confirm(jsonb) from public;
grant execute on function api.auth_reset_confirm(jsonb) to mr_web;

-- api.email_confirm({token}) -> null. Raises MR400 on token, MR409 on email.
create or replace function api.email_confirm(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.email_confirm(coalesce(p->>'token', ''));
	return null;
end
$$;
revoke all on function api.email_confirm(jsonb) from public;
grant execute on function api.email_confirm(jsonb) to mr_web;

-- api.password_lookup({}) -> {password_salt, user_id, email}. Needs a session. Raises MR429.
create or replace function api.password_lookup(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return app.password_lookup();
end
$$;
revoke all on function api.password_lookup(jsonb) from public;
grant execute on function api.password_lookup(jsonb) to mr_web;

-- api.password_link({}) -> null: a mail with the link for a first password. Needs a session. Raises MR409, MR40M, MR429.
create or replace function api.password_link(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.password_link();
	return null;
end
$$;
revoke all on function api.password_link(jsonb) from public;
grant execute on function api.password_link(jsonb) to mr_web;

-- api.password_change({password_hash, new_hash}) -> null. My other sessions end. Needs a session. Raises MR400 on password.
create or replace function api.password_change(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.password_check(p->>'password_hash');
	perform app.password_change(p->>'new_hash');
	return null;
end
$$;
revoke all on function api.password_change(jsonb) from public;
grant execute on function api.password_change(jsonb) to mr_web;

-- api.email_change({email, password_hash}) -> {confirm}: whether a mail to the new address must be answered first. Needs a session.
--   Raises MR400, MR409 on email, MR429.
create or replace function api.email_change(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.password_check(p->>'password_hash');
	return jsonb_build_object('confirm', app.email_change(p->>'email'));
end
$$;
revoke all on function api.email_change(jsonb) from public;
grant execute on function api.email_change(jsonb) to mr_web;

-- api.session_revoke_others({}) -> null. Ends all my sessions but the one that asks. Needs a session.
create or replace function api.session_revoke_others(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.sessions_end_others();
	return null;
end
$$;
revoke all on function api.session_revoke_others(jsonb) from public;
grant execute on function api.session_revoke_others(jsonb) to mr_web;
