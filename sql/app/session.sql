-- session: sign-up, sign-in, refresh, sign-out. What api.auth_* are thin doors to; mr_api has no right on these tables.
--
-- The password's check is split so that neither side can do without the other. SQL gives out the salt and the
-- parameters of the stored hash, never the hash; web derives the hash from the password that was sent (argon2id, in a
-- thread) and presents it; SQL compares. So who can only call api functions opens no session and learns no hash.
set local role mr_owner;

-- app.session_idle(), app.session_life() -> how long a session lives unused, and at all.
create or replace function app.session_idle() returns interval
language sql immutable parallel safe
return interval '12 hours';
create or replace function app.session_life() returns interval
language sql immutable parallel safe
return interval '30 days';
revoke all on function app.session_idle(), app.session_life() from public;

-- app.client(field) -> what web said about who is calling, from api.enter without a credential; null if nothing.
create or replace function app.client(p_field text)
returns text
language sql stable
return nullif(current_setting('app.client', true), '')::jsonb->>p_field;
revoke all on function app.client(text) from public;

-- app.auth_lookup(email) -> {password_salt}: the text of the stored hash (argon2id, or an imported bcrypt) without its last part. An unknown
--   address gets one that nobody can tell from a real one, always the same. Counts a try: raises MR429 when there
--   were too many.
create or replace function app.auth_lookup(p_email text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_key  text := lower(p_email);
	v_hash text;
	v_mac  bytea;
begin
	perform app.throttle_count(array['account:' || v_key, app.network_key(app.client('address'))]);
	select u.password_hash into v_hash from app.user_account u where u.email_key = v_key and u.is_active;
	if v_hash is null then
		select k.mac into v_mac from app.context_key k;
		v_hash := '$argon2id$v=19$m=19456,t=2,p=1$'
			|| rtrim(encode(substring(ext.hmac(convert_to('salt ' || v_key, 'UTF8'), v_mac, 'sha256') for 16), 'base64'), '=')
			|| '$';
	end if;
	-- An imported bcrypt hash: `$2b$12$`, 22 characters of salt, then what stays here.
	return jsonb_build_object('password_salt',
		case when v_hash ~ '^\$2[aby]\$' then left(v_hash, 29) else regexp_replace(v_hash, '\$[^$]*$', '') end);
end
$$;
revoke all on function app.auth_lookup(text) from public;
grant execute on function app.auth_lookup(text) to mr_api;

-- app.session_make(user, kind, shown) -> {secret} of a cookie session, {sid, refresh_token} of a JWT session, and of both
--   session_id, user, workspace_id, expires_at. shown: it was opened with a second factor, too. Who signs in joins the workspace
--   that captures the domain of their address.
create or replace function app.session_make(p_user uuid, p_kind text, p_shown boolean default false)
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_secret  text := app.token_make('s');
	v_refresh text;
	v_id      uuid;
	v_ends    timestamptz;
	v_place   uuid;
begin
	perform app.domain_capture(p_user);
	select p.workspace_id into v_place
	  from app.user_account u, app.workspace_pick(u.id, null, u.last_workspace_id) p
	 where u.id = p_user;
	if p_kind = 'jwt' then
		v_secret := substr(v_secret, 5);
	end if;
	insert into app.session (user_id, kind, token_hash, workspace_id, address, agent, mfa_at, expires_at, ends_at)
	values (p_user, p_kind, app.secret_hash(v_secret), v_place, app.client('address'), left(app.client('agent'), 500),
	        case when p_shown then now() end,
	        now() + case p_kind when 'jwt' then app.session_life() else app.session_idle() end, now() + app.session_life())
	returning id, expires_at into v_id, v_ends;
	if p_kind = 'jwt' then
		v_refresh := app.token_make('r');
		insert into app.refresh_token (token_hash, session_id, expires_at)
		values (app.secret_hash(v_refresh), v_id, v_ends);
	end if;
	return jsonb_build_object('session_id', v_id, 'user', app.user_json(p_user, v_id), 'workspace_id', v_place,
	                          'expires_at', app.ts(v_ends))
	    || case p_kind when 'jwt' then jsonb_build_object('sid', v_secret, 'refresh_token', v_refresh)
	       else jsonb_build_object('secret', v_secret) end;
end
$$;
revoke all on function app.session_make(uuid, text, boolean) from public;

-- app.auth_register_count(): counts a sign-up, in a transaction of its own, before the password is hashed. Raises MR429.
create or replace function app.auth_register_count()
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.throttle_count(array[app.register_key()]);
end
$$;
revoke all on function app.auth_register_count() from public;
grant execute on function app.auth_register_count() to mr_api;

-- app.auth_register(email, name, password hash, workspace name, next) -> as app.session_make, of a cookie session; {mailed: true}
--   where mail can be sent, whether the address has an account or not. Raises MR400, without a mail server MR409 on email.
create or replace function app.auth_register(p_email text, p_name text, p_hash text, p_workspace text, p_next text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.ticket;
begin
	perform app.email_check(p_email);
	if p_hash is null or p_hash !~ '^\$argon2id\$v=\d+\$[^$]+\$[^$]+\$[^$]+$' then
		perform app.fail('MR400', 'a password is needed', 'password');
	elsif p_next !~ '^/([!-.0-\[\]-~][!-\[\]-~]*)?$' or length(p_next) > 1000 then
		perform app.fail('MR400', 'must be a path of this site', 'next');
	elsif length(p_name) > 255 then
		perform app.fail('MR400', 'the name must not be longer than 255 characters', 'name');
	elsif not app.mail_on() then
		return app.session_make(app.person_make(p_email, p_name, p_hash, p_workspace), 'cookie');
	end if;
	if exists (select from app.user_account u where u.email_key = lower(p_email)) then
		perform app.mail_put(null, p_email, 'email_taken', 'You have an account already',
			format(E'Somebody signed up for Millrace with this address%s. It has an account already.\n\nLog in at\n%s\n'
			       'or, if you forgot the password, set a new one at\n%s\n',
			       app.asked_from(), app.mail_link('/login'), app.mail_link('/forgot')));
	else
		v.kind := 'verify';
		v.email := p_email;
		v.name := p_name;
		v.password_hash := p_hash;
		v.workspace_name := p_workspace;
		v.next := p_next;
		perform app.verify_mail(v);
	end if;
	return '{"mailed": true}';
end
$$;
revoke all on function app.auth_register(text, text, text, text, text) from public;
grant execute on function app.auth_register(text, text, text, text, text) to mr_api;

-- app.auth_open(email, password hash, kind, new hash) -> as app.session_begin. The hash is the one derived from the
--   password that was sent; new hash: the same password under today's parameters, kept from now on.
--   Raises MR401, the same for an unknown address and a wrong password.
create or replace function app.auth_open(p_email text, p_hash text, p_kind text, p_new_hash text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_key  text := lower(p_email);
	v_user uuid;
begin
	select u.id into v_user
	  from app.user_account u
	 where u.email_key = v_key and u.is_active and sha256(convert_to(u.password_hash, 'UTF8')) = sha256(convert_to(p_hash, 'UTF8'));
	if not found then
		raise exception using errcode = 'MR401', message = 'the email address or the password is wrong';
	end if;
	perform app.throttle_clear('account:' || v_key, app.network_key(app.client('address')));
	if p_new_hash is not null then
		update app.user_account u set password_hash = p_new_hash where u.id = v_user;
	end if;
	return app.session_begin(v_user, p_kind);
end
$$;
revoke all on function app.auth_open(text, text, text, text) from public;
grant execute on function app.auth_open(text, text, text, text) to mr_api;

-- app.auth_refresh(refresh token) -> {sid, refresh_token, user_id, session_id, expires_at}, or {ended: true}.
--   Gives a new pair and ends the old one. A spent token means that somebody has copied it: the session ends, and
--   that must be kept, so it is an answer and not an error. Within 10 s the same client may repeat itself: its first
--   answer may have been lost. Raises MR401 for what is no refresh token of a living session, MR40E when it is over.
create or replace function app.auth_refresh(p_token text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_row     record;
	v_sid     text := substr(app.token_make('s'), 5);
	v_refresh text := app.token_make('r');
begin
	select r.token_hash, r.used_at, r.expires_at, s.id, s.user_id, s.revoked_at, s.address, s.agent, s.ends_at, u.is_active
	  into v_row
	  from app.refresh_token r
	  join app.session s on s.id = r.session_id
	  join app.user_account u on u.id = s.user_id
	 where r.token_hash = app.secret_hash(p_token)
	   for update of r, s;
	if not found or v_row.revoked_at is not null or not v_row.is_active then
		raise exception using errcode = 'MR401', message = 'the refresh token is not valid';
	elsif v_row.expires_at <= now() then
		raise exception using errcode = 'MR40E', message = 'the refresh token has expired; sign in again';
	elsif v_row.used_at is not null
	      and (v_row.used_at < clock_timestamp() - interval '10 seconds'
	           or v_row.address is distinct from app.client('address')
	           or v_row.agent is distinct from left(app.client('agent'), 500)) then
		update app.session s set revoked_at = now() where s.id = v_row.id;
		perform app.audit_put(null, 'session.refresh_reused', 'session', v_row.id, null, v_row.user_id);
		return jsonb_build_object('ended', true);
	end if;
	update app.refresh_token r set used_at = coalesce(r.used_at, clock_timestamp()) where r.token_hash = v_row.token_hash;
	insert into app.refresh_token (token_hash, session_id, expires_at)
	values (app.secret_hash(v_refresh), v_row.id, v_row.ends_at);
	update app.session s
	   set token_hash = app.secret_hash(v_sid), seen_at = now()
	 where s.id = v_row.id;
	return jsonb_build_object('sid', v_sid, 'refresh_token', v_refresh, 'user_id', v_row.user_id, 'session_id', v_row.id,
	                          'expires_at', app.ts(v_row.ends_at));
end
$$;
revoke all on function app.auth_refresh(text) from public;
grant execute on function app.auth_refresh(text) to mr_api;

-- app.session_end(id) -> whether a living session of the person of the context was ended.
create or replace function app.session_end(p_id uuid)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.session s
	   set revoked_at = now()
	 where s.id = p_id and s.user_id = app.user_id() and s.revoked_at is null and s.expires_at > now();
	return found;
end
$$;
revoke all on function app.session_end(uuid) from public;
grant execute on function app.session_end(uuid) to mr_api;

-- app.sessions_mine(limit, after) -> living sessions of the person of the context, newest first.
create or replace function app.sessions_mine(p_limit integer, p_after uuid)
returns table (id uuid, kind text, address text, agent text, created_at timestamptz, seen_at timestamptz,
               expires_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user constant uuid := app.user_id();
begin
	-- First what is mine: in the order of keys it would be looked for among everybody's.
	return query
	with mine as materialized (
		select s.id, s.kind, s.address, s.agent, s.created_at, s.seen_at, s.expires_at
		  from app.session s
		 where s.user_id = v_user and s.revoked_at is null and s.expires_at > now())
	select m.*
	  from mine m
	 where p_after is null or m.id < p_after
	 order by m.id desc
	 limit p_limit;
end
$$;
revoke all on function app.sessions_mine(integer, uuid) from public;
grant execute on function app.sessions_mine(integer, uuid) to mr_api;
