-- token: makes secrets, and hashes them. The form is that of core/crypto.h: `mr<kind>_`, 32 random bytes as 43 digits
-- of base62, then the CRC-32 of all that precedes it as 6 digits, so that junk is told from a token without a query.
set local role mr_owner;

-- app.base62(number, width) -> its digits 0-9A-Za-z, padded with zeros.
create or replace function app.base62(p_n numeric, p_width integer)
returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
	v_digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
	v_n      numeric := p_n;
	v_text   text := '';
begin
	for v_i in 1..p_width loop
		v_text := substr(v_digits, (v_n % 62)::integer + 1, 1) || v_text;
		v_n := div(v_n, 62);
	end loop;
	return v_text;
end
$$;
revoke all on function app.base62(numeric, integer) from public;

-- app.crc32(text) -> the CRC-32 of its bytes (reflected, polynomial EDB88320).
create or replace function app.crc32(p_text text)
returns bigint
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
	v_bytes constant bytea := convert_to(p_text, 'UTF8');
	v_crc   bigint := 4294967295;
begin
	for v_i in 0..length(v_bytes) - 1 loop
		v_crc := v_crc # get_byte(v_bytes, v_i);
		for v_bit in 1..8 loop
			v_crc := (v_crc >> 1) # (case when v_crc & 1 = 1 then 3988292384 else 0 end);
		end loop;
	end loop;
	return v_crc # 4294967295;
end
$$;
revoke all on function app.crc32(text) from public;

-- app.token_make(kind) -> a new token. Kinds: t API token, s session, r refresh, h hook, i invitation.
create or replace function app.token_make(p_kind text)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_bytes constant bytea := ext.gen_random_bytes(32);
	v_n     numeric := 0;
	v_text  text;
begin
	for v_i in 0..31 loop
		v_n := v_n * 256 + get_byte(v_bytes, v_i);
	end loop;
	v_text := 'mr' || p_kind || '_' || app.base62(v_n, 43);
	return v_text || app.base62(app.crc32(v_text), 6);
end
$$;
revoke all on function app.token_make(text) from public;
grant execute on function app.token_make(text) to mr_api;

-- app.secret_hash(text) -> what is stored of a token. No slow hash: it isn't a password.
create or replace function app.secret_hash(p_text text)
returns bytea
language sql immutable parallel safe
return sha256(convert_to(p_text, 'UTF8'));
revoke all on function app.secret_hash(text) from public;
grant execute on function app.secret_hash(text) to mr_api;

-- app.token_json(token) -> an API token as lists show it; never its hash.
create or replace function app.token_json(p app.token)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'name', p.name, 'prefix', p.prefix, 'scopes', to_jsonb(p.scopes), 'created_by', p.created_by,
		'created_at', app.ts(p.created_at), 'expires_at', app.ts(p.expires_at), 'used_at', app.ts(p.used_at),
		'used_address', p.used_address, 'addresses', to_jsonb(p.addresses::text[]), 'replaces', p.replaces);
end
$$;
revoke all on function app.token_json(app.token) from public;
grant execute on function app.token_json(app.token) to mr_api;

-- app.token_owner(user id text) -> whom a token belongs to: who asks, or with member:write a service account of the entered
--   workspace. Raises MR404 no such service account, MR403.
create or replace function app.token_owner(p_id text)
returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.member;
begin
	if p_id is null or app.uuid_read(p_id) = app.user_id() then
		return app.user_id();
	end if;
	perform app.need('member:write');
	v := app.member_find(p_id, 'service');
	perform app.role_within(v.role, v.role_id);
	return v.user_id;
end
$$;
revoke all on function app.token_owner(text) from public;
grant execute on function app.token_owner(text) to mr_api;

-- app.token_scopes(scopes, owner) -> the permissions that these scopes mean. Raises MR400 naming each that means none, MR403 for
--   one that the owner's role doesn't hold.
create or replace function app.token_scopes(p_scopes jsonb, p_owner uuid)
returns text[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_scopes  text[];
	v_issues  jsonb;
	v_missing text;
begin
	if coalesce(jsonb_typeof(p_scopes), '') <> 'array' or jsonb_array_length(p_scopes) = 0 then
		perform app.fail('MR400', 'at least one scope is needed', 'scopes');
	end if;
	select array_agg(distinct app.scope_read(s.text)),
	       jsonb_agg(app.issue(format('scopes[%s]', s.ord - 1), format('%s is no scope of a token', s.text)) order by s.ord)
	           filter (where app.scope_read(s.text) is null)
	  into v_scopes, v_issues
	  from jsonb_array_elements_text(p_scopes) with ordinality as s (text, ord);
	if v_issues is not null then
		perform app.fail('MR400', v_issues->0->>'issue', null, v_issues);
	end if;
	select s into v_missing
	  from unnest(v_scopes) as s
	 where not s = any (string_to_array((
		select app.role_text(m.workspace_id, m.role, m.role_id) from app.member m
		 where m.workspace_id = app.workspace_id() and m.user_id = p_owner), ','))
	 order by s limit 1;
	if found then
		raise exception using errcode = 'MR403', message = 'permission needed: ' || v_missing;
	end if;
	return v_scopes;
end
$$;
revoke all on function app.token_scopes(jsonb, uuid) from public;
grant execute on function app.token_scopes(jsonb, uuid) to mr_api;

-- app.addresses_read(addresses) -> networks: each an address or a CIDR block, 32 at most. Raises MR400 naming each that is none.
create or replace function app.addresses_read(p jsonb)
returns cidr[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_text text;
	v_ord  bigint;
	v_list cidr[] := '{}';
begin
	if jsonb_array_length(p) > 32 then
		perform app.fail('MR400', 'at most 32 addresses are possible', 'addresses');
	end if;
	for v_text, v_ord in select e.text, e.ord from jsonb_array_elements_text(p) with ordinality as e (text, ord) loop
		begin
			v_list := v_list || network(v_text::inet)::cidr;
		exception when invalid_text_representation then
			perform app.fail('MR400', format('%s is no address and no network such as 192.0.2.0/24', left(v_text, 64)),
			                 format('addresses[%s]', v_ord - 1));
		end;
	end loop;
	return v_list;
end
$$;
revoke all on function app.addresses_read(jsonb) from public;
grant execute on function app.addresses_read(jsonb) to mr_api;
