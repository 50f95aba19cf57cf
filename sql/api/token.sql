-- token: API tokens of a person or of a service account, for one workspace; only the hash is kept.
set local role mr_api;

-- api.token_create({name, scopes, expires_at?, addresses?, user_id?}) -> the token's row with `token`, which is shown this once.
--   addresses: networks it may come from, none: any. user_id: the service account it belongs to, absent: me.
--   Raises MR400 on name, scopes, expires_at, addresses; MR403 for a scope beyond the owner's role; MR404 on a user that is no
--   service account here; tokens make no tokens.
create or replace function api.token_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_owner  uuid;
	v_scopes text[];
	v_until  timestamptz;
	v_token  text := app.token_make('t');
	v        app.token;
begin
	perform app.need('session');
	perform app.need_second_factor();
	if app.workspace_id() is null then
		perform app.fail('MR404', 'no such workspace');
	end if;
	v_owner := app.token_owner(p->>'user_id');
	if coalesce(length(p->>'name'), 0) not between 1 and 255 then
		perform app.fail('MR400', 'the name must be 1 to 255 characters long', 'name');
	end if;
	v_scopes := app.token_scopes(p->'scopes', v_owner);
	if p->>'expires_at' is not null then
		v_until := app.instant_read(p->>'expires_at', 'expires_at');
		if v_until <= now() then
			perform app.fail('MR400', 'the end must lie in the future', 'expires_at');
		end if;
	end if;
	insert into app.token (workspace_id, name, prefix, token_hash, scopes, created_by, expires_at, addresses)
	values (app.workspace_id(), p->>'name', left(v_token, 12), app.secret_hash(v_token), v_scopes, v_owner, v_until,
	        app.addresses_read(coalesce(p->'addresses', '[]')))
	returning * into v;
	return app.token_json(v) || jsonb_build_object('token', v_token);
end
$$;
revoke all on function api.token_create(jsonb) from public;
grant execute on function api.token_create(jsonb) to mr_web;

-- api.token_list({user_id?, limit?, cursor?}) -> the living tokens that are mine in this workspace, newest first; with member:write
--   those of any member.
create or replace function api.token_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_after uuid;
	v_owner uuid := app.user_id();
	v_rows  jsonb;
begin
	perform app.need('session');
	if p->>'user_id' is not null and app.uuid_read(p->>'user_id') <> v_owner then
		perform app.need('member:write');
		v_owner := (app.member_find(p->>'user_id', null)).user_id;
	end if;
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('token_list', p->>'cursor')->>0;
	select coalesce(jsonb_agg(app.token_json(t) order by t.id desc), '[]')
	  into v_rows
	  from (
		select * from app.token t
		 where t.created_by = v_owner and t.revoked_at is null and (v_after is null or t.id < v_after)
		 order by t.id desc
		 limit v_limit + 1) t;
	return app.page('token_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.token_list(jsonb) from public;
grant execute on function api.token_list(jsonb) to mr_web;

-- api.token_get({id}) -> one of my tokens, or with member:write anybody's. Raises MR404.
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
	 where t.id = app.uuid_read(p->>'id') and t.revoked_at is null
	   and (t.created_by = app.user_id() or app.has('member:write'));
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such token';
	end if;
	return app.token_json(v);
end
$$;
revoke all on function api.token_get(jsonb) from public;
grant execute on function api.token_get(jsonb) to mr_web;

-- api.token_update({id, name?, addresses?}) -> the token; its networks count from the next request on, and for sockets that are
--   open within a second. One of mine, or a service account's with member:write. Raises MR404, MR400.
create or replace function api.token_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.token;
begin
	perform app.need('session');
	select * into v from app.token t where t.id = app.uuid_read(p->>'id') and t.revoked_at is null for update;
	if v.id is null or v.created_by <> app.user_id() and not app.has('member:write') then
		raise exception using errcode = 'MR404', message = 'no such token';
	end if;
	perform app.token_owner(v.created_by::text);
	if p ? 'name' and coalesce(length(p->>'name'), 0) not between 1 and 255 then
		perform app.fail('MR400', 'the name must be 1 to 255 characters long', 'name');
	end if;
	update app.token t
	   set name = coalesce(p->>'name', t.name),
	       addresses = case when p ? 'addresses' then app.addresses_read(p->'addresses') else t.addresses end
	 where t.workspace_id = v.workspace_id and t.id = v.id
	returning t.* into v;
	return app.token_json(v);
end
$$;
revoke all on function api.token_update(jsonb) from public;
grant execute on function api.token_update(jsonb) to mr_web;

-- api.token_rotate({id, overlap_s?, expires_at?}) -> a new token with `token`, shown this once, and the old one's name, scopes and
--   networks. Both are good for overlap_s seconds (3600; at most seven days), then the old one is refused. Its life is as
--   long as the old one's was, unless expires_at says otherwise. One of mine, or a service account's with member:write.
--   Raises MR404, MR400 on expires_at, MR403 for a scope that the owner's role lost.
create or replace function api.token_rotate(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_old    app.token;
	v_scopes text[];
	v_until  timestamptz;
	v_token  text := app.token_make('t');
	v        app.token;
begin
	perform app.need('session');
	select * into v_old
	  from app.token t
	 where t.id = app.uuid_read(p->>'id') and t.revoked_at is null and (t.expires_at is null or t.expires_at > now()) for update;
	if v_old.id is null or v_old.created_by <> app.user_id() and not app.has('member:write') then
		raise exception using errcode = 'MR404', message = 'no such token';
	end if;
	perform app.token_owner(v_old.created_by::text);
	v_scopes := app.token_scopes(to_jsonb(v_old.scopes), v_old.created_by);
	v_until := now() + (v_old.expires_at - v_old.created_at);
	if p->>'expires_at' is not null then
		v_until := app.instant_read(p->>'expires_at', 'expires_at');
		if v_until <= now() then
			perform app.fail('MR400', 'the end must lie in the future', 'expires_at');
		end if;
	end if;
	insert into app.token (workspace_id, name, prefix, token_hash, scopes, created_by, expires_at, addresses, replaces)
	values (v_old.workspace_id, v_old.name, left(v_token, 12), app.secret_hash(v_token), v_scopes, v_old.created_by, v_until,
	        v_old.addresses, v_old.id)
	returning * into v;
	update app.token t
	   set expires_at = least(t.expires_at, now() + coalesce((p->>'overlap_s')::integer, 3600) * interval '1 second')
	 where t.workspace_id = v_old.workspace_id and t.id = v_old.id;
	return app.token_json(v) || jsonb_build_object('token', v_token);
end
$$;
revoke all on function api.token_rotate(jsonb) from public;
grant execute on function api.token_rotate(jsonb) to mr_web;

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
