-- work_delivery: webhooks accepted, many in one statement. CONTRACT T02 to T06; the dedup key of DECISIONS.
begin;
set search_path = tap, pg_catalog;
select no_plan();

create function t.accept(p_tokens text[], p_keys text[], p_method text default 'POST', p_slug text default null, p_path text default null)
returns table (ord bigint, verdict text, receipt uuid, run_id uuid, said text, prio smallint, tid tid)
language sql as $$
	select a.ord, a.verdict, a.receipt, a.run_id, a.said, a.prio, a.tid
	  from work.delivery_accept(p_tokens, array(select p_slug from unnest(p_tokens)), array(select p_path from unnest(p_tokens)),
	       array(select p_method from unnest(p_tokens)), array(select app.uuid7() from unnest(p_tokens)),
	       array(select app.uuid7() from unnest(p_tokens)), p_keys, array(select '{}'::json from unnest(p_tokens)),
	       array(select '' from unnest(p_tokens)), array(select 'application/json' from unnest(p_tokens)),
	       array(select '{"n":1}'::bytea from unnest(p_tokens)), array(select '203.0.113.9' from unnest(p_tokens)), false) a
$$;

select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');
select app.workspace_id() as ws \gset
select api.workflow_create(jsonb_build_object('name', 'One', 'definition', t.definition()))->>'id' as wf1 \gset
select api.workflow_create(jsonb_build_object('name', 'Two', 'definition', t.definition()))->>'id' as wf2 \gset
select substr(api.workflow_activate(jsonb_build_object('id', :'wf1'))->>'webhook_url', 8) as hook1 \gset
select substr(api.workflow_activate(jsonb_build_object('id', :'wf2'))->>'webhook_url', 8) as hook2 \gset

select results_eq(format('select verdict from t.accept(array[%L, %L, %L], array[null, null, null]::text[])', :'hook1', 'mrh_unknown', :'hook2'),
	$$values ('accepted'), ('not_found'), ('accepted')$$, 'T04 T05 each delivery of a statement has its own verdict');
select is((select count(*) from app.run_queue q where q.workspace_id = :'ws'), 2::bigint, 'T05 an accepted one has its run in the queue');
select run_id as named, prio, tid from t.accept(array[:'hook1'], array['named']) \gset
select is((select (q.prio, q.ctid)::text from app.run_queue q where q.run_id = :'named'), format('(%s,"%s")', :'prio', :'tid'),
	'T05 the answer names the queue row of an accepted one, for the wake-up');
select results_eq(format($$select verdict, said from t.accept(array[%L], array[null]::text[], 'DELETE')$$, :'hook1'),
	$$values ('method', 'POST')$$, 'T04 another method is refused, with those that are taken');
select is((select count(*) from app.delivery d where d.workspace_id = :'ws'), 3::bigint, 'T04 what is refused is stored nowhere');

select results_eq(format('select verdict from t.accept(array[%L, %L], array[%L, %L])', :'hook1', :'hook1', 'k1', 'k1'),
	$$values ('accepted'), ('duplicate')$$, 'the same key twice in one statement makes one run');
select receipt, run_id from t.accept(array[:'hook1'], array['k1']) \gset again_
select is((select k.run_id from app.delivery_key k where k.key = 'k1'), :'again_run_id'::uuid, 'T05 a repeat gets the first one''s run');
select is((select count(*) from app.run r where r.workspace_id = :'ws'), 4::bigint, 'and makes none');
select is((select verdict from t.accept(array[:'hook2'], array['k1'])), 'accepted', 'the same key at another hook is another delivery');
update app.delivery_key set received_at = now() - interval '25 hours' where key = 'k1';
select is((select verdict from t.accept(array[:'hook1'], array['k1'])), 'accepted', 'a key is forgotten after 24 hours');

update app.trigger set path = 'orders/new' where workflow_id = :'wf1' and type = 'webhook';
select is((select verdict from t.accept(array[null]::text[], array[null]::text[], 'POST', (select slug from app.workspace where id = :'ws'), 'orders/new')),
	'accepted', 'T03 a hook answers on its own path');
select is((select verdict from t.accept(array[null]::text[], array[null]::text[], 'POST', 'somebody-else', 'orders/new')),
	'not_found', 'T03 below its own workspace only');
select count(*) from (select api.workflow_deactivate(jsonb_build_object('id', :'wf1'))) x \gset
select is((select verdict from t.accept(array[:'hook1'], array[null]::text[])), 'not_found', 'T04 W12 an inactive workflow takes nothing');

select * from finish();
rollback;
