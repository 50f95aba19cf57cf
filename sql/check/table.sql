-- table: every object of the catalog across two tenants, with a row of each in every table. Makes temporary functions;
-- tenancy(a, b) is the matrix. Run it in a transaction that is rolled back, as a superuser: the rows are made up.
--
-- A table whose row can't be made up from its columns fails with the reason: then tell the columns in row_of below.
-- Where a cell wants '0', 42501 (no right at all) is as good.

-- row_of(table) -> values that the catalog doesn't tell: where constraints tie several columns together.
create or replace function pg_temp.row_of(p_rel text) returns jsonb language sql as $$
	select coalesce((
		select v from (values
			('app.sso',     '{"issuer":"https://check.millrace.invalid"}'::jsonb),
			('app.domain',  '{"domain":"check.millrace.invalid","verified_at":"2026-01-01T00:00:00Z","proven_at":"2026-01-01T00:00:00Z"}'),
			('app.key_version', jsonb_build_object('wrapped', '\x' || repeat('00', 65))),
			('app.trigger', '{"type":"manual"}'),
			('app.run',     '{"status":"queued"}'),
			('app.trigger_secret', jsonb_build_object('sealed', '\x' || repeat('ab', 40))),
			('app.usage_notice', '{"level":80}'),
			('app.audit_sink', '{"url":"https://example.com"}'),
			('app.share_workspace', '{"kind":"connection"}'),
			('app.session', '{"kind":"cookie"}'),
			-- without a workspace
			('app.user_account', '{"email":"check@check.millrace.invalid","email_key":"check@check.millrace.invalid"}'),
			('app.ticket',  jsonb_build_object('kind', 'reset', 'user_id', app.uuid7())),
			('app.oidc_state', '{"next":"/","provider":"check","workspace_id":null}'),
			('app.mail',    '{"mail_to":"check@check.millrace.invalid","kind":"invitation","body":"check"}')) as x (rel, v)
		 where x.rel = p_rel), '{}') $$;

-- A value for a column: the first that an `in (…)` of its table allows, else the least of its type.
create or replace function pg_temp.value_of(p_rel regclass, p_column name, p_type text) returns jsonb language plpgsql as $$
declare
	v_first text := (
		select (regexp_match(pg_get_constraintdef(c.oid), format('\(%s = ANY \(ARRAY\[''([^'']*)''', p_column)))[1]
		  from pg_constraint c
		 where c.conrelid = p_rel and c.contype = 'c' and pg_get_constraintdef(c.oid) ~ format('\(%s = ANY ', p_column)
		 limit 1);
begin
	return case
		when v_first is not null then to_jsonb(v_first)
		when p_type = 'uuid' then to_jsonb(app.uuid7())
		when p_type in ('text', 'character varying', 'name') then to_jsonb('check-' || substr(md5(random()::text), 1, 12))
		when p_type in ('smallint', 'integer', 'bigint', 'numeric', 'double precision', 'real') then to_jsonb(1)
		when p_type = 'boolean' then to_jsonb(false)
		when p_type like 'timestamp%' then to_jsonb(now())
		when p_type = 'date' then to_jsonb(current_date)
		when p_type = 'bytea' then to_jsonb('\x' || md5(random()::text) || md5(random()::text))
		when p_type = 'inet' or p_type = 'cidr' then to_jsonb('127.0.0.1'::text)
		when p_type in ('json', 'jsonb') then '{}'
		when p_type = 'interval' then to_jsonb('1 hour'::text)
		when p_type like '%[]' then '[]' end;
end $$;

-- row_make(table, workspace) -> the row's columns and values that are stored: what has no default, the workspace, and row_of.
create or replace function pg_temp.row_make(p_rel regclass, p_workspace uuid) returns jsonb language plpgsql as $$
declare
	v_row    jsonb := jsonb_build_object('workspace_id', p_workspace);
	v_column record;
begin
	for v_column in
		select a.attname as name, format_type(a.atttypid, null) as type
		  from pg_attribute a
		 where a.attrelid = p_rel and a.attnum > 0 and not a.attisdropped and a.attnotnull and not a.atthasdef
		   and a.attgenerated = '' and a.attidentity = '' and a.attname <> 'workspace_id'
	loop
		v_row := v_row || jsonb_build_object(v_column.name, pg_temp.value_of(p_rel, v_column.name, v_column.type));
	end loop;
	return v_row || pg_temp.row_of(p_rel::text);
end $$;

