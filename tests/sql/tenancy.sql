-- tenancy: no row of another tenant, generated from the catalog: a table without an entry in the fixture fails. CONTRACT S01, S02.
begin;
set search_path = tap, pg_catalog;
\ir lint.psql
select no_plan();

-- Two tenants with a row in every table.
create function t.tenant(p_name text) returns jsonb language plpgsql as $$
declare
	v      jsonb := t.person(p_name);
	v_ws   uuid := (v->>'workspace_id')::uuid;
	v_wf   uuid;
	v_run  uuid;
	v_trg  uuid;
begin
	perform t.enter(v->>'secret');
	v_wf := t.workflow();
	perform api.workflow_activate(jsonb_build_object('id', v_wf));
	v_run := api.run_create(jsonb_build_object('workflow_id', v_wf))->>'id';
	perform api.token_create('{"name":"x","scopes":["run:read"]}');
	perform api.idempotency_check('k', 'x', '\x00');
	select t.id into v_trg from app.trigger t where t.workspace_id = v_ws;
	insert into app.schedule_due (workspace_id, trigger_id, due_at) values (v_ws, v_trg, now());
	insert into app.run_outcome (workspace_id, run_id, workflow_id, status) values (v_ws, v_run, v_wf, 'failed');
	insert into app.timer (workspace_id, run_id, due_at, fence) values (v_ws, v_run, now(), 1);
	insert into app.step (workspace_id, run_id, node_id, step_no, status, started_at) values (v_ws, v_run, 'n', 1, 'succeeded', now());
	insert into app.log (workspace_id, run_id, id, level, at, message) values (v_ws, v_run, app.uuid7(), 'info', now(), 'x');
	insert into app.delivery (workspace_id, id, run_id, trigger_id, workflow_id, method, headers, body)
	values (v_ws, app.uuid7(), v_run, v_trg, v_wf, 'POST', '{}', '');
	insert into app.delivery_key (workspace_id, trigger_id, key, delivery_id, run_id) values (v_ws, v_trg, 'k', v_run, v_run);
	return v || jsonb_build_object('workflow', v_wf, 'run', v_run, 'trigger', v_trg, 'session', (v->>'session_id'),
	    'token', (select x.id from app.token x where x.workspace_id = v_ws and x.name = 'x'));
end $$;
select t.tenant('ann') as a \gset
select t.tenant('bob') as b \gset
-- Entries of the audit log are chained, but for each one's newest.
select app.audit_chain(1000);
select api.user_update('{"name":"not chained yet"}');
select t.enter(:'a'::jsonb->>'secret');
select api.user_update('{"name":"not chained yet"}');
select t.enter(:'a'::jsonb->>'secret');

create table t.tenant_table as
select c.oid::regclass::text as rel
  from pg_class c
 where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id')
   and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant');
select cmp_ok((select count(*) from t.tenant_table), '>=', 15::bigint, 'the matrix has all tenant tables');

-- What mr_api gets of a statement: the number of rows, or the SQLSTATE.
create function t.as_api(p_sql text) returns text language plpgsql as $$
declare
	v text;
begin
	set local role mr_api;
	begin
		execute p_sql into v;
	exception when others then
		get stacked diagnostics v = returned_sqlstate;
	end;
	reset role;
	return v;
end $$;
create function t.columns(p_rel text) returns text language sql as
$$ select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = p_rel::regclass and attnum > 0 and not attisdropped $$;

