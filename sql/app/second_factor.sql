-- second factor: an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s) and recovery codes.
--
-- The secret is sealed to the vault. To check a code SQL counts the try and gives out what is sealed, with a ticket for the
-- vault; the vault says of which 30 s step the code is, and signs that; SQL takes each step once. So a dump of the database
-- opens nothing, nobody but the vault sees a secret again, and who can only call api functions passes nothing.
set local role mr_owner;

-- app.totp_word(user, step) -> the vault's word that a code of this step holds (src/vault/vault.h). Null: there is no vault.
create or replace function app.totp_word(p_user uuid, p_step bigint)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (select encode(ext.hmac(convert_to(concat_ws('|', 'totp.holds', p_user, p_step), 'UTF8'), convert_to(k.key, 'UTF8'), 'sha256'), 'hex')
	          from app.vault_ticket_key k);
end
$$;
revoke all on function app.totp_word(uuid, bigint) from public;

-- app.totp_step() -> the 30 s step of this moment.
create or replace function app.totp_step()
returns bigint
language sql volatile
return floor(extract(epoch from clock_timestamp()) / 30)::bigint;
revoke all on function app.totp_step() from public;

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

-- app.second_factor_lookup(ticket) -> {owner, field, version, record, step, ticket}, what the vault is asked for a code of who
--   has the ticket, or, with none, of the person of the context. Counts a try: a ticket is good for five. Raises MR401, MR409
--   when there is no second factor, MR429.
create or replace function app.second_factor_lookup(p_ticket text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_step constant bigint := app.totp_step();
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
	return app.record_place(null, v_user, 'totp', 1, v.sealed)
		|| jsonb_build_object('record', translate(encode(v.sealed, 'base64'), E'\n', ''), 'step', v_step,
			'ticket', app.vault_ticket('totp', null, v_user, v_step::integer));
end
$$;
revoke all on function app.second_factor_lookup(text) from public;
grant execute on function app.second_factor_lookup(text) to mr_api;

-- app.totp_check(user, step, word) -> whether the vault said that a code of this step holds, which is of this moment, and no
--   code of it or of a later one was taken before.
create or replace function app.totp_check(p_user uuid, p_step bigint, p_word text)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	-- The vault counts from the step of the look-up, which may be the one before this one.
	update app.totp t
	   set last_step = p_step
	 where t.user_id = p_user and t.last_step < p_step and p_step between app.totp_step() - 2 and app.totp_step() + 1
	   and p_word = app.totp_word(p_user, p_step);
	return found;
end
$$;
revoke all on function app.totp_check(uuid, bigint, text) from public;

-- app.second_factor_check(user, p): p.code is a code of the app, with the vault's p.step and p.word, or a recovery code, which is
--   used up. Raises MR400 on code.
create or replace function app.second_factor_check(p_user uuid, p jsonb)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_code text := lower(regexp_replace(coalesce(p->>'code', ''), '[[:space:]-]', '', 'g'));
begin
	if v_code ~ '^[0-9]{6}$' then
		if not app.totp_check(p_user, (p->>'step')::bigint, p->>'word') then
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
revoke all on function app.second_factor_check(uuid, jsonb) from public;

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

-- app.auth_second_factor({ticket, code, step?, word?}) -> as app.session_make, and {kind}. Raises MR401, MR400 on code.
create or replace function app.auth_second_factor(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.ticket;
begin
	select t.* into v
	  from app.ticket t
	  join app.user_account u on u.id = t.user_id and u.is_active
	 where t.token_hash = app.secret_hash(coalesce(p->>'ticket', '')) and t.kind = 'mfa' and t.expires_at > now();
	if not found then
		raise exception using errcode = 'MR401', message = 'sign in anew: the time for the second step is over';
	end if;
	perform app.second_factor_check(v.user_id, p);
	delete from app.ticket t where t.token_hash = v.token_hash;
	return app.session_make(v.user_id, v.session_kind, true) || jsonb_build_object('kind', v.session_kind);
end
$$;
revoke all on function app.auth_second_factor(jsonb) from public;
grant execute on function app.auth_second_factor(jsonb) to mr_api;

-- app.second_factor_confirm({code, step?, word?}): the session that asks has shown the second factor now.
create or replace function app.second_factor_confirm(p jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.second_factor_check(app.user_id(), p);
	update app.session s set mfa_at = now() where s.id = app.session_id();
end
$$;
revoke all on function app.second_factor_confirm(jsonb) from public;
grant execute on function app.second_factor_confirm(jsonb) to mr_api;

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

-- app.need_own_factor(): before somebody adds or removes one. Where a workspace asks its members for a second factor, who has a
--   passkey must have signed in with it, or the password alone would open the way around it. Raises MR403.
create or replace function app.need_own_factor()
returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if exists (select from app.member m
	             join app.workspace w on w.id = m.workspace_id and w.deleted_at is null and app.second_factor_wanted(w.settings)
	            where m.user_id = app.user_id())
	   and exists (select from app.passkey k where k.user_id = app.user_id() and k.cloned_at is null)
	   and not exists (select from app.session s where s.id = app.session_id() and s.mfa_at is not null) then
		raise exception using errcode = 'MR403', message = 'log in with your passkey, or with a second factor, to change how you log in';
	end if;
end
$$;
revoke all on function app.need_own_factor() from public;

-- app.has_second_factor() -> whether the person of the context has an authenticator app, or has signed in with a passkey.
create or replace function app.has_second_factor()
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return exists (select from app.user_account u where u.id = app.user_id() and u.mfa_at is not null)
	    or exists (select from app.session s where s.id = app.session_id() and s.mfa_at is not null);
end
$$;
revoke all on function app.has_second_factor() from public;
grant execute on function app.has_second_factor() to mr_api;

-- app.totp_begin(sealed in base64): keeps a new secret, which counts once a code of it was shown.
--   Raises MR409 when there is a second factor already, MR403.
create or replace function app.totp_begin(p_sealed text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need_own_factor();
	insert into app.totp as t (user_id, sealed)
	values (app.user_id(), decode(p_sealed, 'base64'))
	    on conflict (user_id) do update
	   set sealed = excluded.sealed, last_step = 0, created_at = now()
	 where t.confirmed_at is null;
	if not found then
		perform app.fail('MR409', 'there is an authenticator app already; turn it off first');
	end if;
end
$$;
revoke all on function app.totp_begin(text) from public;
grant execute on function app.totp_begin(text) to mr_api;

-- app.totp_confirm(step, word) -> recovery codes. From now on signing in takes the second factor. Raises MR400 on code.
create or replace function app.totp_confirm(p_step bigint, p_word text)
returns text[]
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user constant uuid := app.user_id();
begin
	if not app.totp_check(v_user, p_step, p_word) then
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
revoke all on function app.totp_confirm(bigint, text) from public;
grant execute on function app.totp_confirm(bigint, text) to mr_api;

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

-- app.totp_disable({code, step?, word?}): no second factor any more. Raises MR400 on code.
create or replace function app.totp_disable(p jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.second_factor_check(app.user_id(), p);
	perform app.second_factor_drop(app.user_id());
end
$$;
revoke all on function app.totp_disable(jsonb) from public;
grant execute on function app.totp_disable(jsonb) to mr_api;

-- app.second_factor_drop(user): takes the app and the codes away, and tells the person. What sessions have shown of it is void.
create or replace function app.second_factor_drop(p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	delete from app.totp t where t.user_id = p_user;
	delete from app.recovery_code r where r.user_id = p_user;
	update app.session s set mfa_at = null where s.user_id = p_user and s.mfa_at is not null;
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
