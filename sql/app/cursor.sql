-- cursor: where the next page of a list begins, opaque to the client.
--
-- base64url of a 6-byte MAC and a JSON array: the sort keys of the last row. The MAC binds it to the workspace, the
-- person and the list with its order, so a cursor of another tenant or list is a bad one, and none can be made up.
set local role mr_owner;

-- app.cursor_mac(list, keys) -> the MAC of a cursor in this context.
create or replace function app.cursor_mac(p_list text, p_keys text)
returns bytea
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ctx text[] := app.ctx();
	v_key bytea;
begin
	select k.mac into v_key from app.context_key k;
	return substring(ext.hmac(convert_to(concat_ws('|', 'cursor', v_ctx[1], v_ctx[2], p_list, p_keys), 'UTF8'), v_key, 'sha256')
	                 for 6);
end
$$;
revoke all on function app.cursor_mac(text, text) from public;

-- app.cursor_make(list, keys) -> the cursor behind a row with these sort keys; null when keys is null: the last page.
create or replace function app.cursor_make(p_list text, p_keys jsonb)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return translate(encode(app.cursor_mac(p_list, p_keys::text) || convert_to(p_keys::text, 'UTF8'), 'base64'),
	                 E'+/=\n', '-_');
end
$$;
revoke all on function app.cursor_make(text, jsonb) from public;
grant execute on function app.cursor_make(text, jsonb) to mr_api;

-- app.cursor_read(list, cursor) -> the sort keys, null without a cursor. Raises MR400 on `cursor`.
create or replace function app.cursor_read(p_list text, p_cursor text)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_bytes bytea;
	v_text  text;
begin
	if p_cursor is null then
		return null;
	end if;
	if p_cursor ~ '^[A-Za-z0-9_-]+$' and length(p_cursor) between 9 and 1500 and length(p_cursor) % 4 <> 1 then
		v_bytes := decode(rpad(translate(p_cursor, '-_', '+/'), (length(p_cursor) + 3) / 4 * 4, '='), 'base64');
		v_text := convert_from(substring(v_bytes from 7), 'UTF8');
		if substring(v_bytes for 6) = app.cursor_mac(p_list, v_text) then
			return v_text::jsonb;
		end if;
	end if;
	perform app.fail('MR400', '`cursor` is none of this list', 'cursor');
exception when invalid_parameter_value or character_not_in_repertoire or untranslatable_character then
	perform app.fail('MR400', '`cursor` is none of this list', 'cursor');
end
$$;
revoke all on function app.cursor_read(text, text) from public;
grant execute on function app.cursor_read(text, text) to mr_api;

-- app.page(list, rows, limit, keys) -> {items, next_cursor} of up to limit + 1 rows: the one too many says that there is
--   a next page. keys: the members of a row that are its sort keys, in order.
create or replace function app.page(p_list text, p_rows jsonb, p_limit integer, p_keys text[])
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	if jsonb_array_length(p_rows) <= p_limit then
		return jsonb_build_object('items', p_rows, 'next_cursor', null);
	end if;
	return jsonb_build_object(
		'items', p_rows - p_limit,
		'next_cursor', app.cursor_make(p_list, (
			select jsonb_agg(p_rows->(p_limit - 1)->k order by ord) from unnest(p_keys) with ordinality as u (k, ord))));
end
$$;
revoke all on function app.page(text, jsonb, integer, text[]) from public;
grant execute on function app.page(text, jsonb, integer, text[]) to mr_api;
