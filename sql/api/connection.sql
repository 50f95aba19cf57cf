-- connection: stored credentials. Web has sealed what comes as `sealed` (src/web/vault.c); no answer holds a secret.
set local role mr_api;

-- api.connection_list({limit?, cursor?, connector?}) -> the connections that I see, also those that other workspaces lend to
--   this one, oldest first. Needs connection:read.
create or replace function api.connection_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_after uuid;
	v_rows  jsonb;
begin
	perform app.need('connection:read');
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('connection_list', p->>'cursor')->>0;
	select coalesce(jsonb_agg(x.body order by x.id), '[]')
	  into v_rows
	  from (
		select o.id, o.body
		  from (
			select c.id, app.connection_json(c) as body from app.connection c
			 where c.workspace_id = app.workspace_id() and (v_after is null or c.id > v_after)
			   and (p->>'connector' is null or c.connector = p->>'connector')
			 order by c.id
			 limit v_limit + 1) o
		union all
		select b.id, b.body
		  from app.connection_borrowed_json(null) b
		 where (v_after is null or b.id > v_after) and (p->>'connector' is null or b.connector = p->>'connector')
		 order by id
		 limit v_limit + 1) x;
	return app.page('connection_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.connection_list(jsonb) from public;
grant execute on function api.connection_list(jsonb) to mr_web;

-- api.connection_get({id}) -> one, with used_by: the workflows that name it. Needs connection:read. Raises MR404.
create or replace function api.connection_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id   constant uuid := app.uuid_read(p->>'id');
	v_body jsonb;
begin
	perform app.need('connection:read');
	select b.body into v_body from app.connection_borrowed_json(v_id) b;
	v_body := coalesce(v_body, app.connection_json(app.connection_need(p->>'id', 'view')));
	return v_body || jsonb_build_object('used_by', app.connection_used_by(v_id));
end
$$;
revoke all on function api.connection_get(jsonb) from public;
grant execute on function api.connection_get(jsonb) to mr_web;

-- api.connection_seal({id?}) -> what web seals a secret for: {workspace, owner, field, version, connector, config}, of a
--   new connection or the next version of one; key: an id for the workspace's key, when it has none yet.
--   Needs connection:write. Raises MR404, MR403.
create or replace function api.connection_seal(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.connection;
begin
	perform app.need('connection:write');
	if p->>'id' is not null then
		v := app.connection_need(p->>'id', 'edit');
	end if;
	return jsonb_build_object('workspace', app.workspace_id(), 'owner', coalesce(v.id, app.uuid7()), 'field', 'secret',
	    'version', coalesce(v.secret_version, 0) + 1, 'connector', v.connector, 'config', v.config, 'key', app.key_missing());
end
$$;
revoke all on function api.connection_seal(jsonb) from public;
grant execute on function api.connection_seal(jsonb) to mr_web;

-- api.connection_create({connector, name, config, visibility?, id, sealed, key?}) -> the connection. `id` is what the
--   secret was sealed for, `key` {id, kek, wrapped} a key for the workspace if it still has none.
--   Needs connection:write. Raises MR42Q, MR409 on name.
create or replace function api.connection_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ws constant uuid := app.workspace_id();
	v    app.connection;
begin
	perform app.need('connection:write');
	perform app.quota_need('connections', 1);
	perform app.key_first(p->'key');
	insert into app.connection (workspace_id, id, connector, name, config, sealed, visibility, created_by)
	values (v_ws, (p->>'id')::uuid, p->>'connector', p->>'name', coalesce(p->'config', '{}'), decode(p->>'sealed', 'base64'),
	        coalesce(p->>'visibility', 'workspace'), app.user_id())
	returning * into v;
	return app.connection_json(v);
end
$$;
revoke all on function api.connection_create(jsonb) from public;
grant execute on function api.connection_create(jsonb) to mr_web;

-- api.connection_update({id, name?, config?, is_active?, visibility?, sealed?, version?, if_match?}) -> the connection.
--   Where a secret may go is decided by who knows it: the config changes only together with the secret.
--   Needs connection:write. Raises MR404, MR403, MR400 on secret, MR409 on name or when another secret came first, MR412.
create or replace function api.connection_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.connection;
begin
	perform app.need('connection:write');
	v := app.connection_lock(p->>'id');
	perform app.match_check(p, v.etag);
	if p ? 'visibility' and p->>'visibility' <> v.visibility then
		perform app.connection_open_need(v);
		perform app.share_change('connection', v.id, v.visibility, v.created_by, jsonb_build_object('visibility', p->'visibility'));
	end if;
	if p ? 'config' and p->'config' <> v.config and not p ? 'sealed' then
		perform app.fail('MR400', 'give the secret again: where it goes can''t be changed without knowing it', 'secret');
	elsif p ? 'sealed' and (p->>'version')::bigint <> v.secret_version + 1 then
		raise exception using errcode = 'MR409', message = 'another secret was stored meanwhile; try again';
	end if;
	update app.connection c
	   set name = coalesce(p->>'name', c.name),
	       config = coalesce(p->'config', c.config),
	       is_active = coalesce((p->>'is_active')::boolean, c.is_active),
	       visibility = coalesce(p->>'visibility', c.visibility),
	       sealed = coalesce(decode(p->>'sealed', 'base64'), c.sealed),
	       secret_version = case when p ? 'sealed' then c.secret_version + 1 else c.secret_version end,
	       status = case when p ? 'sealed' then 'untested' else c.status end,
	       message = case when p ? 'sealed' then null else c.message end,
	       etag = c.etag + 1, updated_at = now()
	 where c.workspace_id = v.workspace_id and c.id = v.id
	returning * into v;
	return app.connection_json(v);
end
$$;
revoke all on function api.connection_update(jsonb) from public;
grant execute on function api.connection_update(jsonb) to mr_web;

-- api.connection_delete({id, force?, if_match?}) -> null. Needs connection:write.
--   Raises MR404, MR403, MR412, MR409 with the workflows that name it as issues, unless force.
create or replace function api.connection_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v       app.connection;
	v_users jsonb;
begin
	perform app.need('connection:write');
	v := app.connection_lock(p->>'id');
	perform app.match_check(p, v.etag);
	v_users := app.connection_used_by(v.id);
	if v_users <> '[]' and not coalesce((p->>'force')::boolean, false) then
		perform app.fail('MR409', 'workflows use this connection: ' ||
		    (select string_agg(u->>'name', ', ' order by u->>'name') from jsonb_array_elements(v_users) u), null,
		    (select jsonb_agg(app.issue('workflows.' || (u->>'id'), u->>'name') order by u->>'name') from jsonb_array_elements(v_users) u));
	end if;
	-- Borrowers first, who are told its name. The shares last: without its own, who isn't the maker wouldn't see what is to go.
	delete from app.share_workspace s where s.workspace_id = v.workspace_id and s.kind = 'connection' and s.object_id = v.id;
	delete from app.connection c where c.workspace_id = v.workspace_id and c.id = v.id;
	delete from app.share s where s.workspace_id = v.workspace_id and s.kind = 'connection' and s.object_id = v.id;
	return null;
end
$$;
revoke all on function api.connection_delete(jsonb) from public;
grant execute on function api.connection_delete(jsonb) to mr_web;

-- api.connection_test({id}) -> {id, test}: asks a worker to try it now. Needs connection:use. Raises MR404, MR403.
create or replace function api.connection_test(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v      app.connection;
	v_test uuid;
begin
	perform app.need('connection:use');
	v := app.connection_need(p->>'id', 'run');
	perform app.audit_add('connection.test', 'connection', v.id, null);
	insert into app.connection_test (workspace_id, connection_id) values (v.workspace_id, v.id) returning id into v_test;
	return jsonb_build_object('id', v.id, 'test', v_test);
end
$$;
revoke all on function api.connection_test(jsonb) from public;
grant execute on function api.connection_test(jsonb) to mr_web;

-- api.connection_tested({test}) -> {ok, message, checked_at}, null while it is under way. Needs connection:use. Raises MR404.
create or replace function api.connection_tested(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.connection_test;
begin
	perform app.need('connection:use');
	select t.* into v
	  from app.connection_test t
	  join app.connection c on c.id = t.connection_id
	 where t.id = app.uuid_read(p->>'test');
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such connection';
	end if;
	return case when v.done_at is not null then
		jsonb_build_object('ok', v.ok, 'message', v.message, 'checked_at', app.ts(v.done_at)) end;
end
$$;
revoke all on function api.connection_tested(jsonb) from public;
grant execute on function api.connection_tested(jsonb) to mr_web;