-- insert_of(table, row) -> the statement that stores it.
create or replace function pg_temp.insert_of(p_rel regclass, p_row jsonb) returns text language sql as $$
	select format('insert into %s (%s) select %s from jsonb_populate_record(null::%s, %L)', p_rel,
	              string_agg(quote_ident(k), ', '), string_agg(quote_ident(k), ', '), p_rel, p_row)
	  from jsonb_object_keys(p_row) as k $$;

-- as_role(role, sql) -> what the role gets: the one value, or the SQLSTATE. What it changed is taken back.
create or replace function pg_temp.as_role(p_role text, p_sql text) returns text language plpgsql as $$
declare
	v text;
begin
	execute format('set local role %I', p_role);
	begin
		execute p_sql into v;
		raise exception using errcode = 'ZZ000', message = coalesce(v, '');
	exception
		when sqlstate 'ZZ000' then v := sqlerrm;
		when others then v := sqlstate;
	end;
	reset role;
	return v;
end $$;

create or replace function pg_temp.tenant_tables() returns table (rel regclass) language sql as $$
	select c.oid::regclass
	  from pg_class c
	 where c.relnamespace in ('app'::regnamespace, 'report'::regnamespace) and c.relkind in ('r', 'p') and not c.relispartition
	   and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and a.attnotnull)
	 order by 1 $$;

-- tables(credential of A, workspaces) -> the cells of the tables. Makes the rows.
create or replace function pg_temp.tables(p_credential text, p_a uuid, p_b uuid)
returns table (object text, what text, want text, got text, how text) language plpgsql as $$
declare
	v_rel  regclass;
	v_case record;
	v_b    text := quote_literal(p_b);
	v_row  jsonb;
	v_made boolean;
begin
	for v_rel in select t.rel from pg_temp.tenant_tables() t loop
		object := v_rel::text;
		v_made := false;
		begin
			set local session_replication_role = replica;  -- made-up rows refer to nothing, and nothing acts on them
			v_row := pg_temp.row_make(v_rel, p_b);
			execute pg_temp.insert_of(v_rel, pg_temp.row_make(v_rel, p_a)) || ' on conflict do nothing';  -- a real one will do
			execute pg_temp.insert_of(v_rel, v_row) || ' on conflict do nothing';
			set local session_replication_role = origin;
			v_made := true;
		exception when others then
			what := 'no row of it could be made: tell its columns in sql/check/table.sql';
			want := 'a row'; got := sqlerrm; how := 'pg_temp.row_of';
			return next;
		end;
		continue when not v_made;
		v_row := v_row || jsonb_build_object('workspace_id', p_b);
		perform api.enter(p_credential, '{}');
		for v_case in
			select * from (values
				('rows of B seen by A', '0', format('select count(*) from %s where workspace_id = %s', v_rel, v_b)),
				('rows of A seen by A', '>0', format('select count(*) from %s', v_rel)),
				('rows of B updated by A', '0', format('with u as (update %s set workspace_id = workspace_id where workspace_id = %s returning 1) select count(*) from u', v_rel, v_b)),
				('rows of B deleted by A', '0', format('with u as (delete from %s where workspace_id = %s returning 1) select count(*) from u', v_rel, v_b)),
				('a row of B inserted by A', '42501', pg_temp.insert_of(v_rel, v_row || pg_temp.row_make(v_rel, p_b))),
				('a row of A moved to B', '0', format('with u as (update %s set workspace_id = %s returning 1) select count(*) from u', v_rel, v_b))) as x (name, wanted, query)
		loop
			what := v_case.name; want := v_case.wanted; how := v_case.query;
			got := pg_temp.as_role('mr_api', v_case.query);
			return next;
		end loop;
		perform set_config('app.ctx', '', true);
		what := 'rows seen by nobody'; want := '0'; how := format('select count(*) from %s', v_rel);
		got := pg_temp.as_role('mr_api', how);
		return next;
	end loop;
	object := 'app.workspace'; how := format('select count(*) from app.workspace where id = %s', v_b); want := '0';
	perform api.enter(p_credential, '{}');
	what := 'B''s own row seen by A'; got := pg_temp.as_role('mr_api', how); return next;
	perform set_config('app.ctx', '', true);
	what := 'B''s own row seen by nobody'; got := pg_temp.as_role('mr_api', how); return next;
end $$;

