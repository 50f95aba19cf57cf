-- key: keys of workspaces, and the tickets that let somebody use one. SQL holds keys as the vault wrapped them.
set local role mr_owner;

-- app.vault_ticket(op, workspace, key, number) -> lets whoever shows it to the vault within a minute do this with that
--   version of the key (src/vault/vault.h). The caller has checked that the person may. Null: this installation has no vault.
create or replace function app.vault_ticket(p_op text, p_ws uuid, p_key uuid, p_number integer)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_end  constant bigint := extract(epoch from now())::bigint + 60;
	v_text constant text := concat_ws('|', p_op, p_ws, p_key, p_number, v_end);
begin
	return (select v_end || '.' || encode(ext.hmac(convert_to(v_text, 'UTF8'), convert_to(k.key, 'UTF8'), 'sha256'), 'hex')
	          from app.vault_ticket_key k);
end
$$;
revoke all on function app.vault_ticket(text, uuid, uuid, integer) from public;
grant execute on function app.vault_ticket(text, uuid, uuid, integer) to mr_api;

-- app.key_find(id) -> the key. Raises MR404.
create or replace function app.key_find(p_id text)
returns app.key
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.key;
begin
	select * into v from app.key k where k.id = app.uuid_read(p_id);
	if not found then
		raise exception using errcode = 'MR404', message = 'no such key';
	end if;
	return v;
end
$$;
revoke all on function app.key_find(text) from public;
grant execute on function app.key_find(text) to mr_api;

-- app.key_put(key, number, p): a version of a key as the vault made it: p.wrapped (base64) and p.kek.
create or replace function app.key_put(p_ws uuid, p_key uuid, p_number integer, p jsonb)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	insert into app.key_version (workspace_id, key_id, number, kek, wrapped)
	values (p_ws, p_key, p_number, (p->>'kek')::bigint, decode(p->>'wrapped', 'base64'));
end
$$;
revoke all on function app.key_put(uuid, uuid, integer, jsonb) from public;
grant execute on function app.key_put(uuid, uuid, integer, jsonb) to mr_api;

-- app.key_json(key) -> how it looks outside: never key material.
create or replace function app.key_json(p app.key)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object('id', p.id, 'name', p.name, 'purpose', p.purpose, 'version', p.current, 'algorithm', 'AES-256-GCM',
	    'created_by', p.created_by, 'created_at', app.ts(p.created_at), 'rotated_at', app.ts(p.rotated_at),
	    'versions', (select jsonb_agg(jsonb_build_object('number', v.number, 'created_at', app.ts(v.created_at)) order by v.number desc)
	                   from app.key_version v where v.workspace_id = p.workspace_id and v.key_id = p.id));
end
$$;
revoke all on function app.key_json(app.key) from public;
grant execute on function app.key_json(app.key) to mr_api;

-- app.key_use(op, key, number) -> what web shows the vault to use that version: {workspace, key, number, wrapped, ticket}.
--   Null: there is no such version.
create or replace function app.key_use(p_op text, p_key app.key, p_number integer)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select jsonb_build_object('workspace', v.workspace_id, 'key', v.key_id, 'number', v.number,
		           'wrapped', translate(encode(v.wrapped, 'base64'), E'\n', ''),
		           'ticket', app.vault_ticket(p_op, v.workspace_id, v.key_id, v.number))
		  from app.key_version v
		 where v.workspace_id = p_key.workspace_id and v.key_id = p_key.id and v.number = p_number);
end
$$;
revoke all on function app.key_use(text, app.key, integer) from public;
grant execute on function app.key_use(text, app.key, integer) to mr_api;

-- app.key_missing() -> an id for the key of the entered workspace's secrets, when it has none yet, else null.
create or replace function app.key_missing()
returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	return (select app.uuid7() where not exists (select from app.key k where k.workspace_id = app.workspace_id() and k.purpose = 'connections'));
end
$$;
revoke all on function app.key_missing() from public;
grant execute on function app.key_missing() to mr_api;

-- app.key_first({id, kek, wrapped}): the first key of the entered workspace's secrets, unless another one came before it,
--   or p is null.
create or replace function app.key_first(p jsonb)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	if p is null then
		return;
	end if;
	insert into app.key (workspace_id, id, name, purpose)
	values (app.workspace_id(), (p->>'id')::uuid, 'Connections', 'connections')
	on conflict do nothing;
	if found then
		perform app.key_put(app.workspace_id(), (p->>'id')::uuid, 1, p);
	end if;
end
$$;
revoke all on function app.key_first(jsonb) from public;
grant execute on function app.key_first(jsonb) to mr_api;

-- app.record_place(workspace, owner, field, version, record) -> what the vault is told of a sealed record: K and P of
--   src/vault/vault.h. A null workspace: the installation's own. Null: the workspace has no key.
create or replace function app.record_place(p_ws uuid, p_owner uuid, p_field text, p_version bigint, p_sealed bytea)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_ws is null then
		return jsonb_build_object('owner', p_owner, 'field', p_field, 'version', p_version);
	end if;
	return (
		select jsonb_strip_nulls(jsonb_build_object('workspace', k.workspace_id, 'key', k.id, 'number', k.current,
		           'wrapped', translate(encode(n.wrapped, 'base64'), E'\n', ''), 'owner', p_owner, 'field', p_field, 'version', p_version,
		           'opens', case when o.number is not null then
		               jsonb_build_object('number', o.number, 'wrapped', translate(encode(o.wrapped, 'base64'), E'\n', '')) end))
		  from app.key k
		  join app.key_version n on n.workspace_id = k.workspace_id and n.key_id = k.id and n.number = k.current
		  left join app.key_version o on o.workspace_id = k.workspace_id and o.key_id = k.id and get_byte(p_sealed, 0) = 1
		                             and o.number = app.record_key(p_sealed) and o.number <> k.current
		 where k.workspace_id = p_ws and k.purpose = 'connections');
end
$$;
revoke all on function app.record_place(uuid, uuid, text, bigint, bytea) from public;
grant execute on function app.record_place(uuid, uuid, text, bigint, bytea) to mr_work, mr_keep;

-- app.record_key(record) -> the key id that a sealed record names (src/core/seal.h).
create or replace function app.record_key(p bytea)
returns bigint
language sql immutable parallel safe
return (get_byte(p, 1)::bigint << 24) + (get_byte(p, 2) << 16) + (get_byte(p, 3) << 8) + get_byte(p, 4);
revoke all on function app.record_key(bytea) from public;
grant execute on function app.record_key(bytea) to mr_work, mr_keep;
