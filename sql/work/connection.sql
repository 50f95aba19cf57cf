-- connection: what a worker reads of stored credentials: sealed, with what the vault needs to open them.
set local role mr_work;

-- work.connection_home(workspace, id) -> the workspace of a connection that this one may use: itself, or one which lends it.
--   Null: there is none. It is asked at each step, so what was taken back counts at the next one.
create or replace function work.connection_home(p_ws uuid, p_id uuid)
returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	if exists (select from app.connection c where c.workspace_id = p_ws and c.id = p_id) then
		return p_ws;
	end if;
	return (
		select s.workspace_id
		  from app.share_workspace s
		  join app.workspace w on w.id = s.workspace_id and w.deleted_at is null
		 where s.to_workspace_id = p_ws and s.kind = 'connection' and s.object_id = p_id);
end
$$;
revoke all on function work.connection_home(uuid, uuid) from public;

-- work.connection_check(workspace, version, ids, connectors) -> what is wrong with the first connection of this version
--   that can't be used, null when all can. connectors[i]: the kinds that the node takes, with blanks between.
create or replace function work.connection_check(p_ws uuid, p_version uuid, p_ids text[], p_connectors text[])
returns table (id text, problem text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select n.id, case when c.id is null then 'is missing' when not c.is_active then 'is revoked'
	                  when c.workspace_id = p_ws and not app.connection_usable(c, v.created_by) then 'is private to somebody else'
	                  else 'is of another kind than the step takes' end
	  from unnest(p_ids, p_connectors) with ordinality as n (id, connectors, ord)
	  join app.version v on v.workspace_id = p_ws and v.id = p_version
	  left join app.connection c on c.workspace_id = work.connection_home(p_ws, app.uuid_read(n.id)) and c.id = app.uuid_read(n.id)
	 where c.id is null or not c.is_active or (c.workspace_id = p_ws and not app.connection_usable(c, v.created_by))
	    or c.connector <> all (string_to_array(n.connectors, ' '))
	 order by n.ord
	 limit 1;
end
$$;
revoke all on function work.connection_check(uuid, uuid, text[], text[]) from public;
grant execute on function work.connection_check(uuid, uuid, text[], text[]) to mr_worker;

-- work.connection_open(workspace, version, id) -> the connection that a step of this version uses, sealed, with the
--   key of the workspace that it belongs to in its newest version, and in the one that the record names where that is another.
--   No row: it can't be used (any more). p_version null: a test, which may use each.
create or replace function work.connection_open(p_ws uuid, p_version uuid, p_id uuid)
returns table (workspace_id uuid, connector text, config jsonb, secret_version bigint, sealed bytea, key_id uuid, number integer,
               wrapped bytea, old_number integer, old_wrapped bytea)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select c.workspace_id, c.connector, c.config, c.secret_version, c.sealed, k.id, k.current, n.wrapped, o.number, o.wrapped
	  from app.connection c
	  join app.key k on k.workspace_id = c.workspace_id and k.purpose = 'connections'
	  join app.key_version n on n.workspace_id = k.workspace_id and n.key_id = k.id and n.number = k.current
	  left join app.key_version o on o.workspace_id = k.workspace_id and o.key_id = k.id and get_byte(c.sealed, 0) = 1
	                             and o.number = app.record_key(c.sealed) and o.number <> k.current
	  left join app.version v on v.workspace_id = p_ws and v.id = p_version
	 where c.workspace_id = work.connection_home(p_ws, p_id) and c.id = p_id and c.is_active
	   and (p_version is null or c.workspace_id <> p_ws or app.connection_usable(c, v.created_by));
end
$$;
revoke all on function work.connection_open(uuid, uuid, uuid) from public;
grant execute on function work.connection_open(uuid, uuid, uuid) to mr_worker;

-- work.connection_resealed(workspace, id, old, new): the vault sealed the same secret anew; unless it was changed meanwhile.
create or replace function work.connection_resealed(p_ws uuid, p_id uuid, p_old bytea, p_new bytea)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.connection c set sealed = p_new where c.workspace_id = p_ws and c.id = p_id and c.sealed = p_old;
end
$$;
revoke all on function work.connection_resealed(uuid, uuid, bytea, bytea) from public;
grant execute on function work.connection_resealed(uuid, uuid, bytea, bytea) to mr_worker;

-- work.connection_test_take(limit) -> tests that nobody has begun, or begun 30 s ago and not ended.
create or replace function work.connection_test_take(p_limit integer)
returns table (workspace_id uuid, id uuid, connection_id uuid)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
	return query
	update app.connection_test t
	   set taken_at = clock_timestamp()
	 where (t.workspace_id, t.id) in (
		select t2.workspace_id, t2.id from app.connection_test t2
		 where t2.done_at is null and (t2.taken_at is null or t2.taken_at < clock_timestamp() - interval '30 seconds')
		 order by t2.id
		 limit p_limit
		   for update skip locked)
	returning t.workspace_id, t.id, t.connection_id;
end
$$;
revoke all on function work.connection_test_take(integer) from public;
grant execute on function work.connection_test_take(integer) to mr_worker;

-- work.connection_test_done(workspace, test, ok, message): how it ended, at the test and at its connection.
create or replace function work.connection_test_done(p_ws uuid, p_test uuid, p_ok boolean, p_message text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_connection uuid;
begin
	update app.connection_test t
	   set done_at = clock_timestamp(), ok = p_ok, message = p_message
	 where t.workspace_id = p_ws and t.id = p_test and t.done_at is null
	returning t.connection_id into v_connection;
	update app.connection c
	   set status = case when p_ok then 'ok' else 'failed' end, message = p_message, last_verified_at = clock_timestamp()
	 where c.workspace_id = p_ws and c.id = v_connection;
end
$$;
revoke all on function work.connection_test_done(uuid, uuid, boolean, text) from public;
grant execute on function work.connection_test_done(uuid, uuid, boolean, text) to mr_worker;