-- relations(credential of A, B) -> tables, partitions and views for each role that may log in; partitions and views for mr_api.
create or replace function pg_temp.relations(p_credential text, p_b uuid)
returns table (object text, what text, want text, got text, how text) language plpgsql as $$
declare
	v record;
begin
	for v in
		select c.oid::regclass as rel, r.role, c.relkind, c.relispartition as is_part,
		       exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id') as is_tenant
		  from pg_class c, (values ('mr_web'), ('mr_worker'), ('mr_ops'), ('mr_api')) as r (role)
		 where c.relnamespace in ('app'::regnamespace, 'api'::regnamespace, 'work'::regnamespace, 'ops'::regnamespace, 'report'::regnamespace)
		   and c.relkind in ('r', 'p', 'v', 'm')
		   and (r.role <> 'mr_api' or c.relispartition or c.relkind in ('v', 'm'))
	loop
		object := v.rel::text; want := '42501'; how := format('select count(*) from %s', v.rel);
		what := 'read by ' || v.role;
		if v.role = 'mr_api' and v.relkind in ('v', 'm') then
			perform api.enter(p_credential, '{}');
			want := '0'; what := 'rows of B seen by A';
			if v.is_tenant then
				how := how || format(' where workspace_id = %L', p_b);
			else
				want := '42501';
			end if;
		end if;
		got := pg_temp.as_role(v.role, how);
		return next;
	end loop;
end $$;

-- rights() -> functions and sequences that a role which may log in must not reach, and channels.
create or replace function pg_temp.rights()
returns table (object text, what text, want text, got text, how text) language sql as $$
	select format('%s.%s(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), 'called by ' || r.role, 'false',
	       (has_function_privilege(r.role, p.oid, 'execute') and (has_schema_privilege(r.role, n.oid, 'usage') or n.nspname <> 'ext'))::text,
	       format('select has_function_privilege(%L, %L, ''execute'')', r.role, p.oid::regprocedure)
	  from pg_proc p
	  join pg_namespace n on n.oid = p.pronamespace, (values ('mr_web', 'api'), ('mr_worker', 'work'), ('mr_ops', 'ops')) as r (role, own)
	 where n.nspname in ('app', 'api', 'work', 'ops', 'report', 'ext') and n.nspname <> r.own
	union all
	select c.oid::regclass::text, 'used by ' || r.role, 'false',
	       has_sequence_privilege(r.role, c.oid, 'usage, select, update')::text,
	       format('select has_sequence_privilege(%L, %L, ''usage, select, update'')', r.role, c.oid::regclass)
	  from pg_class c, (values ('mr_web'), ('mr_worker'), ('mr_ops'), ('mr_api')) as r (role)
	 where c.relkind = 'S' and c.relnamespace in ('app'::regnamespace, 'api'::regnamespace, 'work'::regnamespace, 'ops'::regnamespace, 'report'::regnamespace)
	union all
	select p.oid::regprocedure::text, 'the channel it notifies is a constant', 'true', (m[1] is not null)::text, p.prosrc
	  from pg_proc p, regexp_matches(p.prosrc, 'pg_notify\(\s*(?:''(\w+)'')?', 'g') as m
	 where p.pronamespace in ('app'::regnamespace, 'api'::regnamespace, 'work'::regnamespace, 'ops'::regnamespace) $$;

-- channels() -> the channels that functions notify.
create or replace function pg_temp.channels() returns table (channel text) language sql as $$
	select distinct m[1]
	  from pg_proc p, regexp_matches(p.prosrc, 'pg_notify\(\s*''(\w+)''', 'g') as m
	 where p.pronamespace in ('app'::regnamespace, 'api'::regnamespace, 'work'::regnamespace, 'ops'::regnamespace) $$;

-- tenancy(credential of A, A, B) -> every cell, and whether it is as it must be.
create or replace function pg_temp.tenancy(p_credential text, p_a uuid, p_b uuid)
returns table (kind text, object text, what text, want text, got text, how text, ok boolean) language sql as $$
	select k.kind, k.object, k.what, k.want, k.got, k.how,
	       coalesce(case k.want when '0' then k.got in ('0', '42501') when '>0' then k.got = '42501' or (k.got ~ '^\d+$' and k.got <> '0')
	                            else k.got = k.want end, false)
	  from (
		select 'tables' as kind, t.* from pg_temp.tables(p_credential, p_a, p_b) t
		 union all
		select 'relations', t.* from pg_temp.relations(p_credential, p_b) t
		 union all
		select 'rights', t.* from pg_temp.rights() t) k $$;
