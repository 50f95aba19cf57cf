-- key: keys of a workspace. Key material is never here: the vault made it and gave it wrapped.
set local role mr_api;

-- api.key_list({limit?, cursor?}) -> the workspace's keys, oldest first. Needs key:read.
create or replace function api.key_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_after uuid;
	v_rows  jsonb;
begin
	perform app.need('key:read');
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('key_list', p->>'cursor')->>0;
	select coalesce(jsonb_agg(app.key_json(k) order by k.id), '[]')
	  into v_rows
	  from (
		select * from app.key k
		 where k.workspace_id = app.workspace_id() and (v_after is null or k.id > v_after)
		 order by k.id
		 limit v_limit + 1) k;
	return app.page('key_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.key_list(jsonb) from public;
grant execute on function api.key_list(jsonb) to mr_web;

-- api.key_get({id}) -> a key with its versions, never its material. Needs key:read. Raises MR404.
create or replace function api.key_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('key:read');
	return app.key_json(app.key_find(p->>'id'));
end
$$;
revoke all on function api.key_get(jsonb) from public;
grant execute on function api.key_get(jsonb) to mr_web;

-- api.key_next({id?}) -> what the vault makes key material for: {workspace, key, number}, of a new key or the next
--   version of one. Needs key:write. Raises MR404.
create or replace function api.key_next(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.key;
begin
	perform app.need('key:write');
	if p->>'id' is not null then
		v := app.key_find(p->>'id');
	end if;
	return jsonb_build_object('workspace', app.workspace_id(), 'key', coalesce(v.id, app.uuid7()), 'number', coalesce(v.current, 0) + 1);
end
$$;
revoke all on function api.key_next(jsonb) from public;
grant execute on function api.key_next(jsonb) to mr_web;

-- api.key_create({name, id, wrapped, kek}) -> the key. Needs key:write. Raises MR409 on name.
create or replace function api.key_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.key;
begin
	perform app.need('key:write');
	insert into app.key (workspace_id, id, name, created_by)
	values (app.workspace_id(), (p->>'id')::uuid, p->>'name', app.user_id())
	returning * into v;
	perform app.key_put(v.workspace_id, v.id, 1, p);
	return api.key_get(jsonb_build_object('id', v.id));
end
$$;
revoke all on function api.key_create(jsonb) from public;
grant execute on function api.key_create(jsonb) to mr_web;

-- api.key_rotate({id, number, wrapped, kek}) -> the key with its new version, which new seals use. What was sealed before
--   still opens. Needs key:write. Raises MR404, MR409 when another rotation came first.
create or replace function api.key_rotate(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.key;
begin
	perform app.need('key:write');
	v := app.key_find(p->>'id');
	update app.key k
	   set current = k.current + 1, rotated_at = now()
	 where k.workspace_id = v.workspace_id and k.id = v.id and k.current + 1 = (p->>'number')::integer;
	if not found then
		raise exception using errcode = 'MR409', message = 'the key was rotated meanwhile; try again';
	end if;
	perform app.key_put(v.workspace_id, v.id, (p->>'number')::integer, p);
	return api.key_get(jsonb_build_object('id', v.id));
end
$$;
revoke all on function api.key_rotate(jsonb) from public;
grant execute on function api.key_rotate(jsonb) to mr_web;

-- api.key_encrypt({id}) -> what web shows the vault: {workspace, key, number, wrapped, ticket}. Each use is in the audit log.
--   Needs key:use. Raises MR404.
create or replace function api.key_encrypt(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.key;
begin
	perform app.need('key:use');
	v := app.key_find(p->>'id');
	if v.purpose <> 'data' then
		perform app.fail('MR403', 'the key of the connections is for the vault alone');
	end if;
	perform app.audit_add('key.encrypt', 'key', v.id, null);
	return app.key_use('encrypt', v, v.current);
end
$$;
revoke all on function api.key_encrypt(jsonb) from public;
grant execute on function api.key_encrypt(jsonb) to mr_web;

-- api.key_decrypt({id, number}) -> the same for the version that the ciphertext names. Needs key:use.
--   Raises MR404, MR400 on ciphertext.
create or replace function api.key_decrypt(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v     app.key;
	v_use jsonb;
begin
	perform app.need('key:use');
	v := app.key_find(p->>'id');
	if v.purpose <> 'data' then
		perform app.fail('MR403', 'the key of the connections is for the vault alone');
	end if;
	v_use := app.key_use('decrypt', v, case when (p->>'number')::bigint between 1 and v.current then (p->>'number')::integer end);
	if v_use is null then
		perform app.fail('MR400', 'this is no ciphertext of this key', 'ciphertext');
	end if;
	perform app.audit_add('key.decrypt', 'key', v.id, jsonb_build_object('number', p->'number'));
	return v_use;
end
$$;
revoke all on function api.key_decrypt(jsonb) from public;
grant execute on function api.key_decrypt(jsonb) to mr_web;
