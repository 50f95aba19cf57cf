-- ticket: what a link in a mail, or half a sign-in, is good for. One use, an end, and only its hash is kept.
--
-- With a mail server a person is made when the link is followed, not before: until then the address is as unknown as any
-- other, and of two who sign up with it the one who reads its mail wins, with the password that was sent for that link.
set local role mr_owner;

-- app.ticket_life(kind) -> how long one is good.
create or replace function app.ticket_life(p_kind text)
returns interval
language sql immutable parallel safe
return case p_kind when 'verify' then interval '24 hours' when 'email' then interval '24 hours'
	when 'reset' then interval '1 hour' else interval '5 minutes' end;
revoke all on function app.ticket_life(text) from public;

-- app.ticket_make(row) -> the secret of a new ticket; the row's token_hash and times are set here.
create or replace function app.ticket_make(p app.ticket)
returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_secret constant text := app.token_make('v');
begin
	insert into app.ticket (token_hash, kind, user_id, email, name, password_hash, workspace_name, session_kind, next, expires_at)
	values (app.secret_hash(v_secret), p.kind, p.user_id, p.email, p.name, p.password_hash, p.workspace_name, p.session_kind,
	        p.next, now() + app.ticket_life(p.kind));
	return v_secret;
end
$$;
revoke all on function app.ticket_make(app.ticket) from public;

-- app.ticket_take(secret, kind) -> the ticket, which is gone then. Raises MR400 on token when there is none.
create or replace function app.ticket_take(p_secret text, p_kind text)
returns app.ticket
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.ticket;
begin
	delete from app.ticket t
	 where t.token_hash = app.secret_hash(p_secret) and t.kind = p_kind
	returning * into v;
	if not found or v.expires_at <= now() then
		perform app.fail('MR400', 'this link was used before, or its time is over; ask for another', 'token');
	end if;
	return v;
end
$$;
revoke all on function app.ticket_take(text, text) from public;

