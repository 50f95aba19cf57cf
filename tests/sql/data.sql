-- data: what is kept of whom, how it is exported, how it goes. CONTRACT S17.
begin;
set search_path = tap, pg_catalog;
select no_plan();

-- The map has every table and names columns that there are.
select is_empty($$
	select c.relname from pg_class c
	 where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
	   and c.relname <> 'migration' and not exists (select from app.data_map() m where m.rel = c.relname)$$, 'S17 each table is in the data map (sql/app/data_map.sql)');
select is_empty($$select m.rel from app.data_map() m where to_regclass('app.' || quote_ident(m.rel)) is null$$, 'S17 which names no other one');
select is_empty($$
	select m.rel, x from app.data_map() m, unnest(string_to_array(m.personal || ' ' || m.secret || ' ' || nullif(m.person, 'entry'), ' ')) x
	 where x <> '' and not exists (select from pg_attribute a where a.attrelid = ('app.' || quote_ident(m.rel))::regclass and a.attname = x and a.attnum > 0)$$,
	'S17 nor a column that isn''t there');
select is_empty($$select m.rel from app.data_map() m where not m.export and m.why = '' or m.purpose = '' or m.retention = '' or m.erasure = ''$$,
	'S17 what is not exported has its reason, and each table purpose, retention and erasure');
-- Columns whose name says that they tell something of a person.
select is_empty($$
	select m.rel, a.attname from app.data_map() m
	  join pg_attribute a on a.attrelid = ('app.' || quote_ident(m.rel))::regclass and a.attnum > 0 and not a.attisdropped
	 where a.attname ~ '(email|address|agent|user_id|created_by|invited_by|password|phone|^mail_to$)'
	   and a.attname <> all (string_to_array(m.personal || ' ' || m.person || ' ' || m.secret, ' '))$$,
	'S17 a column that tells of a person is named as one');

-- Two tenants; one with rows in many tables.
select t.person('ada') as ada \gset
select t.person('eve') as eve \gset
select :'ada'::jsonb->>'workspace_id' as ws \gset
select :'ada'::jsonb->'user'->>'id' as ada_id \gset
select t.enter(:'eve'::jsonb->>'secret');
select t.workflow('Eve''s');
select t.enter(:'ada'::jsonb->>'secret');
select t.workflow('Ada''s') as wf \gset
select api.workflow_activate(jsonb_build_object('id', :'wf'));
select api.run_create(jsonb_build_object('workflow_id', :'wf'))->>'id' as run \gset
select api.token_create('{"name":"ci","scopes":["run:read"]}')->>'token' as token \gset
insert into app.step (workspace_id, run_id, node_id, step_no, status, started_at) select :'ws', :'run', 'n' || i, i, 'succeeded', now() from generate_series(1, 700) i;
select api.run_cancel(jsonb_build_object('id', :'run'));
insert into app.log (workspace_id, run_id, id, level, at, message) values (:'ws', :'run', app.uuid7(), 'info', now(), 'x');
insert into app.delivery (workspace_id, id, run_id, trigger_id, workflow_id, method, headers, body) select :'ws', app.uuid7(), :'run', t.id, t.workflow_id, 'POST', '{}', '' from app.trigger t where t.workspace_id = :'ws';
select api.audit_verify('{}');
select api.audit_sink_set('{"url":"https://example.com/audit"}');
select api.retention_set(jsonb_build_object('id', :'ws', 'run_days', 7));
select app.audit_chain(1000);

-- An export is whole. Both walk all parts, as web does.
create function t.export(p_operation text, p jsonb) returns table (name text, data text) language plpgsql as $$
declare
	v jsonb := t.call(p_operation, p);
begin
	loop
		name := v->>'name';
		data := v->>'data';
		return next;
		exit when v->>'next' is null;
		v := t.call(p_operation, p || jsonb_build_object('cursor', v->>'next'));
	end loop;
end $$;
create table t.exported as select e.name, split_part(e.name, '/', 1) as rel, l.line from t.export('workspace_export', jsonb_build_object('id', :'ws')) e, string_to_table(rtrim(e.data, E'\n'), E'\n') l (line) where l.line <> '';
create function t.rows_of(p_rel text, p_ws uuid) returns bigint language plpgsql as $$
declare
	v bigint;
begin
	execute format('select count(*) from app.%I x where x.%I = $1', p_rel, case p_rel when 'workspace' then 'id' else 'workspace_id' end) into v using p_ws;
	return v;
