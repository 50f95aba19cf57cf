-- audit: who did what is written down, chained, and can't be taken back. CONTRACT S15, S16.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('ada') as ada \gset
select t.enter(:'ada'::jsonb->>'secret');
select :'ada'::jsonb->>'workspace_id' as ws \gset
select :'ada'::jsonb->'user'->>'id' as ada_id \gset

-- The newest entry of an action, with its details.
create function t.entry(p_action text) returns jsonb language sql as
$$ select to_jsonb(a) || jsonb_build_object('who', d.who - 'salt', 'what', d.what - 'salt')
     from app.audit a join app.audit_detail d on (d.workspace_id, d.audit_id) = (a.workspace_id, a.id)
    where a.action = p_action order by a.id desc limit 1 $$;

-- What is written of a change.
select t.workflow() as wf \gset
select is(t.entry('workflow.create')->>'actor_id', :'ada_id', 'S15 who did it is written down');
select is(t.entry('workflow.create')->>'resource_id', :'wf', 'S15 and to what');
select is(t.entry('workflow.create')->'who', '{"agent":"test","address":"203.0.113.7"}', 'S15 and from where');
select is(t.entry('version.create')->'what'->'after'->>'number', '1', 'S15 each row that a request makes has its entry');
select api.workflow_update(jsonb_build_object('id', :'wf', 'name', 'Renamed'));
select is(t.entry('workflow.update')->'what', '{"after":{"name":"Renamed"},"before":{"name":"Orders"}}', 'S15 old and new, of the changed fields alone');
select count(*) as n from app.audit \gset
select api.workflow_update(jsonb_build_object('id', :'wf', 'name', 'Renamed'));
update app.token set used_at = now();
select is((select count(*) from app.audit), :n::bigint, 'S15 what changes nothing but time stamps is no entry');
select api.workflow_delete(jsonb_build_object('id', :'wf'));
select is(t.entry('workflow.delete')->>'resource_id', :'wf', 'S15 a deletion is named as one, though the row stays');

-- What was refused.
select t.enter(:'ada'::jsonb->>'secret');
select api.audit_refused('{"status":403,"code":"forbidden","message":"no","email":"x@example.com"}');
select is(t.entry('refused')->'what'->'detail', '{"status":403,"code":"forbidden","message":"no"}', 'S15 a refusal is an entry, with its reason and no address');
select is(array[t.entry('refused')->>'workspace_id', t.entry('refused')->>'actor_id'], array[:'ws', :'ada_id'], 'S15 of the workspace and the person');
select t.enter(null);
select api.audit_refused('{"status":401,"code":"unauthorized","message":"no","email":"ADA@example.com"}');
select is(array[t.entry('login.failed')->>'workspace_id', t.entry('login.failed')->>'resource_id'], array[:'ws', :'ada_id'], 'S15 a failed sign-in stands where the person works');
select api.audit_refused('{"status":401,"code":"unauthorized","message":"no","email":"nobody@example.com"}');
select is(t.entry('login.failed')->>'workspace_id', '00000000-0000-0000-0000-000000000000', 'S15 one of nobody who is known is the installation''s');
select is(t.entry('login.failed')->'what'->'detail'->>'email', 'nobody@example.com', 'S15 with the address that was tried');
select t.enter(:'ada'::jsonb->>'secret');

-- Signing in and out, and who is nobody yet.
select is(t.entry('login')->>'actor_id', :'ada_id', 'S15 a login is an entry of the person');
select is(t.entry('user.create')->>'workspace_id', '00000000-0000-0000-0000-000000000000', 'S15 what belongs to no workspace is the installation''s');
select api.session_revoke(jsonb_build_object('id', :'ada'::jsonb->>'session_id'));
select is(t.entry('session.revoke')->>'via_id', :'ada'::jsonb->>'session_id', 'S15 and so is a session that ends');

