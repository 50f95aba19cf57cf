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

-- app.token_make(kind) -> a new token. Kinds: t API token, s session, r refresh, h hook.
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
		'created_at', app.ts(p.created_at), 'expires_at', app.ts(p.expires_at), 'used_at', app.ts(p.used_at));
end
$$;
revoke all on function app.token_json(app.token) from public;
grant execute on function app.token_json(app.token) to mr_api;