end $$;
select is_empty(format($$
	select m.rel, t.rows_of(m.rel, %L) as has, (select count(*) from t.exported e where e.rel = m.rel) as exported from app.data_map() m
	 where m.export and m.rel !~ '^audit' and t.rows_of(m.rel, %1$L) <> (select count(*) from t.exported e where e.rel = m.rel)$$, :'ws'),
	'S17 a workspace''s export has every row of every table');
select cmp_ok((select count(*) from t.exported e where e.rel = 'audit'), '>=', 10::bigint, 'S17 its audit log, too');
select cmp_ok((select count(distinct e.name) from t.exported e where e.rel = 'step'), '=', 2::bigint, 'S17 in parts of 500');
select is_empty(format('select * from t.exported where line like %L or line ~ %L', '%' || :'token' || '%', 'token_hash": "[^[]|Eve'), 'S17 no secret and nobody else''s row is in it');
create table t.mine as select e.name, l.line from t.export('user_export', '{}') e, string_to_table(rtrim(e.data, E'\n'), E'\n') l (line) where l.line <> '';
select is((select count(*) from t.mine where line like '%"table": "user_account"%' and line like '%ada@example.com%'), 1::bigint, 'S17 a person''s export has the account');
select cmp_ok((select count(*) from t.mine where name like 'workspaces/%/audit_detail/%'), '>', 5::bigint, 'S17 and the person''s own audit entries with addresses');
select is_empty($$select * from t.mine where line ~ 'eve|password_hash|token_hash": "[^[]'$$, 'S17 but no secret and nobody else');
select matches(t.refusal('user_export', '{"cursor":"AAAAAAAAAAAA"}'), '^MR400 cursor', 'S17 a cursor can''t be made up');

-- A last owner can't go while others are there.
select t.member('bert', :'ws', 'editor') as bert \gset
select t.enter(:'ada'::jsonb->>'secret', :'ws');
select matches(t.refusal('user_erase'), '^MR409 .*ada''s workspace', 'S17 the only owner among others is refused, and the workspace named');
delete from app.member m where m.workspace_id = :'ws' and m.user_id <> :'ada_id';

-- A person goes.
select count(*) as entries from app.audit where actor_id = :'ada_id' \gset
select is(api.user_erase('{}'), null, 'S17 an account is deleted');
select is(t.refusal('user_me'), 'MR401 | sign in first', 'S17 and is signed out') from (select t.enter(null)) x;
select throws_ok(format('select t.enter(%L)', :'ada'::jsonb->>'secret'), 'MR401', null, 'S17 its session is gone');
select throws_ok(format('select t.enter(%L)', :'token'), 'MR401', null, 'S17 its tokens end');
select is(app.erase_finish(), 1, 'S17 what the audit log knew is forgotten');
select is_empty($$select * from app.audit_detail where (coalesce(who::text, '') || coalesce(what::text, '')) like '%ada@example.com%'$$, 'S17 no entry has the address');
select is_empty(format('select * from app.audit_detail d join app.audit a on (a.workspace_id, a.id) = (d.workspace_id, d.audit_id) where a.actor_id = %L and d.who is not null and a.action !~ %L', :'ada_id', 'erase|forget'), 'S17 nor from where the person came');
select cmp_ok((select count(*) from app.audit where actor_id = :'ada_id'), '>=', :entries::bigint, 'S17 that something was done by that id stays');
select app.audit_chain(1000);
select is(app.audit_check(x.ws, 0, 1000)->'problems', '[]', 'S17 and the chain holds') from (values (:'ws'::uuid), (app.audit_home())) x (ws);
select is((select certificate->>'kind' from app.erasure where subject_id = :'ada_id'), 'person', 'S17 with a certificate');
select isnt((select deleted_at from app.workspace where id = :'ws'), null, 'S17 a workspace with nobody else in it is deleted');

-- A workspace goes.
select throws_ok(format('select app.workspace_erase(%L)', :'eve'::jsonb->>'workspace_id'), 'MR409', null, 'S17 a living workspace isn''t erased');
select throws_ok(format('select app.workspace_erase(%L)', app.uuid7()), 'MR404', null, 'S17 nor one that never was');
create function t.everything(p_ws uuid) returns text language sql as $$
	select string_agg(x.relname, ' ' order by x.relname)
	  from (
		select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
		 where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition offset 0) x
	 where t.rows_of(x.relname, p_ws) > 0 $$;
