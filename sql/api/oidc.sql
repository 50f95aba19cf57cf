-- oidc: signing in by an account elsewhere, and linking one. Web vouches for what the provider said. Bytes come in hex.
set local role mr_api;

-- api.oidc_start({provider, state_hash, browser_hash, next}) -> null. Somebody goes to a provider of the installation.
--   Raises MR400 on next, MR429.
create or replace function api.oidc_start(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.oidc_begin(decode(p->>'state_hash', 'hex'), decode(p->>'browser_hash', 'hex'), p->>'provider', null, p->>'next');
	return null;
end
$$;
revoke all on function api.oidc_start(jsonb) from public;
grant execute on function api.oidc_start(jsonb) to mr_web;

-- api.identity_start({provider, state_hash, browser_hash, next}) -> null. The person goes there to link an account. Needs a session.
create or replace function api.identity_start(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.oidc_begin(decode(p->>'state_hash', 'hex'), decode(p->>'browser_hash', 'hex'), p->>'provider', app.user_id(), p->>'next');
	return null;
end
$$;
revoke all on function api.identity_start(jsonb) from public;
grant execute on function api.identity_start(jsonb) to mr_web;

-- api.oidc_take({state_hash, browser_hash, provider}) -> {next, user_id}, or null for a state that isn't good. Uses it up.
create or replace function api.oidc_take(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.oidc_take(decode(p->>'state_hash', 'hex'), decode(p->>'browser_hash', 'hex'), p->>'provider');
end
$$;
revoke all on function api.oidc_take(jsonb) from public;
grant execute on function api.oidc_take(jsonb) to mr_web;

-- api.oidc_callback(what a verified ID token says; see app.oidc_open) -> a session, {linked: true} or {problem}.
create or replace function api.oidc_callback(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.oidc_open(p);
end
$$;
revoke all on function api.oidc_callback(jsonb) from public;
grant execute on function api.oidc_callback(jsonb) to mr_web;

-- api.identity_list({limit?, cursor?}) -> my accounts elsewhere, newest first.
create or replace function api.identity_list(p jsonb)
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
	           'id', i.id, 'provider', i.provider, 'issuer', i.issuer, 'email', i.email,
	           'created_at', app.ts(i.created_at), 'used_at', app.ts(i.used_at)) order by i.id desc), '[]')
	  into v_rows
	  from app.identities_mine(v_limit + 1, (app.cursor_read('identity_list', p->>'cursor')->>0)::uuid) i;
	return app.page('identity_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.identity_list(jsonb) from public;
grant execute on function api.identity_list(jsonb) to mr_web;

-- api.identity_delete({id}) -> null. Raises MR404 for any but one of mine, MR409 for the only way to sign in.
create or replace function api.identity_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	if not app.identity_drop(app.uuid_read(p->>'id')) then
		raise exception using errcode = 'MR404', message = 'no such linked account';
	end if;
	return null;
end
$$;
revoke all on function api.identity_delete(jsonb) from public;
grant execute on function api.identity_delete(jsonb) to mr_web;
