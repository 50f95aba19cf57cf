-- oidc: signing in by an account elsewhere. Web speaks with the provider and verifies its ID token (src/web/oidc.c); here is
-- whose account that opens. An account elsewhere is its issuer and subject, for ever; an address counts only the first
-- time, and only one that both the provider and we have verified: else who signs up first with somebody's address, here
-- or there, would own the other's account.
set local role mr_owner;

-- app.oidc_life() -> how long a sign-in may take at the provider.
create or replace function app.oidc_life() returns interval
language sql immutable parallel safe
return interval '10 minutes';
revoke all on function app.oidc_life() from public;

-- app.oidc_begin(state hash, browser hash, provider, user, next): begins a sign-in, or for `user` the linking of an
--   account elsewhere. Raises MR429 when too many have begun in one network, MR400 on next when it is no path of ours.
create or replace function app.oidc_begin(p_state bytea, p_browser bytea, p_provider text, p_user uuid, p_next text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_network constant text := app.network_key(app.client('address'));
begin
	if p_next !~ '^/([^/\\]|$)' or p_next ~ '[[:cntrl:]\\]' or length(p_next) > 500 then
		perform app.fail('MR400', 'this is no path of ours', 'next');
	end if;
	delete from app.oidc_state s
	 where s.ctid = any (array(select s2.ctid from app.oidc_state s2 where s2.expires_at < now() limit 100 for update skip locked));
	if (select count(*) from (select from app.oidc_state s where s.network is not distinct from v_network limit 500) x) >= 500 then
		perform app.fail('MR429', 'too many sign-ins have begun and not ended; wait a little', p_seconds => 60);
	end if;
	insert into app.oidc_state (state_hash, browser_hash, provider, user_id, next, network, expires_at)
	values (p_state, p_browser, p_provider, p_user, p_next, v_network, now() + app.oidc_life());
end
$$;
revoke all on function app.oidc_begin(bytea, bytea, text, uuid, text) from public;
grant execute on function app.oidc_begin(bytea, bytea, text, uuid, text) to mr_api;

-- app.oidc_take(state hash, browser hash, provider) -> {next, user_id}, null when the state was never given
--   out, has been used, is too old, or belongs to another browser or provider. It is used up by this, whatever comes of
--   it.
create or replace function app.oidc_take(p_state bytea, p_browser bytea, p_provider text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.oidc_state;
begin
	delete from app.oidc_state s where s.state_hash = p_state returning * into v;
	if v.state_hash is null or v.expires_at <= now() or v.browser_hash <> p_browser
	   or v.provider <> p_provider then
		return null;
	end if;
	return jsonb_build_object('next', v.next, 'user_id', v.user_id);
end
$$;
revoke all on function app.oidc_take(bytea, bytea, text) from public;
grant execute on function app.oidc_take(bytea, bytea, text) to mr_api;

-- app.oidc_person(provider's word) -> {user_id}, an old or new account for somebody whom no identity is known of, or {problem}.
create or replace function app.oidc_person(p jsonb)
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_email text := p->>'email';
	v_user  app.user_account;
	v_id    uuid;
begin
	if v_email is null or v_email !~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' or length(v_email) > 254
	   or p->'email_verified' is distinct from 'true' then
		return '{"problem": "email_unverified"}';
	end if;
	select * into v_user from app.user_account u where u.email_key = lower(v_email);
	if v_user.id is null then
		v_id := app.user_make(v_email, left(p->>'name', 255), null);
		update app.user_account u set email_verified_at = now() where u.id = v_id;
		perform app.workspace_make(v_id,
		    left(coalesce(nullif(trim(p->>'name'), ''), split_part(v_email, '@', 1)) || '''s workspace', 255), null);
		return jsonb_build_object('user_id', v_id);
	elsif v_user.email_verified_at is null then
		return '{"problem": "account_unverified"}';
	end if;
	return jsonb_build_object('user_id', v_user.id);
end
$$;
revoke all on function app.oidc_person(jsonb) from public;

-- app.oidc_open({provider, issuer, subject, email?, email_verified?, name?, link?}) -> as app.session_begin: a provider's
--   word is a first factor only, {linked: true}, or {problem}: email_unverified, account_unverified, inactive, taken.
--   link: the person of the context adds this account elsewhere to theirs.
create or replace function app.oidc_open(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_link   constant uuid := (p->>'link')::uuid;
	v_known  app.identity;
	v_person jsonb;
	v_user   uuid;
begin
	select * into v_known
	  from app.identity i
	 where i.workspace_id is null and i.issuer = p->>'issuer' and i.subject = p->>'subject'
	   for update;
	if v_link is not null and v_link is distinct from app.user_id() then
		return '{"problem": "state"}';
	elsif v_link is not null and v_known.user_id <> v_link then
		return '{"problem": "taken"}';
	end if;
	v_user := coalesce(v_known.user_id, v_link);
	if v_user is null then
		v_person := app.oidc_person(p);
		if v_person ? 'problem' then
			return v_person;
		end if;
		v_user := (v_person->>'user_id')::uuid;
	end if;
	if not exists (select from app.user_account u where u.id = v_user and u.is_active) then
		return '{"problem": "inactive"}';
	end if;
	insert into app.identity as i (user_id, provider, issuer, subject, email)
	values (v_user, p->>'provider', p->>'issuer', p->>'subject', left(p->>'email', 254))
	on conflict on constraint identity_subject_key do update
	   set email = excluded.email, used_at = now();
	if v_link is not null then
		return '{"linked": true}';
	end if;
	return app.session_begin(v_user, 'cookie');
end
$$;
revoke all on function app.oidc_open(jsonb) from public;
grant execute on function app.oidc_open(jsonb) to mr_api;

-- app.identities_mine(limit, after) -> accounts elsewhere of the person of the context, newest first.
create or replace function app.identities_mine(p_limit integer, p_after uuid)
returns table (id uuid, provider text, issuer text, email text, created_at timestamptz, used_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user constant uuid := app.user_id();
begin
	-- First what is mine: in the order of keys it would be looked for among everybody's.
	return query
	with mine as materialized (
		select i.id, i.provider, i.issuer, i.email, i.created_at, i.used_at from app.identity i where i.user_id = v_user)
	select m.*
	  from mine m
	 where p_after is null or m.id < p_after
	 order by m.id desc
	 limit p_limit;
end
$$;
revoke all on function app.identities_mine(integer, uuid) from public;
grant execute on function app.identities_mine(integer, uuid) to mr_api;

-- app.identity_drop(id) -> whether the person of the context had it. Raises MR409 for the only way to sign in.
create or replace function app.identity_drop(p_id uuid)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_found boolean;
begin
	perform from app.user_account u where u.id = app.user_id() for update;
	delete from app.identity i where i.id = p_id and i.user_id = app.user_id();
	v_found := found;
	if v_found and app.ways_in(app.user_id()) = 0 then
		perform app.fail('MR409', 'this is the only way you can sign in: set a password or add a passkey first');
	end if;
	return v_found;
end
$$;
revoke all on function app.identity_drop(uuid) from public;
grant execute on function app.identity_drop(uuid) to mr_api;
