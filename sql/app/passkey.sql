-- passkey: WebAuthn credentials. Web verifies the authenticator's signature (src/web/webauthn.c), since Postgres can't;
-- here is what must hold besides: a challenge is ours, young and used once, a counter never goes back.
set local role mr_owner;

-- app.challenge_life() -> how long an authenticator may take.
create or replace function app.challenge_life() returns interval
language sql immutable parallel safe
return interval '5 minutes';
revoke all on function app.challenge_life() from public;

-- app.challenge_make(user) -> a new challenge, in hex. user: who registers a passkey; null: somebody signs in.
--   Raises MR429 when one person, or all who sign in, hold too many open ones.
create or replace function app.challenge_make(p_user uuid)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_bytes constant bytea := ext.gen_random_bytes(32);
begin
	delete from app.challenge c
	 where c.ctid = any (array(select c2.ctid from app.challenge c2 where c2.expires_at < now() limit 100 for update skip locked));
	if (select count(*) from (select from app.challenge c where c.user_id is not distinct from p_user limit 10000) x)
	   >= (case when p_user is null then 10000 else 20 end) then
		perform app.fail('MR429', 'too many passkey requests are open; wait a little', p_seconds => 60);
	end if;
	insert into app.challenge (challenge_hash, user_id, expires_at)
	values (sha256(v_bytes), p_user, now() + app.challenge_life());
	return encode(v_bytes, 'hex');
end
$$;
revoke all on function app.challenge_make(uuid) from public;
grant execute on function app.challenge_make(uuid) to mr_api;