select t.everything((:'eve'::jsonb->>'workspace_id')::uuid) as others \gset
select cmp_ok(array_length(string_to_array(t.everything(:'ws'), ' '), 1), '>', 14, 'S17 a workspace with rows in many tables');
select is(ops.workspace_erase_due(), null, 'S17 within its grace it isn''t erased');
update app.workspace set deleted_at = now() - interval '31 days' where id = :'ws';
select ops.workspace_erase_due() as certificate \gset
select is(ops.workspace_erase_due(), null, 'S17 once it is over it is, and nothing else');
select is(t.everything(:'ws'), null, 'S17 is gone from every table');
select is((select count(*) from app.workspace where id = :'ws'), 0::bigint, 'S17 itself, too');
select is(t.everything((:'eve'::jsonb->>'workspace_id')::uuid), :'others', 'S17 another one is as it was');
select is(:'certificate'::jsonb->'rows'->>'step', '700', 'S17 the certificate counts what went, table by table');
select is(:'certificate'::jsonb->>'sha256', encode(sha256(convert_to((:'certificate'::jsonb - 'sha256')::text, 'UTF8')), 'hex'), 'S17 and has a digest');
select is((select d.what->'detail'->>'sha256' from app.audit a join app.audit_detail d on (d.workspace_id, d.audit_id) = (a.workspace_id, a.id) where a.action = 'workspace.erase'),
	:'certificate'::jsonb->>'sha256', 'S17 which the installation''s chain holds');
select lives_ok(format('select app.workspace_erase(%L)', :'ws'), 'S17 after a restore it is erased again');
select throws_ok(format('select ops.workspace_erase(%L)', :'eve'::jsonb->>'workspace_id'), 'MR409', 'the workspace is alive: delete it first', 'S17 a restore brings no reason to erase a living one');
insert into app.workspace select (jsonb_populate_record(w, jsonb_build_object('id', :'ws', 'slug', 'restored', 'deleted_at', now()))).* from app.workspace w where w.id = (:'eve'::jsonb->>'workspace_id')::uuid;
select is(ops.workspace_erase(:'ws')->>'subject_id', :'ws', 'S17 one that a restore brought back goes');
select is(t.everything(:'ws'), null, 'S17 from every table');
select is((select count(*) from app.workspace where id = :'ws'), 0::bigint, 'S17 and itself');

-- Retention of a workspace.
select t.enter(:'eve'::jsonb->>'secret');
select :'eve'::jsonb->>'workspace_id' as ews \gset
select matches(t.refusal('retention_set', jsonb_build_object('id', :'ws', 'run_days', 1)), '^MR404', 'S17 another workspace''s settings are not found');
insert into app.run (workspace_id, id, workflow_id, version_id, version, status, trigger_type, node_id, created_at, completed_at)
select :'ews', overlay(app.uuid7()::text placing left(app.uuid7_floor(now() - make_interval(days => d))::text, 13) from 1)::uuid, app.uuid7(), app.uuid7(), 1, s, 'manual', 'n', now() - make_interval(days => d), case s when 'waiting' then null else now() end
  from (values (1, 'succeeded'), (9, 'succeeded'), (9, 'waiting')) x (d, s);
select api.retention_set(jsonb_build_object('id', :'ews', 'run_days', 7, 'audit_days', 30));
select is(app.retention_apply(:'ews', 100), 1::bigint, 'S17 what is older than the workspace says is removed');
select results_eq(format('select status from app.run where workspace_id = %L order by id', :'ews'), array['waiting', 'succeeded'], 'S17 not what is newer, nor what isn''t over');
select app.audit_chain(1000);
-- Entries can't be made older; so the time that is asked for is made later.
select count(*) as n from app.audit where workspace_id = :'ews' \gset
select is(app.audit_expire(:'ews', now() + interval '1 hour', 3), 3, 'S16 the oldest entries end with their retention');
select is((select count(*) from app.audit where workspace_id = :'ews'), (:n - 2)::bigint, 'S16 an entry says so');
select app.audit_chain(1000);
select is(app.audit_check(:'ews', 0, 1000)->'problems' || app.audit_ends(:'ews'), '[]', 'S16 and what is left is whole');
update app.audit_head set base_seq = base_seq + 1 where workspace_id = :'ews';
select isnt(app.audit_ends(:'ews'), '[]', 'S16 a beginning that vanished otherwise is found');

select * from finish();
rollback;
