-- constraint: each constraint of app is violated, and says no by its own name. CONTRACT Q01. Generated from the catalog: a constraint
-- that none of the attempts below violates fails, and then wants a line in `told`.
begin;
set search_path = tap, pg_catalog;
\ir ../../sql/check/table.sql
select no_plan();

-- Violations that values of one column's type don't bring about: what the row is to have besides, or instead; of keys, what sets
-- the second row apart from the first.
create temporary table told (name name, change jsonb, second jsonb default '{}');
insert into told values
	('audit_proof_status_check', '{"status":"none","completed_at":"2026-01-01T00:00:00Z"}'),
	('domain_is_capturing_check', '{"is_capturing":true,"verified_at":null}'),
	('domain_lost_at_check',      '{"lost_at":"2026-01-01T00:00:00Z","verified_at":null}'),
	('erasure_completed_check',   '{"status":"done"}'),
	('outgoing_proxy_user_check', '{"proxy":"http://proxy.test:1","proxy_user":"","proxy_sealed":"\\x00"}'),
	('invitation_end_check',      jsonb_build_object('accepted_at', now(), 'accepted_by', app.uuid7(), 'revoked_at', now())),
	('plan_limits_check',         '{"id":"check","limits":[]}'),
	('plan_name_check',           '{"id":"check","name":""}'),
	('plan_rates_check',          '{"id":"check","rates":[]}'),
	('sso_default_role_check',    '{"default_role":"owner"}'),
	('transition_move_check',     '{"from_status":"queued","to_status":"queued"}'),
	('workflow_live_check',       '{"state":"active"}'),
	('domain_role_id_fkey',       '{"role":"custom"}'),
	('invitation_role_id_fkey',   '{"role":"custom"}'),
	('member_role_id_fkey',       '{"role":"custom"}'),
	('oidc_state_workspace_id_fkey', '{"provider":null}');
insert into told values
	('audit_link_audit_id_key', '{}', '{"seq":2}'),
	('domain_verified_key',     '{}', jsonb_build_object('workspace_id', app.uuid7())),
	('old_slug_slug_key',       '{}', jsonb_build_object('workspace_id', app.uuid7())),
	('plan_pkey',               '{"id":"check"}', '{}'),
	('plan_is_default_key',     '{"id":"check","is_default":true}', '{"id":"check_two"}'),
	('trigger_token_key',       '{"type":"webhook"}', '{}');

create temporary table rule as
select c.conname as name, c.conrelid as rel, c.contype::text as kind, array(select a.attname::text from unnest(c.conkey) k join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k) as columns
  from pg_constraint c
 where c.connamespace = 'app'::regnamespace and c.conparentid = 0 and c.contype in ('c', 'f', 'p', 'u', 'x')
   and not (select r.relispartition from pg_class r where r.oid = c.conrelid)
 union all
select i.relname, x.indrelid, 'u', array(select a.attname::text from pg_attribute a where a.attrelid = x.indrelid and a.attnum = any (x.indkey::smallint[]))
  from pg_index x
  join pg_class i on i.oid = x.indexrelid
  join pg_class r on r.oid = x.indrelid and not r.relispartition
 where i.relnamespace = 'app'::regnamespace and x.indisunique and not exists (select from pg_constraint c where c.conindid = x.indexrelid)
 union all
select a.attname || ' of ' || a.attrelid::regclass, a.attrelid, 'n', array[a.attname::text]
  from pg_attribute a
  join pg_class r on r.oid = a.attrelid and r.relkind in ('r', 'p') and not r.relispartition
 where r.relnamespace = 'app'::regnamespace and a.attnum > 0 and a.attnotnull and not a.attisdropped and a.attidentity = '' and a.attgenerated = '';

-- Runs the statements; the name of the constraint that the last one violated ('column of table' where it was null), or why else.
-- What they did is taken back.
create function pg_temp.says(p_sql text[]) returns text language plpgsql as $$
declare
	v_name text; v_column text; v_table text; v_state text; v_text text;
begin
	for i in 1..cardinality(p_sql) loop
		execute p_sql[i];
	end loop;
	raise exception using errcode = 'ZZ000';
exception when others then
	get stacked diagnostics v_name = constraint_name, v_column = column_name, v_table = table_name, v_state = returned_sqlstate, v_text = message_text;
	-- Rows and rules of a partitioned table are its partitions'.
	return case when v_state = 'ZZ000' then 'nothing'
	            when v_state = '23502' then v_column || ' of app.' || regexp_replace(v_table, '_p\d{8}$', '')
	            when v_state = '23514' and v_name = '' then 'no partition'
	            when v_state ~ '^23' then regexp_replace(v_name, '_p\d{8}_', '_')
	            else v_state || ' ' || v_text end;
end $$;

