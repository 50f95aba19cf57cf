-- connection: stored credentials as operations see them. The secret is in none of these functions: web seals it to the
-- vault's public key before SQL sees it, and only the vault opens it.
set local role mr_owner;

-- app.connection_usable(connection, person) -> whether that person's workflows may use it: a private one is for its maker
--   and for those whom it is shared with to run.
create or replace function app.connection_usable(p app.connection, p_user uuid)
returns boolean
language sql stable
return p.visibility = 'workspace' or p.created_by is not distinct from p_user or exists (
	select from app.share s
	 where s.workspace_id = p.workspace_id and s.kind = 'connection' and s.object_id = p.id and s.user_id = p_user
	   and s.level in ('run', 'edit'));
revoke all on function app.connection_usable(app.connection, uuid) from public;
grant execute on function app.connection_usable(app.connection, uuid) to mr_work;

-- app.connection_need(id, level) -> the connection of this workspace, which the caller may view, run or edit.
--   Raises MR404, MR403 naming the share that is missing, or the workspace that one belongs to which this one only uses.
create or replace function app.connection_need(p_id text, p_level text)
returns app.connection
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v     app.connection;
	v_of  text;
begin
	select * into v from app.connection c where c.id = app.uuid_read(p_id);
	if v.id is null then
		select b.owner into v_of from app.share_borrowed('connection') b where b.id = app.uuid_read(p_id);
		if v_of is not null then
			perform app.fail('MR403', format('this connection belongs to the workspace %s, which lets you use it and no more', v_of));
		end if;
		raise exception using errcode = 'MR404', message = 'no such connection';
	end if;
	perform app.share_need('connection', v.id, v.visibility, v.created_by, p_level);
	return v;
end
$$;
revoke all on function app.connection_need(text, text) from public;
grant execute on function app.connection_need(text, text) to mr_api;

-- app.connection_lock(id) -> the same, locked for a change. Raises MR404, MR403.
create or replace function app.connection_lock(p_id text)
returns app.connection
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	perform 1 from app.connection c where c.id = app.uuid_read(p_id) for update;
	return app.connection_need(p_id, 'edit');
end
$$;
revoke all on function app.connection_lock(text) from public;
grant execute on function app.connection_lock(text) to mr_api;

-- app.connection_open_need(connection). Who sees and uses a connection is for its maker to say: of one that everybody in the
--   workspace sees, also for who has workspace:admin; when its maker has left, for whoever may edit it. Raises MR403.
create or replace function app.connection_open_need(p app.connection)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	if p.created_by is distinct from app.user_id()
	   and not (p.visibility = 'workspace' and app.has('workspace:admin'))
	   and exists (select from app.member m where m.user_id = p.created_by) then
		perform app.fail('MR403', 'only who made a connection decides who sees it');
	end if;
end
$$;
revoke all on function app.connection_open_need(app.connection) from public;
grant execute on function app.connection_open_need(app.connection) to mr_api;

-- app.connection_json(connection) -> how it looks outside. Never the secret, sealed or not.
create or replace function app.connection_json(p app.connection)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object('id', p.id, 'connector', p.connector, 'name', p.name, 'config', p.config, 'status', p.status,
	    'message', p.message, 'is_active', p.is_active, 'visibility', p.visibility, 'created_by', p.created_by,
	    'access', app.share_level('connection', p.id, p.visibility, p.created_by), 'owner', null, 'last_verified_at', app.ts(p.last_verified_at), 'created_at', app.ts(p.created_at), 'updated_at', app.ts(p.updated_at),
	    'etag', p.etag);
end
$$;
revoke all on function app.connection_json(app.connection) from public;
grant execute on function app.connection_json(app.connection) to mr_api;

-- app.connection_borrowed_json(id) -> connections of other workspaces that this one may use, {id: {…}}: what is needed to choose
--   one, and the workspace that it belongs to. Of its config only the hosts. id null: all.
create or replace function app.connection_borrowed_json(p_id uuid)
returns table (id uuid, connector text, body jsonb)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select c.id, c.connector, jsonb_build_object('id', c.id, 'connector', c.connector, 'name', c.name,
	    'config', jsonb_build_object('hosts', coalesce(c.config->'hosts', '[]')), 'status', c.status, 'message', null,
	    'is_active', c.is_active, 'visibility', 'workspace', 'created_by', null, 'access', 'run',
	    'owner', jsonb_build_object('id', b.workspace_id, 'name', b.owner), 'last_verified_at', app.ts(c.last_verified_at),
	    'created_at', app.ts(c.created_at), 'updated_at', app.ts(c.updated_at), 'etag', c.etag)
	  from app.share_borrowed('connection') b
	  join app.connection c on c.workspace_id = b.workspace_id and c.id = b.id
	 where p_id is null or b.id = p_id;
end
$$;
revoke all on function app.connection_borrowed_json(uuid) from public;
grant execute on function app.connection_borrowed_json(uuid) to mr_api;

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