-- Secrets.
select api.token_create('{"name":"ci","scopes":["run:read"]}') as token \gset
select is(t.entry('token.create')->'what'->'after'->>'token_hash', '[redacted]', 'S15 a secret column is not repeated');
select is_empty(format('select 1 from app.audit_detail where what::text like %L', '%' || (:'token'::jsonb->>'token') || '%'), 'S15 nor is a secret itself');
select is(app.audit_redact('{"url":"https://x","headers":{"Authorization":"b","x":[{"api_key":"k","is_secret":true}]}}'),
	'{"url":"https://x","headers":{"Authorization":"[redacted]","x":[{"api_key":"[redacted]","is_secret":true}]}}', 'S15 fields named like secrets are redacted at any depth');
select is(app.audit_redact(jsonb_build_object('a', repeat('x', 5000)))->'a'->>'bytes', '5002', 'S15 a big value is told by its digest');
update app.user_account set password_hash = 'x' where id = :'ada_id';
select is(t.entry('user.update')->'what', '{"after":{"password_hash":"[redacted]"},"before":{"password_hash":"[redacted]"}}', 'S15 that a secret changed is seen');

-- Every audited column is news or said not to be.
select is_empty($$
	select g.tgrelid::regclass || '.' || a.attname
	  from pg_trigger g join pg_attribute a on a.attrelid = g.tgrelid and a.attnum > 0 and not a.attisdropped
	 where g.tgname = 'audit' and a.attnum <> all (g.tgattr)
	   and a.attname <> all (string_to_array(split_part(encode(g.tgargs, 'escape'), '\000', 5), ' ') || '{workspace_id,etag,created_at,updated_at}'::text[])$$,
	'S15 an audited column is news, or on the list of those that aren''t');

-- Not even the owner changes it.
create function t.as_owner(p_sql text) returns text language plpgsql as $$
begin
	set local role mr_owner;
	begin
		execute p_sql;
	exception when others then
		reset role;
		return sqlstate;
	end;
	reset role;
	return 'done';