-- Values of a column that something may be wrong with.
create function pg_temp.wrong(p_type text) returns setof jsonb language sql as $$
	select unnest(case
		when p_type in ('text', 'character varying', 'name') then array['""', to_jsonb(repeat('x', 100000)), '"\u00e9 ?"', 'null', '"none of these"', '"a"', '"UPPER"', '"a.b"']
		when p_type in ('smallint', 'integer', 'bigint', 'numeric', 'double precision', 'real') then array['-1', '0', '32000', 'null', '1', '100']::jsonb[]
		when p_type = 'boolean' then array['true', 'false', 'null']::jsonb[]
		when p_type like 'timestamp%' or p_type = 'date' then array['"infinity"', '"-infinity"', 'null', '"2026-01-01T00:00:01Z"']::jsonb[]
		when p_type = 'bytea' then array['"\\x"', to_jsonb('\x' || repeat('ab', 50000)), 'null', '"\\x00"']
		when p_type in ('json', 'jsonb') then array['{}', '[]', '1', '"x"', '[1]', '{"x":1}', to_jsonb(repeat('x', 300000))]
		when p_type like '%[]' then array['[]', '["x"]', 'null', '[""]', to_jsonb(array_fill('x'::text, array[5000]))]
		when p_type = 'uuid' then array[to_jsonb(app.uuid7()), 'null']
		when p_type in ('inet', 'cidr') then array['"10.0.0.1"', 'null']::jsonb[]
		else array['null']::jsonb[] end) $$;

-- What statements violate a rule, most likely first.
create function pg_temp.attempts(p rule) returns setof text[] language plpgsql as $$
declare
	v_ws   uuid := app.uuid7();
	v_row  jsonb := pg_temp.row_make(p.rel, v_ws);
	v_more jsonb := coalesce((select t.change from told t where t.name = p.name), '{}');
	v_second jsonb := coalesce((select t.second from told t where t.name = p.name), '{}');
	v_quiet constant text := 'set local session_replication_role = replica';
begin
	if not exists (select from pg_attribute a where a.attrelid = p.rel and a.attname = 'workspace_id' and not a.attisdropped) then
		v_row := v_row - 'workspace_id';
	end if;
	v_row := v_row || v_more;
	case p.kind
	when 'n' then
		return next array[v_quiet, pg_temp.insert_of(p.rel, v_row || jsonb_build_object(p.columns[1], null))];
	when 'p', 'u', 'x' then
		-- Two rows that share the columns of the key, and of the rest as little as can be.
		v_row := v_row || (select coalesce(jsonb_object_agg(c, coalesce(nullif(v_row->c, 'null'), pg_temp.value_of(p.rel, c, (select format_type(a.atttypid, null) from pg_attribute a where a.attrelid = p.rel and a.attname = c)))), '{}') from unnest(p.columns) c);
		return next array[v_quiet, pg_temp.insert_of(p.rel, v_row),
			pg_temp.insert_of(p.rel, pg_temp.row_make(p.rel, v_ws) - case when v_row ? 'workspace_id' then '' else 'workspace_id' end || v_more || (select jsonb_object_agg(c, v_row->c) from unnest(p.columns) c) || v_second)];
	when 'f' then
		-- Alone, so that it is the one which speaks.
		return next (select array_agg(format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname))
		               from pg_constraint c where c.conrelid = p.rel and c.contype = 'f' and c.conname <> p.name)
			|| format('alter table %s disable trigger user', p.rel::regclass)
			|| pg_temp.insert_of(p.rel, v_row || (select coalesce(jsonb_object_agg(c, coalesce(nullif(v_row->c, 'null'), to_jsonb(app.uuid7()))), '{}') from unnest(p.columns) c))
			|| 'set constraints all immediate'::text;
	else
		if v_more <> '{}' then
			return next array[v_quiet, pg_temp.insert_of(p.rel, v_row)];
		end if;
		return query
		select array[v_quiet, pg_temp.insert_of(p.rel, v_row || jsonb_build_object(a.attname, w))]
		  from unnest(p.columns) c
		  join pg_attribute a on a.attrelid = p.rel and a.attname = c
		 cross join lateral pg_temp.wrong(format_type(a.atttypid, null)) w;
	end case;
end $$;

create function pg_temp.violated(p rule) returns text language plpgsql as $$
declare
	v_try text[]; v_said text; v_all text := '';
begin
	for v_try in select * from pg_temp.attempts(p) loop
		v_said := pg_temp.says(v_try);
		-- A row that says nothing of its day has no partition to be refused by.
		if v_said = p.name or p.kind = 'n' and v_said = 'no partition' then
			return p.name;
		end if;
		v_all := v_all || case when position(v_said in v_all) > 0 then '' else v_said || '; ' end;
	end loop;
	return left(v_all, 300);
end $$;

select is(pg_temp.violated(r), r.name::text, format('Q01 %s of %s is violated', r.name, r.rel::regclass)) from rule r order by r.rel::regclass::text, r.kind, r.name;
select cmp_ok(count(*), '>=', 400::bigint, 'Q01 all of them') from rule;
select is_empty('select t.name from told t where not exists (select from rule r where r.name = t.name)', 'Q01 nothing is told of what is not there');

select * from finish();
rollback;
