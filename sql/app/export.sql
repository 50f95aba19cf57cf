-- export: everything of a workspace or a person, table by table as app.data_map says, in parts that web puts into an archive.
--
-- A part is up to 500 rows of one table as JSON Lines. They are read with the rights of the caller, so policies bind them: what
-- a person's export finds is in the workspaces that the person belongs to. Each part is a transaction of its own: an export
-- is no snapshot, but no row that stays as it is can be missed.
set local role mr_owner;

-- app.export_rows(table, column, value, after, most) -> the next rows in the order of the table's key: lines of JSON, how many were
--   looked at, and the key behind them (null: no more). column: only rows where it holds the value; `entry` is no
--   column: details whose entry is that person's.
create or replace function app.export_rows(
	p_rel text, p_column text, p_value uuid, p_after jsonb, p_most integer, out lines text, out looked integer, out next_key jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_keys  text;
	v_cast  text;
	v_json  text;
	v_where text := '';
	v_drop  text[];
begin
	select string_agg(format('x.%I', a.attname), ', ' order by k.ord),
	       string_agg(format('%L::%s', p_after->>(k.ord::integer - 1), format_type(a.atttypid, a.atttypmod)), ', ' order by k.ord),
	       string_agg(format('x.%I::text', a.attname), ', ' order by k.ord)
	  into v_keys, v_cast, v_json
	  from pg_catalog.pg_index i
	  cross join lateral unnest(i.indkey::smallint[]) with ordinality as k (attnum, ord)
	  join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
	 where i.indrelid = ('app.' || quote_ident(p_rel))::regclass and i.indisprimary;
	select string_to_array(m.secret, ' ') into v_drop from app.data_map() m where m.rel = p_rel;
	if p_after is not null then
		v_where := format('and (%s) > (%s)', v_keys, v_cast);
	end if;
	execute format(
		'with looked as (select x, jsonb_build_array(%s) as key, row_number() over (order by %s) as n from app.%I x
		                  where %s = app.workspace_id() %s order by %s limit $1)
		 select string_agg(((to_jsonb(l.x) - $2)::text), E''\n'' order by l.n) filter (where %s) || E''\n'', count(*)::integer,
		        (array_agg(l.key order by l.n desc))[1]
		   from looked l',
		v_json, v_keys, p_rel, case p_rel when 'workspace' then 'x.id' else 'x.workspace_id' end, v_where, v_keys,
		case when p_column is null then 'true'
		     when p_column = 'entry' then format(
		         'exists (select from app.audit a where a.workspace_id = (l.x).workspace_id and a.id = (l.x).audit_id and a.actor_id = %L)', p_value)
		     else format('(l.x).%I = %L', p_column, p_value) end)
	   into lines, looked, next_key
	  using p_most, v_drop;
	if looked < p_most then
		next_key := null;
	end if;
end
$$;
revoke all on function app.export_rows(text, text, uuid, jsonb, integer) from public;
grant execute on function app.export_rows(text, text, uuid, jsonb, integer) to mr_api;

-- app.export_person() -> what is known of the person of the context and belongs to no workspace: a line {table, row} each.
create or replace function app.export_person()
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_map   record;
	v_lines text;
	v_all   text := '';
begin
	for v_map in
		select m.rel, m.person, string_to_array(m.secret, ' ') as secret
		  from app.data_map() m
		 where m.person <> '' and m.rel <> 'workspace' and not exists (
			select from pg_catalog.pg_attribute a
			 where a.attrelid = ('app.' || quote_ident(m.rel))::regclass and a.attname = 'workspace_id' and a.attnotnull)
		 order by m.rel
	loop
		execute format('select string_agg(jsonb_build_object(%L, %L, %L, to_jsonb(x) - $2)::text || %L, %L) from app.%I x where x.%I = $1',
		               'table', v_map.rel, 'row', E'\n', '', v_map.rel, v_map.person)
		   into v_lines
		  using app.user_id(), v_map.secret;
		v_all := v_all || coalesce(v_lines, '');
	end loop;
	return v_all;
end
$$;
revoke all on function app.export_person() from public;
grant execute on function app.export_person() to mr_api;

-- app.export_part(at, person, prefix) -> {name, data, next}: the next file of an archive, and where the one after it begins: [number
--   of the table, key behind the rows so far, number of the file]; null: it was the last. person: only rows of that person.
create or replace function app.export_part(p_at jsonb, p_person uuid, p_prefix text)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_at   constant jsonb := coalesce(p_at, '[1, null, 1]');
	v_i    constant integer := v_at->>0;
	v_rels text[];
	v_by   text[];
	v      record;
begin
	select array_agg(m.rel order by m.rel), array_agg(m.person order by m.rel)
	  into v_rels, v_by
	  from app.data_map() m
	 where m.export and (p_person is null or m.person <> '');
	select * into v
	  from app.export_rows(v_rels[v_i], case when p_person is not null then v_by[v_i] end, p_person, nullif(v_at->1, 'null'), 500);
	return jsonb_build_object(
		'name', format('%s%s/%s.jsonl', p_prefix, v_rels[v_i], lpad(v_at->>2, 6, '0')), 'data', coalesce(v.lines, ''),
		'next', case when v.next_key is not null then jsonb_build_array(v_i, v.next_key, (v_at->>2)::integer + 1)
		             when v_i < cardinality(v_rels) then jsonb_build_array(v_i + 1, null, 1) end);
end
$$;
revoke all on function app.export_part(jsonb, uuid, text) from public;
grant execute on function app.export_part(jsonb, uuid, text) to mr_api;
