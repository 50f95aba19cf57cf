-- second factor: an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s) and recovery codes.
--
-- The secret is sealed under a key that only web has. To check a code SQL gives out what is sealed, web opens it and shows
-- the secret along with the code, and SQL, which keeps the secret's hash, computes what the code must be. So a dump of the
-- database opens nothing, and who can only call api functions can't either.
set local role mr_owner;

-- app.totp_code(secret, step) -> the six digits of a 30 s step.
create or replace function app.totp_code(p_secret bytea, p_step bigint)
returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_mac constant bytea := ext.hmac(int8send(p_step), p_secret, 'sha1');
	v_at  constant integer := get_byte(v_mac, 19) & 15;
begin
	return lpad((((get_byte(v_mac, v_at) & 127) * 16777216::bigint + get_byte(v_mac, v_at + 1) * 65536
		+ get_byte(v_mac, v_at + 2) * 256 + get_byte(v_mac, v_at + 3)) % 1000000)::text, 6, '0');
end
$$;
revoke all on function app.totp_code(bytea, bigint) from public;

-- app.second_factor_count(user): counts a try at the second factor, in a transaction of its own. Raises MR429.
create or replace function app.second_factor_count(p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.throttle_count(array['mfa:' || p_user]);
end
$$;
revoke all on function app.second_factor_count(uuid) from public;

-- app.second_factor_lookup(ticket) -> {sealed, user_id} of who has the ticket, or, with none, of the person of the context.
--   Counts a try: a ticket is good for five. Raises MR401, MR409 when there is no second factor, MR429.
create or replace function app.second_factor_lookup(p_ticket text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user uuid := app.user_id();
	v      app.totp;
begin
	if p_ticket is not null then
		update app.ticket t
		   set tries = t.tries + 1
		 where t.token_hash = app.secret_hash(p_ticket) and t.kind = 'mfa' and t.expires_at > now() and t.tries < 5
		returning t.user_id into v_user;
	end if;
	if v_user is null then
		raise exception using errcode = 'MR401', message = 'sign in anew: the time for the second step is over';
	end if;
	perform app.second_factor_count(v_user);
	select * into v from app.totp t where t.user_id = v_user;
	if not found then
		perform app.fail('MR409', 'no authenticator app is set up');
	end if;
	return jsonb_build_object('sealed', translate(encode(v.sealed, 'base64'), E'\n', ''), 'user_id', v_user);
end
$$;
revoke all on function app.second_factor_lookup(text) from public;
grant execute on function app.second_factor_lookup(text) to mr_api;

-- app.totp_check(user, code, secret in hex) -> whether it is a code of this moment, or of the step before or after it, that
--   was not used before, nor one older than it.
create or replace function app.totp_check(p_user uuid, p_code text, p_secret text)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_now    constant bigint := floor(extract(epoch from clock_timestamp()) / 30);
	v_secret constant bytea := decode(coalesce(p_secret, ''), 'hex');
begin
	update app.totp t
	   set last_step = s.step
	  from (
		select s.step
		  from generate_series(v_now - 1, v_now + 1) as s (step)
		 where app.totp_code(v_secret, s.step) = p_code
		 order by s.step
		 limit 1) s
	 where t.user_id = p_user and t.secret_hash = sha256(v_secret) and t.last_step < s.step;
	return found;
end
$$;
revoke all on function app.totp_check(uuid, text, text) from public;

-- app.second_factor_check(user, code, secret): a code of the app, or a recovery code, which is used up. Raises MR400 on code.
create or replace function app.second_factor_check(p_user uuid, p_code text, p_secret text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_code text := lower(regexp_replace(p_code, '[[:space:]-]', '', 'g'));
begin
	if v_code ~ '^[0-9]{6}$' then
		if not app.totp_check(p_user, v_code, p_secret) then
			perform app.fail('MR400', 'this code is wrong, or was used already; wait for the next one', 'code');
		end if;
	else
		update app.recovery_code r
		   set used_at = now()
		 where r.user_id = p_user and r.code_hash = sha256(convert_to(v_code, 'UTF8')) and r.used_at is null;
		if not found then
			perform app.fail('MR400', 'this is neither a code of six digits nor an unused recovery code', 'code');
		end if;
		perform app.audit_put(null, 'user.recovery_code', 'user', p_user, null, p_user);
		perform app.mail_put(null, u.email, 'recovery_code', 'A recovery code was used',
			format(E'A recovery code of your account was used%s; %s are left.\n', app.asked_from(),
			       (select count(*) from app.recovery_code r where r.user_id = p_user and r.used_at is null)))
		   from app.user_account u where u.id = p_user;
	end if;
	delete from app.login_throttle t where t.key = 'mfa:' || p_user;
end
$$;
revoke all on function app.second_factor_check(uuid, text, text) from public;

-- app.session_begin(user, kind) -> as app.session_make where a password, or a provider's word, is enough, else {mfa_ticket, expires_at}: what
--   app.auth_second_factor takes along with a code.
create or replace function app.session_begin(p_user uuid, p_kind text)
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.ticket;
begin
	if not exists (select from app.user_account u where u.id = p_user and u.mfa_at is not null) then
		return app.session_make(p_user, p_kind);
	end if;
	v.kind := 'mfa';
	v.user_id := p_user;
	v.session_kind := p_kind;
	return jsonb_build_object('mfa_ticket', app.ticket_make(v), 'expires_at', app.ts(now() + app.ticket_life('mfa')));
end
$$;
revoke all on function app.session_begin(uuid, text) from public;

-- app.auth_second_factor(ticket, code, secret) -> as app.session_make, and {kind}. Raises MR401, MR400 on code.
create or replace function app.auth_second_factor(p_ticket text, p_code text, p_secret text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v         app.ticket;
	v_session jsonb;
begin
	select t.* into v
	  from app.ticket t
	  join app.user_account u on u.id = t.user_id and u.is_active
	 where t.token_hash = app.secret_hash(p_ticket) and t.kind = 'mfa' and t.expires_at > now();
	if not found then
		raise exception using errcode = 'MR401', message = 'sign in anew: the time for the second step is over';
	end if;
	perform app.second_factor_check(v.user_id, p_code, p_secret);
	delete from app.ticket t where t.token_hash = v.token_hash;
	v_session := app.session_make(v.user_id, v.session_kind);
	update app.session s set mfa_at = now() where s.id = (v_session->>'session_id')::uuid;
	return v_session || jsonb_build_object('kind', v.session_kind);
end
$$;
revoke all on function app.auth_second_factor(text, text, text) from public;
grant execute on function app.auth_second_factor(text, text, text) to mr_api;

-- app.second_factor_confirm(code, secret): the session that asks has shown the second factor now.
create or replace function app.second_factor_confirm(p_code text, p_secret text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.second_factor_check(app.user_id(), p_code, p_secret);
	update app.session s set mfa_at = now() where s.id = app.session_id();
end
$$;
revoke all on function app.second_factor_confirm(text, text) from public;
grant execute on function app.second_factor_confirm(text, text) to mr_api;

-- app.need_second_factor(): for what is dear: who has a second factor must have shown it within ten minutes. Raises MR40M.
create or replace function app.need_second_factor()
returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if exists (select from app.user_account u where u.id = app.user_id() and u.mfa_at is not null)
	   and not exists (select from app.session s where s.id = app.session_id() and s.mfa_at > now() - interval '10 minutes') then
		raise exception using errcode = 'MR40M', message = 'confirm with your second factor first';
	end if;
end
$$;
revoke all on function app.need_second_factor() from public;
grant execute on function app.need_second_factor() to mr_api;

-- app.totp_begin(sealed in base64, secret's hash in hex): keeps a new secret, which counts once a code of it was shown.
--   Raises MR409 when there is a second factor already.
create or replace function app.totp_begin(p_sealed text, p_hash text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	insert into app.totp as t (user_id, sealed, secret_hash)
	values (app.user_id(), decode(p_sealed, 'base64'), decode(p_hash, 'hex'))
	    on conflict (user_id) do update
	   set sealed = excluded.sealed, secret_hash = excluded.secret_hash, last_step = 0, created_at = now()
	 where t.confirmed_at is null;
	if not found then
		perform app.fail('MR409', 'there is an authenticator app already; turn it off first');
	end if;
end
$$;
revoke all on function app.totp_begin(text, text) from public;
grant execute on function app.totp_begin(text, text) to mr_api;

-- app.totp_confirm(code, secret) -> recovery codes. From now on signing in takes the second factor. Raises MR400 on code.
create or replace function app.totp_confirm(p_code text, p_secret text)
returns text[]
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user constant uuid := app.user_id();
begin
	if not app.totp_check(v_user, regexp_replace(p_code, '[[:space:]]', '', 'g'), p_secret) then
		perform app.fail('MR400', 'this code is wrong: is the clock of your phone right?', 'code');
	end if;
	update app.totp t set confirmed_at = now() where t.user_id = v_user and t.confirmed_at is null;
	if not found then
		perform app.fail('MR409', 'it is confirmed already');
	end if;
	update app.user_account u set mfa_at = now(), updated_at = now() where u.id = v_user;
	update app.session s set mfa_at = now() where s.id = app.session_id();
	delete from app.login_throttle t where t.key = 'mfa:' || v_user;
	perform app.mail_put(null, u.email, 'second_factor_on', 'Signing in takes a second factor now',
		format(E'An authenticator app was added to your account%s.\n', app.asked_from()))
	   from app.user_account u where u.id = v_user;
	return app.recovery_codes_make();
end
$$;
revoke all on function app.totp_confirm(text, text) from public;
grant execute on function app.totp_confirm(text, text) to mr_api;

-- app.recovery_codes_make() -> ten new codes of the person of the context, shown this once; earlier ones are void.
create or replace function app.recovery_codes_make()
returns text[]
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_codes text[];
begin
	delete from app.recovery_code r where r.user_id = app.user_id();
	-- 80 random bits as 16 digits of a base32 without letters that look alike.
	select array_agg(c.code) into v_codes
	  from (
		select string_agg(substr('abcdefghjkmnpqrstuvwxyz123456789', get_byte(b.bytes, i) % 32 + 1, 1)
		       || case when i in (3, 7, 11) then '-' else '' end, '' order by i) as code
		  from (select n, ext.gen_random_bytes(16) as bytes from generate_series(1, 10) as n) b, generate_series(0, 15) as i
		 group by b.n) c;
	insert into app.recovery_code (user_id, code_hash)
	select app.user_id(), sha256(convert_to(replace(c, '-', ''), 'UTF8')) from unnest(v_codes) as c;
	perform app.audit_put(null, 'user.recovery_codes', 'user', app.user_id(), null);
	return v_codes;
end
$$;
revoke all on function app.recovery_codes_make() from public;
grant execute on function app.recovery_codes_make() to mr_api;

-- app.totp_disable(code, secret): no second factor any more. Raises MR400 on code.
create or replace function app.totp_disable(p_code text, p_secret text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.second_factor_check(app.user_id(), p_code, p_secret);
	perform app.second_factor_drop(app.user_id());
end
$$;
revoke all on function app.totp_disable(text, text) from public;
grant execute on function app.totp_disable(text, text) to mr_api;

-- app.second_factor_drop(user): takes the app and the codes away, and tells the person.
create or replace function app.second_factor_drop(p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	delete from app.totp t where t.user_id = p_user;
	delete from app.recovery_code r where r.user_id = p_user;
	update app.user_account u set mfa_at = null, updated_at = now() where u.id = p_user and u.mfa_at is not null;
	if found then
		perform app.mail_put(null, u.email, 'second_factor_off', 'Signing in takes no second factor any more',
			format(E'The authenticator app was taken off your account%s.\n\nIf it wasn''t you, change your password.\n', app.asked_from()))
		   from app.user_account u where u.id = p_user;
	end if;
end
$$;
revoke all on function app.second_factor_drop(uuid) from public;

-- app.second_factor_state() -> {is_on, since, recovery_codes_left, confirmed_until} of the person of the context.
create or replace function app.second_factor_state()
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select jsonb_build_object(
			'is_on', u.mfa_at is not null, 'since', app.ts(u.mfa_at),
			'recovery_codes_left', (select count(*) from app.recovery_code r where r.user_id = u.id and r.used_at is null),
			'confirmed_until', (select app.ts(s.mfa_at + interval '10 minutes') from app.session s
			                     where s.id = app.session_id() and s.mfa_at > now() - interval '10 minutes'))
		  from app.user_account u
		 where u.id = app.user_id());
end
$$;
revoke all on function app.second_factor_state() from public;
grant execute on function app.second_factor_state() to mr_api;
