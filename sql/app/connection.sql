-- connection: stored credentials as operations see them. The secret is in none of these functions: web seals it to the
-- vault's public key before SQL sees it, and only the vault opens it.
set local role mr_owner;

-- app.connection_usable(connection, person) -> whether that person's workflows may use it: a private one is its maker's.
create or replace function app.connection_usable(p app.connection, p_user uuid)
returns boolean
language sql immutable
return p.visibility = 'workspace' or p.created_by is not distinct from p_user;
revoke all on function app.connection_usable(app.connection, uuid) from public;
grant execute on function app.connection_usable(app.connection, uuid) to mr_api, mr_work;

-- app.connection_find(id) -> the connection, if the caller may know of it. Raises MR404.
create or replace function app.connection_find(p_id text)
returns app.connection
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.connection;
begin
	select * into v from app.connection c where c.id = app.uuid_read(p_id);
	if not found or not (app.connection_usable(v, app.user_id()) or app.has('workspace:admin')) then
		raise exception using errcode = 'MR404', message = 'no such connection';
	end if;
	return v;
end
$$;
revoke all on function app.connection_find(text) from public;
grant execute on function app.connection_find(text) to mr_api;

-- app.connection_lock(id) -> the same, locked for a change. Raises MR404.
create or replace function app.connection_lock(p_id text)
returns app.connection
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.connection;
begin
	perform 1 from app.connection c where c.id = app.uuid_read(p_id) for update;
	select * into v from app.connection_find(p_id);
	return v;
end
$$;
revoke all on function app.connection_lock(text) from public;
grant execute on function app.connection_lock(text) to mr_api;

-- app.connection_json(connection) -> how it looks outside. Never the secret, sealed or not.
create or replace function app.connection_json(p app.connection)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object('id', p.id, 'connector', p.connector, 'name', p.name, 'config', p.config, 'status', p.status,
	    'message', p.message, 'is_active', p.is_active, 'visibility', p.visibility, 'created_by', p.created_by,
	    'last_verified_at', app.ts(p.last_verified_at), 'created_at', app.ts(p.created_at), 'updated_at', app.ts(p.updated_at),
	    'etag', p.etag);
end
$$;
revoke all on function app.connection_json(app.connection) from public;
grant execute on function app.connection_json(app.connection) to mr_api;

-- app.connection_used_by(id) -> [{id, name}, …]: workflows whose newest or live version names it, at most 100.
create or replace function app.connection_used_by(p_id uuid)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select coalesce(jsonb_agg(jsonb_build_object('id', u.id, 'name', u.name) order by u.name, u.id), '[]')
		  from (
			select distinct w.id, w.name
			  from app.workflow w
			  join app.version v on v.workspace_id = w.workspace_id and v.workflow_id = w.id
			                    and v.number in (w.draft_version, w.live_version)
			 where w.deleted_at is null
			   -- The text first: it is cheap, and nearly all definitions end there.
			   and position(p_id::text in v.definition::text) > 0
			   and jsonb_path_exists(v.definition::jsonb, '$.nodes[*].config.connection ? (@ == $id)',
			                         jsonb_build_object('id', p_id::text))
			 order by w.name, w.id
			 limit 100) u);
end
$$;
revoke all on function app.connection_used_by(uuid) from public;
grant execute on function app.connection_used_by(uuid) to mr_api;