-- app.asked_from() -> where the person is who asks, for a mail to tell.
create or replace function app.asked_from()
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return coalesce(' from ' || app.client('address'), '') || ', ' || to_char(now() at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC';
end
$$;
revoke all on function app.asked_from() from public;

-- app.query_text(text) -> printable ASCII, as the value of a query.
create or replace function app.query_text(p_text text)
returns text
language sql immutable
return (
	select string_agg(case when c ~ '[0-9A-Za-z._~/-]' then c else '%' || upper(to_hex(ascii(c))) end, '' order by n)
	  from string_to_table(p_text, null) with ordinality as t (c, n));
revoke all on function app.query_text(text) from public;

-- app.verify_mail(ticket): sends the link that makes the account.
create or replace function app.verify_mail(p app.ticket)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.mail_put(null, p.email, 'verify', 'Confirm your address',
		format(E'Somebody signed up for Millrace with this address (asked for%s).\n\nTo make the account, open\n%s\n\n'
		       'The link is good once, for 24 hours. If it wasn''t you, do nothing: no account is made.\n',
		       app.asked_from(), app.mail_link('/verify' || coalesce('?next=' || app.query_text(p.next), '') || '#' || app.ticket_make(p))));
end
$$;
revoke all on function app.verify_mail(app.ticket) from public;

-- app.auth_verify(token) -> as app.session_make: the account that was asked for, a first workspace, a cookie session.
--   Raises MR400 on token.
create or replace function app.auth_verify(p_token text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v      app.ticket := app.ticket_take(p_token, 'verify');
	v_user uuid;
begin
	if exists (select from app.user_account u where u.email_key = lower(v.email)) then
		perform app.fail('MR400', 'this address has an account by now; log in with it', 'token');
	end if;
	v_user := app.person_make(v.email, v.name, v.password_hash, v.workspace_name);
	update app.user_account u set email_verified_at = now() where u.id = v_user;
	delete from app.ticket t where t.kind = 'verify' and lower(t.email) = lower(v.email);
	return app.session_make(v_user, 'cookie');
end
$$;
revoke all on function app.auth_verify(text) from public;
grant execute on function app.auth_verify(text) to mr_api;

-- app.auth_resend(email): sends the link to make an account again, if there is one under way. Raises MR429.
create or replace function app.auth_resend(p_email text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.ticket;
begin
	select * into v
	  from app.ticket t
	 where t.kind = 'verify' and lower(t.email) = lower(p_email) and t.expires_at > now()
	 order by t.created_at desc
	 limit 1;
	if found then
		perform app.verify_mail(v);
	end if;
end
$$;
revoke all on function app.auth_resend(text) from public;
grant execute on function app.auth_resend(text) to mr_api;

-- app.mail_count(email): counts a mail that somebody who isn't signed in causes. Raises MR429 when there were too many.
create or replace function app.mail_count(p_email text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.throttle_count(array['mail:' || lower(p_email), app.register_key()]);
end
$$;
revoke all on function app.mail_count(text) from public;
grant execute on function app.mail_count(text) to mr_api;

-- app.auth_reset(email): sends the link for a new password, if there is such a person. Raises MR409 without a mail server:
--   then an administrator of the installation gives one out (api.admin_user_reset).
create or replace function app.auth_reset(p_email text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user app.user_account;
begin
	if not app.mail_on() then
		perform app.fail('MR409', 'this installation sends no mail: ask its administrator for a link to set a new password');
	end if;
	select * into v_user from app.user_account u where u.email_key = lower(p_email) and u.is_active;
	if not found then
		return;
	end if;
	perform app.audit_put(null, 'user.reset_ask', 'user', v_user.id, null, v_user.id);
	perform app.mail_put(null, v_user.email, 'reset', 'Set a new password',
		format(E'Somebody asked for a new password for your account%s.\n\nTo set one, open\n%s\n\n'
		       'The link is good once, for an hour, and ends all your sessions. If it wasn''t you, do nothing.\n',
		       app.asked_from(), app.mail_link('/reset#' || app.reset_ticket(v_user.id))));
end
$$;
revoke all on function app.auth_reset(text) from public;
grant execute on function app.auth_reset(text) to mr_api;

-- app.reset_ticket(user) -> the secret of a link for a new password.
create or replace function app.reset_ticket(p_user uuid)
returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.ticket;
begin
	v.kind := 'reset';
	v.user_id := p_user;
	return app.ticket_make(v);
end
$$;
revoke all on function app.reset_ticket(uuid) from public;

-- app.auth_reset_confirm(token, password hash): the new password; all sessions end. Raises MR400 on token.
create or replace function app.auth_reset_confirm(p_token text, p_hash text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.ticket := app.ticket_take(p_token, 'reset');
begin
	perform app.password_set(v.user_id, p_hash, null);
	perform app.throttle_clear('account:' || u.email_key, null) from app.user_account u where u.id = v.user_id;
	perform app.audit_put(null, 'user.password_reset', 'user', v.user_id, null, v.user_id);
end
$$;
revoke all on function app.auth_reset_confirm(text, text) from public;
grant execute on function app.auth_reset_confirm(text, text) to mr_api;

-- app.sessions_end(user, keep) -> how many living sessions of the person, but that one, were ended.
create or replace function app.sessions_end(p_user uuid, p_keep uuid)
returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_n integer;
begin
	update app.session s
	   set revoked_at = now()
	 where s.user_id = p_user and s.revoked_at is null and s.id is distinct from p_keep;
	get diagnostics v_n = row_count;
	return v_n;
end
$$;
revoke all on function app.sessions_end(uuid, uuid) from public;

-- app.sessions_end_others() -> how many of my sessions, but the one that asks, were ended.
create or replace function app.sessions_end_others()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.sessions_end(app.user_id(), app.session_id());
end
$$;
revoke all on function app.sessions_end_others() from public;
grant execute on function app.sessions_end_others() to mr_api;

-- app.email_change(email) -> whether a mail must confirm it first. An address in use is told to its owner and to nobody
--   else; without a mail server it is a conflict. Raises MR400, MR409 on email, MR429.
create or replace function app.email_change(p_email text)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.ticket;
begin
	perform app.email_check(p_email);
	if not app.mail_on() then
		perform app.email_set(app.user_id(), p_email, null);
		return false;
	end if;
	perform app.throttle_count(array['mail:' || lower(p_email)]);
	if exists (select from app.user_account u where u.email_key = lower(p_email)) then
		perform app.mail_put(null, p_email, 'email_taken', 'Your address was named for another account',
			format(E'Somebody wanted to move another account to this address%s. It has an account already, so nothing was changed.\n',
			       app.asked_from()));
		return true;
	end if;
	v.kind := 'email';
	v.user_id := app.user_id();
	v.email := p_email;
	delete from app.ticket t where t.user_id = v.user_id and t.kind = 'email';
	perform app.mail_put(null, p_email, 'email', 'Confirm your new address',
		format(E'Somebody wants to move a Millrace account to this address%s.\n\nTo confirm, open\n%s\n\n'
		       'The link is good once, for 24 hours. If it wasn''t you, do nothing.\n',
		       app.asked_from(), app.mail_link('/confirm-email#' || app.ticket_make(v))));
	return true;
end
$$;
revoke all on function app.email_change(text) from public;
grant execute on function app.email_change(text) to mr_api;

-- app.email_set(user, email, verified): the person's address from now on, and since when it is known to be theirs, null if it
--   isn't: a provider's word about an address opens only the account that has shown it. The old one is told. Raises MR409 on email.
create or replace function app.email_set(p_user uuid, p_email text, p_verified timestamptz)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_old text;
begin
	if exists (select from app.user_account u where u.email_key = lower(p_email) and u.id <> p_user) then
		perform app.fail('MR409', 'this email address is already registered', 'email');
	end if;
	select u.email into v_old from app.user_account u where u.id = p_user for update;
	update app.user_account u
	   set email = p_email, email_key = lower(p_email), email_verified_at = p_verified, updated_at = now()
	 where u.id = p_user;
	delete from app.ticket t where t.user_id = p_user and t.kind in ('email', 'reset');
	perform app.mail_put(null, v_old, 'email_changed', 'The address of your account was changed',
		format(E'Your Millrace account has another address now%s.\n\nIf it wasn''t you, tell the administrator of your installation.\n',
		       app.asked_from()));
end
$$;
revoke all on function app.email_set(uuid, text, timestamptz) from public;

-- app.email_confirm(token): the new address is theirs, and they join the workspace that captures its domain. Raises MR400 on token.
create or replace function app.email_confirm(p_token text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.ticket := app.ticket_take(p_token, 'email');
begin
	perform app.email_set(v.user_id, v.email, now());
	perform app.domain_capture(v.user_id);
end
$$;
revoke all on function app.email_confirm(text) from public;
grant execute on function app.email_confirm(text) to mr_api;
