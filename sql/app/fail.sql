-- fail: the one way that SQL refuses a request.
--
-- core/err.c knows each code with its HTTP status and name. The message is a sentence for a person, the column is
-- the field that is wrong, the detail a JSON array of all issues, the hint the seconds until it makes sense to try again.
set local role mr_owner;

-- app.fail(code, message, field, issues, seconds) -> never returns.
--   p_code is an SQLSTATE of core/err.c; field, issues and seconds may be null.
create or replace function app.fail(
	p_code text, p_message text, p_field text default null, p_issues jsonb default null, p_seconds integer default null)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	-- An option that is null is refused by raise, one that is empty arrives as empty: so each shape has its own line.
	if p_issues is not null then
		raise exception using errcode = p_code, message = p_message, column = coalesce(p_field, p_issues->0->>'field', ''),
			detail = p_issues::text;
	elsif p_seconds is not null then
		raise exception using errcode = p_code, message = p_message, hint = p_seconds::text;
	elsif p_field is not null then
		raise exception using errcode = p_code, message = p_message, column = p_field;
	end if;
	raise exception using errcode = p_code, message = p_message;
end
$$;
revoke all on function app.fail(text, text, text, jsonb, integer) from public;
grant execute on function app.fail(text, text, text, jsonb, integer) to mr_api, mr_work, mr_keep;

-- app.issue(field, issue) -> one entry of a list of issues.
create or replace function app.issue(p_field text, p_issue text)
returns jsonb
language sql immutable parallel safe
return jsonb_build_object('field', p_field, 'issue', p_issue);
revoke all on function app.issue(text, text) from public;
grant execute on function app.issue(text, text) to mr_api;