select cmp_ok(t.truth, '>', 0::bigint, t.rel || ': the other tenant has a row')
  from (select x.rel, (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %s where workspace_id = %L', x.rel, :'b'::jsonb->>'workspace_id'), false, true, '')))[1]::text::bigint as truth from t.tenant_table x) t;
select is(t.as_api(format('select count(*) from %s where workspace_id = %L', x.rel, :'b'::jsonb->>'workspace_id')), '0', x.rel || ': entered as A, none of B''s rows is seen')
  from t.tenant_table x;
select isnt(t.as_api(format('select count(*) from %s', x.rel)), '0', x.rel || ': and A''s own are')
  from t.tenant_table x;
select matches(coalesce(t.as_api(format('with u as (update %s set workspace_id = workspace_id where workspace_id = %L returning 1) select count(*) from u', x.rel, :'b'::jsonb->>'workspace_id')), '?'),
	'^(0|42501)$', x.rel || ': an update of B''s rows changes none') from t.tenant_table x;
select matches(coalesce(t.as_api(format('with u as (delete from %s where workspace_id = %L returning 1) select count(*) from u', x.rel, :'b'::jsonb->>'workspace_id')), '?'),
	'^(0|42501)$', x.rel || ': a delete of B''s rows removes none') from t.tenant_table x;
create function t.copy_of(p_rel text, p_ws text) returns text language plpgsql as $$
begin
	execute format('create temporary table planted as select * from %s where workspace_id = %L limit 1', p_rel, p_ws);
	grant select on planted to mr_api;
	return t.as_api(format('with i as (insert into %s (%s) select %s from pg_temp.planted returning 1) select count(*) from i', p_rel, t.columns(p_rel), t.columns(p_rel)));
end $$;
do $$
declare
	v_rel text;
begin
	create table t.inserted (rel text, verdict text);
	for v_rel in select x.rel from t.tenant_table x loop
		insert into t.inserted values (v_rel, t.copy_of(v_rel, (select b.id::text from app.workspace b join app.user_account u on u.id = b.created_by where u.email = 'bob@example.com')));
		drop table planted;
	end loop;
end $$;
select is(i.verdict, '42501', i.rel || ': a row of B can''t be inserted') from t.inserted i;

select set_config('app.ctx', '', true);
select is(t.as_api(format('select count(*) from %s', x.rel)), '0', x.rel || ': as nobody, no row is seen') from t.tenant_table x;
select is(t.as_api('select count(*) from app.workspace'), '0', 'app.workspace: as nobody, no row is seen');

-- Partitions themselves are out of reach.
select is(t.as_api(format('select count(*) from %s', i.inhrelid::regclass)), '42501', i.inhrelid::regclass || ': a partition is reached through its parent only')
  from pg_inherits i join pg_class c on c.oid = i.inhparent
 where c.relnamespace = 'app'::regnamespace and c.relkind = 'p' and i.inhrelid::regclass::text ~ to_char(now(), 'YYYYMMDD');

-- Each operation with an id: B's id and a random one get the same refusal, and B's rows stay as they were.
create function t.checksum(p_ws text) returns text language plpgsql as $$
declare
	v_all text := ''; v text; v_rel text;
begin
	for v_rel in select x.rel from t.tenant_table x order by 1 loop
		execute format('select coalesce(md5(string_agg(md5(x::text), '''' order by md5(x::text))), '''') from %s x where x.workspace_id = %L', v_rel, p_ws) into v;
		v_all := v_all || v;
	end loop;
	return md5(v_all);
end $$;
select t.checksum(:'b'::jsonb->>'workspace_id') as before \gset
select t.enter(:'a'::jsonb->>'secret');
select unnest(array[is(t.refusal(o.op, o.more || jsonb_build_object(o.param, :'b'::jsonb->>o.what)),
	t.refusal(o.op, o.more || jsonb_build_object(o.param, app.uuid7())), o.op || ': B''s ' || o.what || ' is refused like a random id'),
	matches(t.refusal(o.op, o.more || jsonb_build_object(o.param, :'b'::jsonb->>o.what)), '^MR404', o.op || ': and that is a 404')])
  from (values
	('workflow_get', 'id', 'workflow', '{}'::jsonb), ('workflow_update', 'id', 'workflow', '{"name":"x"}'), ('workflow_delete', 'id', 'workflow', '{}'),
	('workflow_replace', 'id', 'workflow', '{"name":"x","definition":{"nodes":[],"edges":[]}}'),
	('workflow_activate', 'id', 'workflow', '{}'), ('workflow_deactivate', 'id', 'workflow', '{}'), ('workflow_execute', 'id', 'workflow', '{}'),
	('workflow_run_create', 'id', 'workflow', '{}'), ('workflow_run_list', 'id', 'workflow', '{}'), ('workflow_logs', 'id', 'workflow', '{}'),
	('version_list', 'id', 'workflow', '{}'), ('version_get', 'id', 'workflow', '{"n":1}'),
	('trigger_list', 'id', 'workflow', '{}'), ('trigger_create', 'id', 'workflow', '{"type":"webhook"}'),
	('run_create', 'workflow_id', 'workflow', '{}'), ('run_list', 'workflow_id', 'workflow', '{}'),
	('run_get', 'id', 'run', '{}'), ('run_status', 'id', 'run', '{}'), ('run_cancel', 'id', 'run', '{}'), ('run_retry', 'id', 'run', '{}'),
	('run_logs', 'id', 'run', '{}'), ('log_get', 'run_id', 'run', '{}'), ('step_list', 'id', 'run', '{}'),
	('token_get', 'id', 'token', '{}'), ('token_delete', 'id', 'token', '{}'), ('session_revoke', 'id', 'session', '{}'),
	('workspace_get', 'id', 'workspace_id', '{}'), ('workspace_update', 'id', 'workspace_id', '{"name":"x"}'), ('workspace_delete', 'id', 'workspace_id', '{}')
  ) as o (op, param, what, more);
select matches(t.refusal(o.op, o.more || jsonb_build_object('id', :'a'::jsonb->>'workflow', 'trigger_id', :'b'::jsonb->>'trigger')), '^MR404', o.op || ': B''s trigger under A''s workflow is a 404')
  from (values ('trigger_get', '{}'::jsonb), ('trigger_update', '{"is_enabled":false}'), ('trigger_delete', '{}')) as o (op, more);
select is(t.checksum(:'b'::jsonb->>'workspace_id'), :'before', 'B''s rows are as they were');

-- A cursor of another tenant is none.
select t.enter(:'b'::jsonb->>'secret');
select t.workflow('second');
select api.workflow_list('{"limit":1}')->>'next_cursor' as cursor \gset
select is((api.workflow_list(jsonb_build_object('limit', 1, 'cursor', :'cursor'))->'items'->0)->>'id', :'b'::jsonb->>'workflow', 'a cursor goes on where the page ended');
select t.enter(:'a'::jsonb->>'secret');
select matches(t.refusal('workflow_list', jsonb_build_object('cursor', :'cursor')), '^MR400 cursor', 'and is refused in another workspace');
select matches(t.refusal('run_list', jsonb_build_object('cursor', :'cursor')), '^MR400 cursor', 'or another list');
select * from finish();
rollback;
