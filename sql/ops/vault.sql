-- vault: rotation of keys, as `millrace key` drives it with the vault, and the daily look at connections.
--
-- Each write names the old bytes: one that changed meanwhile stays as it is, and the next round finds it again. So a
-- rotation may be killed anywhere and started again.
set local role mr_keep;

-- ops.key_wraps(kek, after…, limit) -> key versions that another master key than this wraps, in order of their key.
create or replace function ops.key_wraps(p_kek bigint, p_ws uuid, p_key uuid, p_number integer, p_limit integer)
returns table (workspace_id uuid, key_id uuid, number integer, kek bigint, wrapped text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
	return query
	select v.workspace_id, v.key_id, v.number, v.kek, translate(encode(v.wrapped, 'base64'), E'\n', '')
	  from app.key_version v
	 where v.kek <> p_kek and (v.workspace_id, v.key_id, v.number) > (p_ws, p_key, p_number)
	 order by v.workspace_id, v.key_id, v.number
	 limit p_limit;
end
$$;
revoke all on function ops.key_wraps(bigint, uuid, uuid, integer, integer) from public;

-- ops.key_rewrapped(workspace, key, number, old, new, kek) -> whether it was written. Wraps are base64.
create or replace function ops.key_rewrapped(p_ws uuid, p_key uuid, p_number integer, p_old text, p_new text, p_kek bigint)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.key_version v
	   set wrapped = decode(p_new, 'base64'), kek = p_kek
	 where v.workspace_id = p_ws and v.key_id = p_key and v.number = p_number and v.wrapped = decode(p_old, 'base64');
	return found;
end
$$;
revoke all on function ops.key_rewrapped(uuid, uuid, integer, text, text, bigint) from public;

-- ops.key_list(workspace, after, limit) -> keys of connections, of one workspace or (null) of all.
create or replace function ops.key_list(p_ws uuid, p_after uuid, p_limit integer)
returns table (workspace_id uuid, key_id uuid, current integer)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
	return query
	select k.workspace_id, k.id, k.current
	  from app.key k
	 where k.purpose = 'connections' and k.workspace_id > p_after and (p_ws is null or k.workspace_id = p_ws)
	 order by k.workspace_id
	 limit p_limit;
end
$$;
revoke all on function ops.key_list(uuid, uuid, integer) from public;

-- ops.key_rotated(workspace, key, number, wrapped, kek) -> whether that version is the key's newest now.
create or replace function ops.key_rotated(p_ws uuid, p_key uuid, p_number integer, p_wrapped text, p_kek bigint)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.key k
	   set current = p_number, rotated_at = now()
	 where k.workspace_id = p_ws and k.id = p_key and k.current + 1 = p_number;
	if not found then
		return false;
	end if;
	insert into app.key_version (workspace_id, key_id, number, kek, wrapped)
	values (p_ws, p_key, p_number, p_kek, decode(p_wrapped, 'base64'));
	return true;
end
$$;
revoke all on function ops.key_rotated(uuid, uuid, integer, text, bigint) from public;

-- ops.record_all(kek) -> every sealed record that is there, by kind: of a connection, of a workspace's proxy, of a webhook (trigger), of a person's
--   authenticator app. kek: the master key that it is sealed to itself. is_stale: not sealed under the newest version of its
--   workspace's key or, a person's, not to this master key.
create or replace function ops.record_all(p_kek bigint)
returns table (kind text, workspace_id uuid, owner uuid, field text, version bigint, sealed bytea, kek bigint, is_stale boolean)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select r.kind, r.ws, r.owner, r.field, r.version, r.sealed,
	       case when get_byte(r.sealed, 0) = 2 then app.record_key(r.sealed) end,
	       case when r.ws is null then get_byte(r.sealed, 0) = 2 and app.record_key(r.sealed) <> p_kek
	            else get_byte(r.sealed, 0) <> 1 or app.record_key(r.sealed) <> k.current end
	  from (select 'connection', c.workspace_id, c.id, 'secret', c.secret_version, c.sealed from app.connection c
	         union all
	        select 'proxy', o.workspace_id, o.workspace_id, 'secret', o.proxy_version, o.proxy_sealed from app.outgoing o
	         where o.proxy_sealed is not null
	         union all
	        select 'webhook', s.workspace_id, s.trigger_id, s.id::text, 1, s.sealed from app.trigger_secret s
	         union all
	        select 'authenticator', null, t.user_id, 'totp', 1, t.sealed from app.totp t) r (kind, ws, owner, field, version, sealed)
	  left join app.key k on k.workspace_id = r.ws and k.purpose = 'connections';
end
$$;
revoke all on function ops.record_all(bigint) from public;

-- ops.record_stale(kek, after kind, owner, field, limit) -> records to seal anew, with what the vault is told of each.
create or replace function ops.record_stale(p_kek bigint, p_kind text, p_owner uuid, p_field text, p_limit integer)
returns table (kind text, workspace_id uuid, owner uuid, field text, sealed text, place jsonb)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
	return query
	select r.kind, r.workspace_id, r.owner, r.field, translate(encode(r.sealed, 'base64'), E'\n', ''),
	       app.record_place(r.workspace_id, r.owner, r.field, r.version, r.sealed)
	  from ops.record_all(p_kek) r
	 where r.is_stale and (r.kind, r.owner, r.field) > (p_kind, p_owner, p_field)
	 order by r.kind, r.owner, r.field
	 limit p_limit;
end
$$;
revoke all on function ops.record_stale(bigint, text, uuid, text, integer) from public;

-- ops.record_resealed(kind, workspace, owner, field, old, new) -> whether it was written. Records are base64.
create or replace function ops.record_resealed(p_kind text, p_ws uuid, p_owner uuid, p_field text, p_old text, p_new text)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_old constant bytea := decode(p_old, 'base64');
	v_new constant bytea := decode(p_new, 'base64');
begin
	case p_kind
		when 'connection' then
			update app.connection c set sealed = v_new where c.workspace_id = p_ws and c.id = p_owner and c.sealed = v_old;
		when 'proxy' then
			update app.outgoing o set proxy_sealed = v_new where o.workspace_id = p_ws and o.proxy_sealed = v_old;
		when 'webhook' then
			update app.trigger_secret s set sealed = v_new
			 where s.workspace_id = p_ws and s.trigger_id = p_owner and s.id = p_field::uuid and s.sealed = v_old;
		when 'authenticator' then
			update app.totp t set sealed = v_new where t.user_id = p_owner and t.sealed = v_old;
	end case;
	return found;
end
$$;
revoke all on function ops.record_resealed(text, uuid, uuid, text, text, text) from public;

-- ops.key_status(kek) -> {keys, versions, wraps_old, records, stale}: how far a rotation to this master key is.
create or replace function ops.key_status(p_kek bigint)
returns table (keys bigint, versions bigint, wraps_old bigint, records bigint, stale bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select (select count(*) from app.key), (select count(*) from app.key_version),
	       (select count(*) from app.key_version v where v.kek <> p_kek), count(*), count(*) filter (where r.is_stale)
	  from ops.record_all(p_kek) r;
end
$$;
revoke all on function ops.key_status(bigint) from public;

-- ops.key_uses(kek) -> how many keys and records need this master key, or (null) any.
create or replace function ops.key_uses(p_kek bigint)
returns bigint
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (select count(*) from app.key_version v where p_kek is null or v.kek = p_kek) +
	       (select count(*) from ops.record_all(0) r where r.kek is not null and (p_kek is null or r.kek = p_kek));
end
$$;
revoke all on function ops.key_uses(bigint) from public;

-- ops.connection_verify() -> how many connections will be tried: those not looked at for a day. Hourly. Tests that are
--   over for a day go.
create or replace function ops.connection_verify()
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_n bigint;
begin
	delete from app.connection_test t where t.done_at < now() - interval '1 day';
	insert into app.connection_test (workspace_id, connection_id)
	select c.workspace_id, c.id
	  from app.connection c
	 where c.is_active and coalesce(c.last_verified_at, c.created_at) < now() - interval '1 day'
	   and not exists (select from app.connection_test t
	                    where t.workspace_id = c.workspace_id and t.connection_id = c.id and t.done_at is null)
	 limit 1000;
	get diagnostics v_n = row_count;
	return v_n;
end
$$;
revoke all on function ops.connection_verify() from public;
grant execute on function ops.connection_verify() to mr_ops;
