-- token: API tokens. A person makes them for one workspace; only the hash is kept.
set local role mr_api;

-- api.token_create({name, scopes, expires_at?}) -> the token's row with `token`, which is shown this once.
--   Raises MR400 on name, scopes, expires_at; MR403 for a scope beyond the maker's role; tokens make no tokens.
create or replace function api.token_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_scopes  text[];
	v_issues  jsonb;
	v_missing text;
	v_until   timestamptz;
	v_token   text := app.token_make('t');
	v         app.token;
begin
	perform app.need('session');
	if app.workspace_id() is null then
		perform app.fail('MR404', 'no such workspace');
	end if;
	if coalesce(length(p->>'name'), 0) not between 1 and 255 then
		perform app.fail('MR400', 'the name must be 1 to 255 characters long', 'name');
	elsif coalesce(jsonb_typeof(p->'scopes'), '') <> 'array' or jsonb_array_length(p->'scopes') = 0 then
		perform app.fail('MR400', 'at least one scope is needed', 'scopes');
	end if;
	select array_agg(distinct app.scope_read(s.text)),
	       jsonb_agg(app.issue(format('scopes[%s]', s.ord - 1), format('%s is no scope of a token', s.text)) order by s.ord)
	           filter (where app.scope_read(s.text) is null)
	  into v_scopes, v_issues
	  from jsonb_array_elements_text(p->'scopes') with ordinality as s (text, ord);
	if v_issues is not null then
		perform app.fail('MR400', v_issues->0->>'issue', null, v_issues);
	end if;
	select s into v_missing from unnest(v_scopes) as s where not app.has(s) limit 1;
	if found then
		raise exception using errcode = 'MR403', message = 'permission needed: ' || v_missing;
	end if;
	if p->>'expires_at' is not null then
		v_until := app.instant_read(p->>'expires_at', 'expires_at');
		if v_until <= now() then
			perform app.fail('MR400', 'the end must lie in the future', 'expires_at');
		end if;
	end if;
	insert into app.token (workspace_id, name, prefix, token_hash, scopes, created_by, expires_at)
	values (app.workspace_id(), p->>'name', left(v_token, 12), app.secret_hash(v_token), v_scopes, app.user_id(), v_until)
	returning * into v;
	return app.token_json(v) || jsonb_build_object('token', v_token);
end
$$;
revoke all on function api.token_create(jsonb) from public;
grant execute on function api.token_create(jsonb) to mr_web;

-- api.token_list({limit?, cursor?}) -> the living tokens that I made in this workspace, newest first.
create or replace function api.token_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_after uuid;
	v_rows  jsonb;
begin
	perform app.need('session');
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('token_list', p->>'cursor')->>0;
	select coalesce(jsonb_agg(app.token_json(t) order by t.id desc), '[]')
	  into v_rows
	  from (
		select * from app.token t
		 where t.created_by = app.user_id() and t.revoked_at is null and (v_after is null or t.id < v_after)
		 order by t.id desc
		 limit v_limit + 1) t;
	return app.page('token_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.token_list(jsonb) from public;
grant execute on function api.token_list(jsonb) to mr_web;

-- api.token_get({id}) -> one of my tokens. Raises MR404.
create or replace function api.token_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.token;
begin
	perform app.need('session');
	select * into v
	  from app.token t
	 where t.id = app.uuid_read(p->>'id') and t.created_by = app.user_id() and t.revoked_at is null;
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such token';
	end if;
	return app.token_json(v);
end
$$;
revoke all on function api.token_get(jsonb) from public;
grant execute on function api.token_get(jsonb) to mr_web;

-- api.token_delete({id}) -> null. It ends at once. One of mine, or with member:write anybody's. Raises MR404.
create or replace function api.token_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	update app.token t
	   set revoked_at = now()
	 where t.id = app.uuid_read(p->>'id') and t.revoked_at is null
	   and (t.created_by = app.user_id() or app.has('member:write'));
	if not found then
		raise exception using errcode = 'MR404', message = 'no such token';
	end if;
	return null;
end
$$;
revoke all on function api.token_delete(jsonb) from public;
grant execute on function api.token_delete(jsonb) to mr_web;