end $$;
select app.audit_chain(1000);
select is(t.as_owner(s), 'MR403', 'S16 refused to the owner: ' || s) from unnest(array[
	'update app.audit set action = ''x''', 'delete from app.audit', 'truncate app.audit cascade',
	'update app.audit_detail set what = null', 'delete from app.audit_detail', 'truncate app.audit_detail',
	'update app.audit_link set hash = ''''', 'delete from app.audit_link', 'truncate app.audit_link',
	'update app.audit_detail set what = ''{"a":1}'', erasure_id = audit_id']) as s;
select is_empty($$
	select r, c.relname, p from unnest(array['mr_api', 'mr_work', 'mr_keep']) r, unnest(array['insert', 'update', 'delete', 'truncate']) p,
	       pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind = 'r' and c.relname ~ '^audit(_detail|_open|_link|_head)?$' and has_table_privilege(r, c.oid, p)$$,
	'S16 no other role may write it at all');

-- The chain: all of it is there, in order, and holds.
select is((select count(*) from app.audit_open), 0::bigint, 'S16 nothing is left unchained');
select is((select count(*) from app.audit_link), (select count(*) from app.audit), 'S16 each entry has its link');
select is(app.audit_check(:'ws', 0, 1000) - 'seq', jsonb_build_object('checked', (select count(*) from app.audit where workspace_id = :'ws'), 'problems', '[]'::jsonb),
	'S16 an untouched chain has no problem');
select is(app.audit_chain(1000), 0, 'S16 chaining again changes nothing');

-- What a superuser who goes round the triggers leaves behind.
create function t.tampered(p_ws uuid, p_sql text) returns text language plpgsql as $$
declare
	v text;
begin
	begin
		set local session_replication_role = replica;
		execute p_sql;
		select string_agg(x->>'seq' || ' ' || (x->>'problem'), ', ' order by (x->>'seq')::int) into v from jsonb_array_elements(app.audit_check(p_ws, 0, 1000)->'problems') x;
		raise exception using errcode = 'ZZ000', message = coalesce(v, 'nothing');
	exception when sqlstate 'ZZ000' then
		v := sqlerrm;
	end;
	return v;
end $$;
select is(t.tampered(:'ws', format(s.sql, :'ws')), s.seen, 'S16 found: ' || s.name) from (values
	('another actor',       'update app.audit a set actor_id = null from app.audit_link l where l.audit_id = a.id and l.seq = 3 and l.workspace_id = %L', '3 changed'),
	('another time',        'update app.audit a set at = at - interval ''1 day'' from app.audit_link l where l.audit_id = a.id and l.seq = 2 and l.workspace_id = %L', '2 changed'),
	('an entry removed',    'delete from app.audit a using app.audit_link l where l.audit_id = a.id and l.seq = 3 and l.workspace_id = %L', '3 removed'),
	('its link, too',       'with l as (delete from app.audit_link where seq = 3 and workspace_id = %L returning *) delete from app.audit a using l where l.audit_id = a.id', '4 removed'),
	('the first removed',   'with l as (delete from app.audit_link where seq = 1 and workspace_id = %L returning *) delete from app.audit a using l where l.audit_id = a.id', '2 removed'),
	('the gap closed',      'with l as (delete from app.audit_link where seq = 3 and workspace_id = %1$L returning *) delete from app.audit a using l where l.audit_id = a.id; update app.audit_link set seq = seq - 1 where workspace_id = %1$L and seq = 4', '3 changed, 5 removed'),
	('old and new changed', 'update app.audit_detail d set what = jsonb_set(what, ''{after,name}'', ''"x"'') from app.audit_link l where l.audit_id = d.audit_id and l.seq = 3 and l.workspace_id = %L', '3 detail_changed'),
	('the address removed', 'update app.audit_detail d set who = null from app.audit_link l where l.audit_id = d.audit_id and l.seq = 3 and l.workspace_id = %L', '3 detail_removed'),
	('details removed',     'delete from app.audit_detail d using app.audit_link l where l.audit_id = d.audit_id and l.seq = 3 and l.workspace_id = %L', '3 detail_removed')
  ) as s (name, sql, seen);
-- A unique key stands in the way of swapping in one statement.
create function t.swap(p_ws uuid) returns text language sql as $$
	select t.tampered(p_ws, format('
		create temporary table pair on commit drop as select l.seq, l.audit_id from app.audit_link l where l.workspace_id = %1$L and l.seq in (3, 4);
		update app.audit_link set audit_id = app.uuid7() where workspace_id = %1$L and seq in (3, 4);
		update app.audit_link l set audit_id = p.audit_id from pair p where l.workspace_id = %1$L and l.seq = 7 - p.seq', p_ws)) $$;
select is(t.swap(:'ws'), '3 reordered, 4 reordered', 'S16 found: two entries swapped');

-- The whole check, as a person asks for it.
update app.session set revoked_at = null;
select t.enter(:'ada'::jsonb->>'secret');
select is(api.audit_proof_get('{}'), null, 'S16 before the first check there is nothing to tell');
select is(api.audit_verify('{}')->>'status', 'running', 'S16 a check is asked for');
select is(api.audit_verify('{}')->>'id', api.audit_proof_get('{}')->>'id', 'S16 one at a time');
select app.audit_chain(1000);
select app.audit_verify(5);
select is(api.audit_proof_get('{}')->>'checked', '5', 'S16 it is done in slices');
create function t.verified() returns text language plpgsql as $$
begin
	for v_i in 1..1000 loop
		exit when api.audit_proof_get('{}')->>'status' <> 'running';
		perform app.audit_verify(5);
	end loop;
	return api.audit_proof_get('{}')->>'status';
end $$;
select is(t.verified(), 'intact', 'S16 to its end');
set local session_replication_role = replica;
delete from app.audit_link l where l.workspace_id = :'ws' and l.seq = (select max(x.seq) from app.audit_link x where x.workspace_id = :'ws');
insert into app.audit (workspace_id, actor_kind, action, kind) values (:'ws', 'user', 'planted', 'x');
set local session_replication_role = origin;
select api.audit_verify('{}');
select is(t.verified(), 'broken', 'S16 an end that was cut off is seen');
select set_eq($$select x->>'problem' from jsonb_array_elements(api.audit_proof_get('{}')->'problems') x$$, array['truncated', 'unchained'], 'S16 and so is an entry that was planted');

-- Every operation that changes something leads to an audited table or writes its entry itself: followed through the functions.
\set openapi `cat assets/openapi.json`
select set_config('t.openapi', :'openapi', true) is not null as read \gset
create table t.reach as
with recursive reach (operation, fn, prosrc) as (
	select o.value->>'operationId', p.oid, p.prosrc
	  from jsonb_path_query(current_setting('t.openapi')::jsonb, '$.paths.*') as item (methods),
	       jsonb_each(item.methods) as o (key, value)
	  join pg_proc p on p.pronamespace = 'api'::regnamespace and p.proname = o.value->>'operationId'
	 where o.key in ('post', 'put', 'patch', 'delete')
	 union
	select r.operation, p.oid, p.prosrc
	  from reach r
	  join pg_proc p on p.pronamespace in ('app'::regnamespace, 'api'::regnamespace) and r.prosrc ~ ('\m(app|api)\.' || p.proname || '\('))
select r.operation, bool_or(r.prosrc ~ 'app\.audit_(add|put)\(' or exists (
	select from pg_trigger g join pg_class c on c.oid = g.tgrelid
	 where g.tgname = 'audit' and r.prosrc ~ ('(insert into|update|delete from) app\.' || c.relname || '\M'))) as is_audited
  from reach r group by 1;
select cmp_ok((select count(*) from t.reach), '>', 25::bigint, 'S15 operations that change something were found');
select is_empty($$select operation from t.reach where not is_audited and operation not in ('workflow_validate', 'schedule_preview', 'token_introspect', 'delivery_accept', 'wait_answer', 'passkey_options',
	'auth_passkey_options', 'identity_start',  -- a delivery and an answer are their own records; a linked account's row is audited when it is linked
	'auth_resend')$$,  -- nobody is known yet of a link that is sent again
	'S15 every operation that changes something writes an entry');

-- A million entries: each filter by its index, and no page reads more than it must.
insert into app.audit (workspace_id, id, at, actor_kind, actor_id, action, kind, resource_id)
select :'ws', overlay(app.uuid7()::text placing left(app.uuid7_floor(now() - i * interval '1 second')::text, 13) from 1)::uuid, now() - i * interval '1 second', 'user',
       md5((i % 100)::text)::uuid, 'workflow.' || (i % 50), 'kind' || (i % 20), md5((i % 10000)::text)::uuid
  from generate_series(1, 1000000) i;
analyze app.audit;
create function t.buffers(p_sql text) returns integer language plpgsql as $$
declare
	v jsonb;
begin
	execute 'explain (analyze, buffers, format json) ' || p_sql into v;
	return (v->0->'Plan'->>'Shared Hit Blocks')::integer + (v->0->'Plan'->>'Shared Read Blocks')::integer;
end $$;
select cmp_ok(t.buffers(format('select api.audit_list(%L)', f.filter)), '<', 20000, 'S15 a page of a million entries by index: ' || f.filter)
  from (values ('{}'), ('{"limit":200}'), (format('{"actor":"%s"}', md5('7')::uuid)), ('{"action":"workflow.7"}'), ('{"resource":"kind3"}'),
               (format('{"resource":"%s"}', md5('77')::uuid)), (format('{"from":"%s","to":"%s"}', app.ts(now() - interval '900000 s'), app.ts(now() - interval '899000 s'))),
               ('{"action":"nothing"}'), ('{"q":"nothing like it"}')) as f (filter);

select * from finish();
rollback;
