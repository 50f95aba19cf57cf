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

-- api.user_erase({}) -> null. The person's account ends now and for good: sign-in and memberships are gone, name and address overwritten;
--   what others need to know stays under an id that names nobody. Workspaces in which there is nobody else are deleted.
--   Needs a session. Raises MR409 naming the workspaces that would be left without an owner.
create or replace function api.user_erase(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user     constant uuid := app.user_id();
	v_blocking jsonb;
	v_ws       uuid;
begin
	perform app.need('session');
	v_blocking := app.user_blocking(v_user);
	if v_blocking <> '[]' then
		perform app.fail('MR409', 'make somebody else an owner first, or delete: '
		    || (select string_agg(w->>'name', ', ' order by w->>'name') from jsonb_array_elements(v_blocking) w), null,
		    (select jsonb_agg(app.issue('workspace:' || (w->>'id'), 'you are its only owner')) from jsonb_array_elements(v_blocking) w));
	end if;
	foreach v_ws in array app.user_alone(v_user) loop
		perform api.workspace_delete(jsonb_build_object('id', v_ws));
	end loop;
	perform app.user_erase(v_user);
	return null;
end
$$;
revoke all on function api.user_erase(jsonb) from public;
grant execute on function api.user_erase(jsonb) to mr_web;
