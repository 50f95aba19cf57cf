-- password: setting, changing and asking for a password. Its hash is made by web; a first one comes by a mailed link.
set local role mr_owner;

-- app.password_link(): sends the person of the context, who has none, the link for a first password: a session alone must not
--   make a lasting way in. Raises MR409 for who has one, or without a mail server; MR40M, MR429.
create or replace function app.password_link()
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.user_account;
begin
	perform app.need_second_factor();
	select * into v from app.user_account u where u.id = app.user_id();
	if v.password_hash is not null then
		perform app.fail('MR409', 'you have a password: change it');
	elsif not app.mail_on() then
		perform app.fail('MR409', 'this installation sends no mail: set your password here');
	end if;
	perform app.throttle_count(array['mail:' || v.email_key]);
	perform app.audit_put(null, 'user.reset_ask', 'user', v.id, null, v.id);
	perform app.mail_put(null, v.email, 'reset', 'Set your first password',
		format(E'You want to log in with a password as well (asked for%s).\n\nTo set one, open\n%s\n\n'
		       'The link is good once, for an hour, and ends all your sessions. If it wasn''t you, do nothing.\n',
		       app.asked_from(), app.mail_link('/reset#' || app.reset_ticket(v.id))));
end
$$;
revoke all on function app.password_link() from public;
grant execute on function app.password_link() to mr_api;

-- app.password_set(user, hash, session): from now on this is the password; all sessions but that one end, and so do links
--   that were sent. The person is told by mail.
create or replace function app.password_set(p_user uuid, p_hash text, p_keep uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_hash is null or p_hash !~ '^\$argon2id\$v=\d+\$[^$]+\$[^$]+\$[^$]+$' then
		perform app.fail('MR400', 'a password is needed', 'password');
	end if;
	update app.user_account u set password_hash = p_hash, updated_at = now() where u.id = p_user;
	perform app.sessions_end(p_user, p_keep);
	delete from app.ticket t where t.user_id = p_user;
	perform app.mail_put(null, u.email, 'password_changed', 'Your password was changed',
		format(E'The password of your account was changed%s.\n\nIf it wasn''t you, set a new one at\n%s\n', app.asked_from(),
		       app.mail_link('/forgot')))
	   from app.user_account u where u.id = p_user;
end
$$;
revoke all on function app.password_set(uuid, text, uuid) from public;

-- app.password_lookup() -> {password_salt, user_id, email} of the person of the context. Counts a try. Raises MR429.
create or replace function app.password_lookup()
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.user_account;
begin
	select * into v from app.user_account u where u.id = app.user_id();
	return app.auth_lookup(v.email) || jsonb_build_object('user_id', v.id, 'email', v.email);
end
$$;
revoke all on function app.password_lookup() from public;
grant execute on function app.password_lookup() to mr_api;

-- app.password_check(hash): is it the hash of the person of the context? Raises MR400 on password when it isn't.
--   Who has no password (signs in elsewhere) must have shown the second factor just now, if there is one.
create or replace function app.password_check(p_hash text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.user_account;
begin
	select * into v from app.user_account u where u.id = app.user_id();
	if v.password_hash is null then
		perform app.need_second_factor();
		return;
	elsif sha256(convert_to(v.password_hash, 'UTF8')) is distinct from sha256(convert_to(p_hash, 'UTF8')) then
		perform app.fail('MR400', 'this is not your password', 'password');
	end if;
	perform app.throttle_clear('account:' || v.email_key, app.network_key(app.client('address')));
end
$$;
revoke all on function app.password_check(text) from public;
grant execute on function app.password_check(text) to mr_api;

-- app.password_change(hash): a new password for the person of the context, whose other sessions end. A first one where mail is
--   sent comes by its link (app.password_link). Raises MR409.
create or replace function app.password_change(p_hash text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if app.mail_on() and exists (select from app.user_account u where u.id = app.user_id() and u.password_hash is null) then
		perform app.fail('MR409', 'you have no password yet: ask for the link that sets the first one');
	end if;
	perform app.password_set(app.user_id(), p_hash, app.session_id());
end
$$;
revoke all on function app.password_change(text) from public;
grant execute on function app.password_change(text) to mr_api;
