-- work_delivery: webhooks accepted, many in one statement. CONTRACT T02 to T06; the dedup key of DECISIONS.
begin;
set search_path = tap, pg_catalog;
select no_plan();

create function t.accept(p_tokens text[], p_keys text[], p_method text default 'POST', p_slug text default null, p_path text default null,
	p_proof text default null)
returns table (ord bigint, verdict text, receipt uuid, run_id uuid, said text, prio smallint, tid tid)
language sql as $$
	select a.ord, a.verdict, a.receipt, a.run_id, a.said, a.prio, a.tid
	  from work.delivery_accept(p_tokens, array(select p_slug from unnest(p_tokens)), array(select p_path from unnest(p_tokens)),
	       array(select p_method from unnest(p_tokens)), array(select app.uuid7() from unnest(p_tokens)),
	       array(select app.uuid7() from unnest(p_tokens)), p_keys, array(select '{}'::json from unnest(p_tokens)),
	       array(select '' from unnest(p_tokens)), array(select 'application/json' from unnest(p_tokens)),
	       array(select '{"n":1}'::bytea from unnest(p_tokens)), array(select '203.0.113.9' from unnest(p_tokens)),
	       array(select p_proof from unnest(p_tokens)), false) a
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

-- T08: who must prove himself is asked for a proof of the trigger as it is now, and nothing is stored before.
select api.workflow_create(jsonb_build_object('name', 'Proven', 'definition',
	jsonb_set(t.definition(), '{nodes,0,config}', '{"authentication":"github"}')))->>'id' as wf3 \gset
select substr(api.workflow_activate(jsonb_build_object('id', :'wf3'))->>'webhook_url', 8) as hook3 \gset
select t.id as trigger3, t.id || ':' || t.etag as proof0 from app.trigger t where t.workflow_id = :'wf3' \gset
select is((select t.scheme from app.trigger t where t.id = :'trigger3'), 'github', 'T08 the node''s config says how senders prove themselves');
select verdict as v, said::jsonb as said from t.accept(array[:'hook3'], array[null]::text[]) \gset p_
select is(:'p_v'::text, 'proof', 'T08 without a proof it is not accepted');
select is(:'p_said'::jsonb, jsonb_build_object('proof', :'proof0', 'workspace', :'ws', 'trigger', :'trigger3', 'scheme', 'github',
	'config', '{"authentication":"github"}'::jsonb, 'secrets', '[]'::jsonb), 'T08 web is told what to check, and for which state of the trigger');
select is((select verdict from t.accept(array[:'hook3'], array[null]::text[], p_proof => :'proof0')), 'accepted', 'T08 with it it is accepted');
select is((select count(*) from app.delivery d where d.trigger_id = :'trigger3'), 1::bigint, 'T08 what was refused is stored nowhere');

select api.trigger_rotate(jsonb_build_object('id', :'trigger3', 'secret_id', '00000000-0000-7000-8000-000000000001',
	'key', jsonb_build_object('id', api.trigger_seal(jsonb_build_object('id', :'trigger3'))->>'key', 'kek', 7, 'wrapped', encode(decode(repeat('01', 65), 'hex'), 'base64')),
	'sealed', encode(decode(repeat('ab', 60), 'hex'), 'base64'))) as r1 \gset
select is((select count(*) from app.key_version where workspace_id = :'ws'), 1::bigint, 'T08 S03 with the first secret the workspace gets its key');
select is(:'r1'::jsonb->'previous_until', 'null'::jsonb, 'T08 a first secret has none before it');
select is((select verdict from t.accept(array[:'hook3'], array[null]::text[], p_proof => :'proof0')), 'proof',
	'T08 a proof of the trigger as it was is none');
select said::jsonb as said from t.accept(array[:'hook3'], array[null]::text[]) \gset p_
select is((:'p_said'::jsonb->'secrets'->0->'place') - array['key', 'wrapped'], jsonb_build_object('workspace', :'ws', 'number', 1, 'owner', :'trigger3',
	'field', '00000000-0000-7000-8000-000000000001', 'version', 1, 'record', translate(encode(decode(repeat('ab', 60), 'hex'), 'base64'), E'\n', '')),
	'T08 the secret is told sealed, with what the vault needs to use it');
select api.trigger_rotate(jsonb_build_object('id', :'trigger3', 'secret_id', '00000000-0000-7000-8000-000000000002',
	'sealed', encode(decode(repeat('cd', 60), 'hex'), 'base64'), 'overlap_s', 3600)) as r2 \gset
select is((:'r2'::jsonb->>'previous_until')::timestamptz, date_trunc('milliseconds', now() + interval '1 hour'), 'T08 the old secret holds for the time that was asked');
select said::jsonb as said from t.accept(array[:'hook3'], array[null]::text[]) \gset p_
select is(jsonb_array_length(:'p_said'::jsonb->'secrets'), 2, 'T08 both are live until then');
select is((select count(*) from jsonb_array_elements(:'p_said'::jsonb->'secrets') s where (s->>'until_s')::bigint > extract(epoch from now())), 1::bigint,
	'T08 and web is told when the old one ends');
select api.trigger_rotate(jsonb_build_object('id', :'trigger3', 'secret_id', '00000000-0000-7000-8000-000000000003',
	'sealed', encode(decode(repeat('ef', 60), 'hex'), 'base64'), 'overlap_s', 0)) as r3 \gset
select said::jsonb as said from t.accept(array[:'hook3'], array[null]::text[]) \gset p_
select is((select array_agg(s->'place'->>'field') from jsonb_array_elements(:'p_said'::jsonb->'secrets') s), array['00000000-0000-7000-8000-000000000003'],
	'T08 without overlap the old ones end at once');
select is(api.trigger_get(jsonb_build_object('id', :'wf3', 'trigger_id', :'trigger3'))->'has_secret', 'true'::jsonb, 'T08 the trigger says that it has one');
select throws_ok(format('select api.trigger_rotate(%L)', jsonb_build_object('id', (select t.id from app.trigger t where t.workflow_id = :'wf2'),
	'secret_id', app.uuid7(), 'sealed', '')), 'MR409', null, 'T08 a hook that asks for no proof has no secret');
select throws_ok(format('select api.trigger_rotate(%L)', jsonb_build_object('id', app.uuid7(), 'secret_id', app.uuid7(), 'sealed', '')), 'MR404');
select throws_ok(format('select app.enter(%L, null)', :'hook3'), 'MR401', null, 'T08 T07 to know its address starts no run by another way');
select set_config('app.ctx', '', true) as nobody \gset
select count(*) from (select api.delivery_refused(jsonb_build_object('workspace', :'ws', 'trigger', :'trigger3', 'scheme', 'github',
	'refused', 7, 'address', '203.0.113.9'))) x \gset
select results_eq(format($$select a.actor_kind, a.operation, a.kind, a.resource_id, d.who->>'address', (d.what->'detail') - 'salt'
	  from app.audit a join app.audit_detail d on d.workspace_id = a.workspace_id and d.audit_id = a.id
	 where a.workspace_id = %L and a.action = 'delivery.refused'$$, :'ws'),
	format($$values ('anonymous', 'delivery_accept', 'trigger', %L::uuid, '203.0.113.9', '{"scheme": "github", "refused": 7}'::jsonb)$$, :'trigger3'),
	'T08 refusals are in the audit log of the workspace, with their number');

select * from finish();
rollback;