-- app.challenge_take(hash, user): uses a challenge up. Raises MR400 on client_data when it was never given out, has been
--   used, is too old, or was given to somebody else.
create or replace function app.challenge_take(p_hash bytea, p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	delete from app.challenge c
	 where c.challenge_hash = p_hash and c.user_id is not distinct from p_user and c.expires_at > now();
	if not found then
		perform app.fail('MR400', 'the request to the passkey is too old or was used before; start again', 'client_data');
	end if;
end
$$;
revoke all on function app.challenge_take(bytea, uuid) from public;

-- app.passkey_json(passkey) -> as lists show it.
create or replace function app.passkey_json(p app.passkey)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object('id', p.id, 'name', p.name, 'created_at', app.ts(p.created_at), 'used_at', app.ts(p.used_at),
		'cloned_at', app.ts(p.cloned_at));
end
$$;
revoke all on function app.passkey_json(app.passkey) from public;

-- app.passkey_options() -> {challenge, user: {id, name, display_name}, exclude: [credential ids]} for the person of the
--   context; bytes in hex. Raises MR403.
create or replace function app.passkey_options()
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need_own_factor();
	return (
		select jsonb_build_object('challenge', app.challenge_make(u.id), 'user', jsonb_build_object(
				'id', replace(u.id::text, '-', ''), 'name', u.email, 'display_name', coalesce(nullif(u.name, ''), u.email)),
			'exclude', coalesce((
				select jsonb_agg(encode(k.credential_id, 'hex')) from app.passkey k where k.user_id = u.id), '[]'))
		  from app.user_account u
		 where u.id = app.user_id());
end
$$;
revoke all on function app.passkey_options() from public;
grant execute on function app.passkey_options() to mr_api;

-- app.passkey_keep(challenge hash, credential id, public key, algorithm, count, name) -> the new passkey of the person of
--   the context, who is told by mail. Raises MR400 as app.challenge_take, MR403, MR409 when it is registered already or there
--   are too many.
create or replace function app.passkey_keep(
	p_challenge bytea, p_credential bytea, p_key bytea, p_algorithm integer, p_count bigint, p_name text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.passkey;
begin
	perform app.need_own_factor();
	perform app.challenge_take(p_challenge, app.user_id());
	if (select count(*) from app.passkey k where k.user_id = app.user_id()) >= 20 then
		perform app.fail('MR409', 'twenty passkeys are enough: delete one first');
	end if;
	insert into app.passkey (user_id, credential_id, public_key, algorithm, sign_count, name)
	values (app.user_id(), p_credential, p_key, p_algorithm, p_count, p_name)
	    on conflict (credential_id) do nothing
	returning * into v;
	if v.id is null then
		perform app.fail('MR409', 'this passkey is already registered');
	end if;
	perform app.mail_put(null, u.email, 'passkey_added', 'A passkey was added to your account',
		format(E'The passkey “%s” logs in to your account from now on; it was added%s.\n\nIf it wasn''t you, delete it at\n%s\nand change your password.\n',
		       v.name, app.asked_from(), app.mail_link('/settings/security')))
	   from app.user_account u where u.id = v.user_id;
	return app.passkey_json(v);
end
$$;
revoke all on function app.passkey_keep(bytea, bytea, bytea, integer, bigint, text) from public;
grant execute on function app.passkey_keep(bytea, bytea, bytea, integer, bigint, text) to mr_api;

-- app.passkeys_mine(limit, after) -> passkeys of the person of the context, newest first.
create or replace function app.passkeys_mine(p_limit integer, p_after uuid)
returns table (id uuid, item jsonb)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user constant uuid := app.user_id();
begin
	-- First what is mine: in the order of keys it would be looked for among everybody's.
	return query
	with mine as materialized (
		select k as passkey from app.passkey k where k.user_id = v_user)
	select (m.passkey).id, app.passkey_json(m.passkey)
	  from mine m
	 where p_after is null or (m.passkey).id < p_after
	 order by 1 desc
	 limit p_limit;
end
$$;
revoke all on function app.passkeys_mine(integer, uuid) from public;
grant execute on function app.passkeys_mine(integer, uuid) to mr_api;

-- app.passkey_rename(id, name) -> the passkey, null when the person of the context has no such one.
create or replace function app.passkey_rename(p_id uuid, p_name text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.passkey;
begin
	update app.passkey k set name = p_name where k.id = p_id and k.user_id = app.user_id() returning * into v;
	return case when v.id is not null then app.passkey_json(v) end;
end
$$;
revoke all on function app.passkey_rename(uuid, text) from public;
grant execute on function app.passkey_rename(uuid, text) to mr_api;

-- app.ways_in(user) -> how many ways there are to sign in: a password, passkeys, accounts elsewhere.
create or replace function app.ways_in(p_user uuid)
returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (select count(*) from app.user_account u where u.id = p_user and u.password_hash is not null)
	     + (select count(*) from app.passkey k where k.user_id = p_user and k.cloned_at is null)
	     + (select count(*) from app.identity i where i.user_id = p_user);
end
$$;
revoke all on function app.ways_in(uuid) from public;

-- app.passkey_void(user): a passkey of the person is no good any more. When it was the last one, and there is no authenticator
--   app, what sessions have shown of a second factor is void.
create or replace function app.passkey_void(p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.session s set mfa_at = null
	 where s.user_id = p_user and s.mfa_at is not null
	   and not exists (select from app.passkey k where k.user_id = p_user and k.cloned_at is null)
	   and exists (select from app.user_account u where u.id = p_user and u.mfa_at is null);
end
$$;
revoke all on function app.passkey_void(uuid) from public;

-- app.passkey_drop(id) -> whether the person of the context had it, who is told by mail. Raises MR403, MR409 for the only way to
--   sign in.
create or replace function app.passkey_drop(p_id uuid)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_name text;
begin
	perform app.need_own_factor();
	perform from app.user_account u where u.id = app.user_id() for update;
	delete from app.passkey k where k.id = p_id and k.user_id = app.user_id() returning k.name into v_name;
	if not found then
		return false;
	elsif app.ways_in(app.user_id()) = 0 then
		perform app.fail('MR409', 'this is the only way you can sign in: set a password or add another passkey first');
	end if;
	perform app.passkey_void(app.user_id());
	perform app.mail_put(null, u.email, 'passkey_removed', 'A passkey was removed from your account',
		format(E'The passkey “%s” opens your account no more; it was removed%s.\n\nIf it wasn''t you, change your password.\n',
		       v_name, app.asked_from()))
	   from app.user_account u where u.id = app.user_id();
	return true;
end
$$;
revoke all on function app.passkey_drop(uuid) from public;
grant execute on function app.passkey_drop(uuid) to mr_api;

-- app.passkey_find(challenge hash, credential id) -> {public_key, algorithm, user_id}, bytes in hex; null when nobody has
--   such a passkey. Uses the challenge up, in a transaction of its own: a second try with it fails whatever comes of the
--   first. Raises MR400 on client_data, MR429 as a password's tries.
create or replace function app.passkey_find(p_challenge bytea, p_credential bytea)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.throttle_count(array[app.network_key(app.client('address'))]);
	perform app.challenge_take(p_challenge, null);
	return (
		select jsonb_build_object('public_key', encode(k.public_key, 'hex'), 'algorithm', k.algorithm,
		                          'user_id', replace(k.user_id::text, '-', ''))
		  from app.passkey k
		  join app.user_account u on u.id = k.user_id and u.is_active
		 where k.credential_id = p_credential and k.cloned_at is null);
end
$$;
revoke all on function app.passkey_find(bytea, bytea) from public;
grant execute on function app.passkey_find(bytea, bytea) to mr_api;

-- app.passkey_open(credential id, count) -> as app.session_make of a cookie session, for an assertion that web has
--   verified: of the passkey and of who uses it, so it stands for both factors. A counter that doesn't grow means that there are two of this passkey: it opens nothing from now on, and that
--   must be kept, so {cloned: true} is an answer and not an error. Authenticators without a counter say 0 always.
--   Raises MR401.
create or replace function app.passkey_open(p_credential bytea, p_count bigint)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.passkey;
begin
	select k.* into v
	  from app.passkey k
	  join app.user_account u on u.id = k.user_id and u.is_active
	 where k.credential_id = p_credential and k.cloned_at is null
	   for update of k;
	if v.id is null then
		raise exception using errcode = 'MR401', message = 'this passkey opens no account here';
	elsif (p_count > 0 or v.sign_count > 0) and p_count <= v.sign_count then
		update app.passkey k set cloned_at = now() where k.id = v.id;
		perform app.passkey_void(v.user_id);
		return jsonb_build_object('cloned', true);
	end if;
	update app.passkey k set sign_count = p_count, used_at = now() where k.id = v.id;
	perform app.throttle_clear(null, app.network_key(app.client('address')));
	return app.session_make(v.user_id, 'cookie', true);
end
$$;
revoke all on function app.passkey_open(bytea, bigint) from public;
grant execute on function app.passkey_open(bytea, bigint) to mr_api;
