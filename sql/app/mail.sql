-- mail: the outbox. An operation puts a mail in its own transaction, so it goes out if and only if that commits.
--
-- Without a mail server nothing is kept: the feature shows its link to be copied instead (app.mail_on tells which).
set local role mr_owner;

-- app.mail_on() -> whether this installation sends mail.
create or replace function app.mail_on()
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (select s.is_on from app.mail_setup s);
end
$$;
revoke all on function app.mail_on() from public;
grant execute on function app.mail_on() to mr_api, mr_work, mr_keep;

-- app.mail_link(path) -> the whole address of a page of the web app, '/invite#…' say, for a mail's text.
create or replace function app.mail_link(p_path text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (select s.url || p_path from app.mail_setup s);
end
$$;
revoke all on function app.mail_link(text) from public;
grant execute on function app.mail_link(text) to mr_api, mr_work, mr_keep;

-- app.mail_fits(address) -> whether mail can be sent to it: accounts may have addresses that it can't.
create or replace function app.mail_fits(p_to text)
returns boolean
language sql immutable parallel safe
return length(p_to) <= 254
   and p_to ~ '^[^[:space:][:cntrl:]@<>(),:;"\\]+@[^[:space:][:cntrl:]@<>(),:;"\\]+$';
revoke all on function app.mail_fits(text) from public;
grant execute on function app.mail_fits(text) to mr_api, mr_work, mr_keep;

-- app.mail_put(workspace or null, to, kind, subject, text) -> whether it will be sent: false without a mail server.
--   Line breaks of the subject become blanks, since it may hold what a person wrote. Raises MR400 on email when `to` is
--   no address.
create or replace function app.mail_put(p_workspace uuid, p_to text, p_kind text, p_subject text, p_text text)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if not app.mail_on() then
		return false;
	elsif not app.mail_fits(p_to) then
		perform app.fail('MR400', 'mail can''t be sent to this address', 'email');
	end if;
	insert into app.mail (workspace_id, mail_to, kind, subject, body)
	values (p_workspace, p_to, p_kind, left(regexp_replace(p_subject, '[[:space:][:cntrl:]]+', ' ', 'g'), 200), p_text);
	return true;
end
$$;
revoke all on function app.mail_put(uuid, text, text, text, text) from public;
grant execute on function app.mail_put(uuid, text, text, text, text) to mr_api, mr_work, mr_keep;
