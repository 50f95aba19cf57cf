-- user: the person who asks.
set local role mr_api;

-- api.user_me({}) -> the person, memberships and the workspace entered; csrf_token is web's to fill. Needs a session.
create or replace function api.user_me(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	return app.me();
end
$$;
revoke all on function api.user_me(jsonb) from public;
grant execute on function api.user_me(jsonb) to mr_web;

-- api.user_update({name?, preferences?}) -> the person as now stored. Needs a session. Raises MR400.
create or replace function api.user_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	if length(p->>'name') > 255 then
		perform app.fail('MR400', 'the name must not be longer than 255 characters', 'name');
	elsif length((p->'preferences')::text) > 16384 or coalesce(jsonb_typeof(p->'preferences'), 'object') <> 'object' then
		perform app.fail('MR400', 'the preferences must be an object of at most 16 KiB', 'preferences');
	end if;
	perform app.me_update(p->>'name', p->'preferences');
	return app.me();
end
$$;
revoke all on function api.user_update(jsonb) from public;
grant execute on function api.user_update(jsonb) to mr_web;
