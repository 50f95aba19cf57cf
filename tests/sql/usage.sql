-- usage: what is metered is what is there, also after roll-ups; quotas refuse before anything is kept. CONTRACT B01, B02, B04.
begin;
set search_path = tap, pg_catalog;
select no_plan();

create function t.accept(p_tokens text[], p_keys text[] default null)
returns table (ord bigint, verdict text, said jsonb)
language sql as $$
	select a.ord, a.verdict, a.said::jsonb
	  from work.delivery_accept(p_tokens, array(select null from unnest(p_tokens)), array(select null from unnest(p_tokens)),
	       array(select 'POST' from unnest(p_tokens)), array(select app.uuid7() from unnest(p_tokens)),
	       array(select app.uuid7() from unnest(p_tokens)), coalesce(p_keys, array(select null from unnest(p_tokens))),
	       array(select '{"a":"b"}'::json from unnest(p_tokens)), array(select 'q=1' from unnest(p_tokens)),
	       array(select 'application/json' from unnest(p_tokens)), array(select '{"n":1}'::bytea from unnest(p_tokens)),
	       array(select '203.0.113.9' from unnest(p_tokens)), array(select null from unnest(p_tokens)), false) a
$$;
create function t.again(p jsonb) returns boolean language sql as $$ select coalesce((p->>'again')::boolean, false) $$;
-- One tick that writes one run: its steps {node, status, us, output, again} and one log line.
create function t.wrote(p_worker bigint, p_ws uuid, p_run uuid, p_fence bigint, p_status text, p_steps jsonb, p_seq integer,
	p_due timestamptz default null, p_line text default null)
returns bigint
language sql as $$
	with s as (select e.value as v, e.ord from jsonb_array_elements(p_steps) with ordinality as e (value, ord))
	select count(*)
	  from work.tick(p_worker, 60000, '{}', array[p_ws], array[p_run], array[p_fence], array[p_status], array[p_seq],
	       array[null]::json[], array[null]::json[], array[now()], array[p_due], array[null]::json[], array[null]::json[],
	       array[(select r.workflow_id from app.run r where r.id = p_run)],
	       array(select count(*) filter (where v->>'status' <> 'skipped')::integer from s where not t.again(v)),
	       array(select coalesce(sum((v->>'us')::bigint), 0)::bigint from s where not t.again(v)),
	       array(select coalesce(sum(app.step_bytes('[]', (v->'output')::text::json, null)), 0)::bigint from s where not t.again(v)),
	       array(select p_ws from s), array(select p_run from s), array(select v->>'node' from s order by ord),
	       array(select 0 from s), array(select 1::smallint from s), array(select ord::integer from s order by ord),
	       array(select v->>'status' from s order by ord), array(select now() from s),
	       array(select (v->>'us')::bigint from s order by ord), array(select '[]'::json from s),
	       array(select (v->'output')::text::json from s order by ord), array(select null::json from s),
	       array(select t.again(v) from s order by ord),
	       array(select p_ws where p_line is not null), array(select p_run where p_line is not null),
	       array(select app.uuid7() where p_line is not null), array(select 'n' where p_line is not null),
	       array(select 'info' where p_line is not null), array(select now() where p_line is not null),
	       array(select p_line where p_line is not null), array(select null::json where p_line is not null)) k
$$;
create function t.claimed(p_worker bigint, p_run uuid) returns bigint
language sql as $$
	select k.fence
	  from work.tick(p_worker, 60000, array(select q.ctid from app.run_queue q where q.run_id = p_run),
	       '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
	       '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
	       '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') k
	 where not k.is_stale
$$;
-- What the rows themselves say, and what was metered, of every workspace that either knows.
create view t.counted as
select w.id as ws,
       (select count(*) from app.run r where r.workspace_id = w.id) as runs,
       (select count(*) from app.delivery d where d.workspace_id = w.id) as deliveries,
       (select count(*) from app.step s where s.workspace_id = w.id and s.status <> 'skipped') as steps,
       (select coalesce(sum(app.step_bytes(s.source, s.output, s.error)), 0) from app.step s where s.workspace_id = w.id)
       + (select coalesce(sum(octet_length(l.message) + coalesce(octet_length(l.data::text), 0)), 0) from app.log l where l.workspace_id = w.id)
       + (select coalesce(sum(octet_length(d.body) + octet_length(d.headers::text) + octet_length(d.query)), 0) from app.delivery d where d.workspace_id = w.id) as bytes
  from app.workspace w;
create view t.metered as
select w.id as ws, u.runs, u.deliveries, u.steps, u.storage_bytes as bytes
  from app.workspace w, lateral app.usage_now(w.id) u;

select t.person('ines') as ines, t.person('otto') as otto \gset
select :'ines'::jsonb->>'workspace_id' as ws, :'otto'::jsonb->>'workspace_id' as ws2 \gset
select t.enter(:'otto'::jsonb->>'secret');
select api.workflow_create(jsonb_build_object('name', 'Theirs', 'definition', t.definition()))->>'id' as wf2 \gset
select substr(api.workflow_activate(jsonb_build_object('id', :'wf2'))->>'webhook_url', 8) as hook2 \gset
select t.enter(:'ines'::jsonb->>'secret');
select api.workflow_create(jsonb_build_object('name', 'Orders', 'definition', t.definition()))->>'id' as wf \gset
select substr(api.workflow_activate(jsonb_build_object('id', :'wf'))->>'webhook_url', 8) as hook \gset
select work.worker_join('here', 1) as w \gset

select is((select count(*) from t.accept(array[:'hook', :'hook2', :'hook', 'mrh_none'], array['a', 'a', 'a', null]) where verdict = 'accepted'), 2::bigint,
	'B01 two deliveries are accepted, a duplicate and an unknown one are not');
select api.run_create(jsonb_build_object('workflow_id', :'wf', 'input', '{"a":1}'::jsonb))->>'id' as r1 \gset
select t.claimed(:w, :'r1') as f1 \gset
select t.wrote(:w, :'ws', :'r1', :f1, 'running', '[{"node":"a","status":"succeeded","us":1500,"output":{"main":["äöü"]}},{"node":"b","status":"skipped","us":0,"output":null},{"node":"c","status":"running","us":0,"output":null}]', 3, null, 'größer');
select t.wrote(:w, :'ws', :'r1', :f1, 'waiting', '[{"node":"c","status":"failed","us":700,"output":{"error":[1,2]},"again":true},{"node":"d","status":"waiting","us":0,"output":{"due_at":"2030"}}]', 5, now() + interval '1 day');
select is((select u.compute_ms from app.usage_now(:'ws') u), 2::bigint, 'B01 compute is the sum of durations, a started call''s included');
update app.timer set due_at = now();
select count(*) from work.timer_fire(10) \gset
select t.claimed(:w, :'r1') as f2 \gset
select t.wrote(:w, :'ws', :'r1', :f2, 'succeeded', '[{"node":"d","status":"succeeded","us":86400000000,"output":{"main":[]},"again":true}]', 6);
select is((select u.compute_ms from app.usage_now(:'ws') u), 2::bigint, 'B01 a day of waiting isn''t computing');
select t.wrote(:w, :'ws', :'r1', :f1, 'succeeded', '[{"node":"z","status":"succeeded","us":9000000,"output":{"main":[]}}]', 9);
select results_eq('select ws, runs, deliveries, steps, bytes from t.metered order by ws', 'select ws, runs, deliveries, steps, bytes::bigint from t.counted order by ws',
	'B01 metered is counted, for each workspace, a stale tick and a row that is recorded again included');
select is((select (u.runs, u.deliveries, u.steps)::text from app.usage_now(:'ws') u), '(2,1,3)', 'B01 what is skipped is no step');

create function t.sums() returns jsonb language sql as $$ select api.usage_get('{}')->'totals' $$;
select t.sums() as before \gset
select is(:'before'::jsonb, (select jsonb_build_object('runs', c.runs, 'deliveries', c.deliveries, 'steps', c.steps, 'compute_ms', 2, 'bytes', c.bytes) from t.counted c where c.ws = :'ws'),
	'B01 the usage view adds up to a count over the rows');

-- Roll-up.
select is((select count(*) > 0 from app.meter m), true, 'B02 until the roll-up rows wait in the meter');
select cmp_ok(ops.usage_rollup(), '>', 0::bigint, 'B02 the roll-up takes them');
select is(ops.usage_rollup(), 0::bigint, 'B02 and a second one finds none');
select results_eq('select ws, runs, deliveries, steps, bytes from t.metered order by ws', 'select ws, runs, deliveries, steps, bytes::bigint from t.counted order by ws',
	'B02 rolled up, metered is still counted');
select results_eq(format('select sum(runs), sum(deliveries), sum(steps), sum(compute_us), sum(bytes) from app.usage_hour where workspace_id = %L', :'ws'),
	format('select sum(runs), sum(deliveries), sum(steps), sum(compute_us), sum(bytes) from app.usage_day where workspace_id = %L', :'ws'), 'B02 hours and days add up to the same');
select is(t.sums(), :'before'::jsonb, 'B01 and to the same once it is rolled up');
select is((api.usage_get('{"by":"hour"}')->'totals'), :'before'::jsonb, 'B01 by hour');
select is((api.usage_get('{"by":"month"}')->'items'->0) - 'at', :'before'::jsonb, 'B01 by month');
select results_eq($$select x->>'name', (x->>'runs')::integer from jsonb_array_elements(api.usage_get('{}')->'workflows') x$$, $$values ('Orders', 2)$$, 'B01 the workflows are named');
select matches(t.refusal('usage_get', '{"from":"2030-01-01","to":"2029-01-01"}'), '^MR400 to', 'B01 a span that ends before it begins is refused');
create function t.rollup_crashes() returns void language plpgsql as $$
begin
	begin
		perform ops.usage_rollup();
		raise exception using errcode = 'ZZ000';
	exception when sqlstate 'ZZ000' then
		null;
	end;
end $$;
select api.run_create(jsonb_build_object('workflow_id', :'wf'))->>'id' as r2 \gset
select t.rollup_crashes();
select results_eq('select ws, runs, deliveries, steps, bytes from t.metered order by ws', 'select ws, runs, deliveries, steps, bytes::bigint from t.counted order by ws',
	'B02 a roll-up that crashes counts nothing twice, and loses nothing');

-- A run taken up again keeps what it took over, and hasn't executed it.
select app.run_stop(:'r2') \gset x
select is((select u.steps from app.usage_now(:'ws') u), 3::bigint, 'B01 before');
select api.run_retry(jsonb_build_object('id', :'r1', 'from', 'start'))->>'id' as r3 \gset
update app.run set status = 'failed' where false;
select app.run_again(r, 'failed') from app.run r where r.id = :'r1' \gset x
select is((select u.steps from app.usage_now(:'ws') u), 3::bigint, 'B01 steps taken over from a failed run aren''t executed again');
select is((select m.bytes from t.metered m where m.ws = :'ws'), (select c.bytes::bigint from t.counted c where c.ws = :'ws'), 'B01 but are stored again');

-- What is dropped is kept no more.
select app.partition_make('delivery', '2020-01-02');
insert into app.usage_kept (workspace_id, rel, day, bytes) values (:'ws', 'delivery', '2020-01-02', 4000), (:'ws', 'log', '2020-01-02', 5);
select app.partition_upkeep() \gset x
select results_eq(format('select rel, bytes from app.usage_kept where workspace_id = %L and day = %L', :'ws', '2020-01-02'), $$values ('log', 5::bigint)$$, 'B01 the bytes of a dropped day are used no more');
delete from app.usage_kept where day = '2020-01-02';

-- Quotas: a limit of runs.
select set_config('t.ws', :'ws', true) \gset x
create function t.limit(p jsonb) returns void language sql as $$
	insert into app.workspace_plan as w (workspace_id, plan_id, limits) values (current_setting('t.ws')::uuid, 'unlimited', p)
	on conflict (workspace_id) do update set limits = excluded.limits $$;
select u.runs as used from app.usage_now(:'ws') u \gset
select t.limit(jsonb_build_object('runs', :used + 3));
select results_eq(format('select verdict from t.accept(array[%L, %L, %L, %L, %L, %L], array[%L, null, null, null, null, null])', :'hook', :'hook', :'hook', :'hook2', :'hook', :'hook', 'a'),
	$$values ('duplicate'), ('accepted'), ('accepted'), ('accepted'), ('accepted'), ('quota')$$,
	'B04 of a batch as many are accepted as there is room for; the others, duplicates and other workspaces aren''t touched');
select results_eq(format($$select verdict, said - '{message,retry_after_s}'::text[] from t.accept(array[%L])$$, :'hook'),
	format($$values ('quota', jsonb_build_object('quota', 'runs', 'limit', %s, 'used', %s, 'resets_at', app.ts(date_trunc('month', now() at time zone 'utc' + interval '1 month') at time zone 'utc')))$$, :used + 3, :used + 3),
	'B04 what is refused is told quota, limit, used and when it starts anew');
select results_eq('select ws, runs, deliveries, bytes from t.metered order by ws', 'select ws, runs, deliveries, bytes::bigint from t.counted order by ws',
	'B04 nothing of what was refused is kept or counted');
select is(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), format('MR42Q | the plan''s quota of runs is used up: %s of %s; it starts anew at %s', :used + 3, :used + 3, app.ts(date_trunc('month', now() at time zone 'utc' + interval '1 month') at time zone 'utc')), 'B04 nor does the API start one');
select matches(t.refusal('run_retry', jsonb_build_object('id', :'r1')), '^MR42Q', 'B04 nor a retry');
insert into app.schedule_due (workspace_id, trigger_id, due_at) select t.workspace_id, t.id, now() - interval '1 second' from app.trigger t where t.workflow_id = :'wf';
select is(work.schedule_fire(), 0, 'B04 nor a schedule: its time is missed');
select is((select count(*) from app.schedule_due d where d.workspace_id = :'ws'), 0::bigint, 'B04 and doesn''t come later');
select ops.usage_rollup() \gset x
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), '^MR42Q', 'B04 a roll-up changes nothing about it');
select results_eq(format('select kind, level::integer from app.usage_notice where workspace_id = %L order by level', :'ws'), $$values ('runs', 80), ('runs', 100)$$, 'B04 at 80 and 100 percent a notice is written');
-- They were told while no mail was sent; now as in a new month, with mail.
select is((select count(*) from app.mail), 0::bigint, 'B04 without a mail server nothing waits to be sent');
delete from app.usage_notice;
select t.member('ada', :'ws', 'admin') \gset x
select t.member('nomail', :'ws', 'admin') \gset x
update app.user_account set email = 'no,mail@example.com' where email_key = 'nomail@example.com';  -- as was allowed once
select t.member('eddy', :'ws', 'editor') \gset x
select t.enter(:'ines'::jsonb->>'secret');
select work.mail_setup(true, 'https://m.example');
select t.limit(jsonb_build_object('runs', (:used + 3) * 5 / 4));
select ops.usage_rollup() \gset x
select results_eq('select m.mail_to, m.kind, m.subject from app.mail m order by 1',
	format($$select x.o || '@example.com', 'quota', w.name || ': 80 percent of the quota of runs is used' from app.workspace w, (values ('ada'), ('ines')) x (o) where w.id = %L$$, :'ws'),
	'B04 at 80 percent owners and admins get a mail, nobody else, and an address that can''t get one stops nothing');
select t.limit(jsonb_build_object('runs', :used + 3));
select ops.usage_rollup() \gset x
select results_eq($$select count(*), count(*) filter (where m.subject like '%: the quota of runs is used up'
	and m.body like '%New runs are refused%https://m.example/settings/usage') from app.mail m$$, $$values (4::bigint, 2::bigint)$$, 'B04 at 100 percent another one, with what it means and where to look');
select ops.usage_rollup() \gset x
select is((select count(*) from app.mail), 4::bigint, 'B04 once a month, whatever comes');
delete from app.usage_notice;
delete from app.mail;
select ops.usage_rollup() \gset x
select results_eq($$select count(*), count(*) filter (where m.subject like '%used up') from app.mail m$$, $$values (2::bigint, 2::bigint)$$, 'B04 whoever is at 100 percent at once is told that alone');
select work.mail_setup(false, 'https://m.example');
delete from app.member where workspace_id = :'ws' and role <> 'owner';
select ops.usage_rollup() \gset x
select is((select count(*) from app.usage_notice where workspace_id = :'ws'), 2::bigint, 'B04 once');
select t.limit(jsonb_build_object('runs', :used + 4));
select is(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), 'none', 'B04 a greater limit lets one more in');
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), '^MR42Q', 'B04 and only one');
select t.limit('{"runs":null}');
select is(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), 'none', 'B04 null is no limit');

-- What is known after the work: the next run is refused.
select t.limit('{"steps":1}');
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), '^MR42Q . the plan''s quota of steps is used up: [0-9]+ of 1', 'B04 steps: over it no run begins');
select t.limit('{"compute_ms":1}');
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), '^MR42Q . the plan''s quota of compute ms is used up: [0-9]+ of 1', 'B04 compute_ms: over it no run begins');
select t.limit('{"storage_bytes":1}');
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), '^MR42Q . the plan''s quota of storage bytes is used up: [0-9]+ of 1', 'B04 storage_bytes: over it no run begins');
select results_eq(format('select verdict, said->>%L from t.accept(array[%L])', 'quota', :'hook'), $$values ('quota', 'storage_bytes')$$, 'B04 nor is a webhook kept');
select t.limit('{"runs":2000}');
select results_eq($$select x->>'kind', (x->>'used')::integer, (x->>'limit')::integer from jsonb_array_elements(api.usage_current('{}')->'quotas') x where x->>'kind' in ('runs', 'members', 'steps')$$,
	format($$select 'runs', (api.usage_get('{}')->'totals'->>'runs')::integer, 2000 union all select 'steps', 3, null union all select 'members', 1, null$$), 'B04 what is used and what the plan allows');
select t.limit('{}');

-- Plans are the installation's: no role has them.
select matches(t.refusal('plan_replace', '{"id":"tiny","name":"Tiny","limits":{},"rates":{}}'), '^MR403 . permission needed: installation:admin', 'B03 an owner is no administrator of the installation');
select matches(t.refusal('workspace_plan_replace', jsonb_build_object('id', :'ws', 'plan_id', 'free')), '^MR403', 'B03 and gives no workspace a plan');
select is(t.refusal('workspace_plan_get', jsonb_build_object('id', :'ws')), 'MR403 | permission needed: installation:admin', 'B03 nor sees what it has, but by its use');
update app.user_account u set is_superuser = true where u.id = (:'otto'::jsonb->'user'->>'id')::uuid;
select t.enter(:'otto'::jsonb->>'secret');
select is(api.plan_replace('{"id":"tiny","name":"Tiny","limits":{"members":1,"runs":null},"rates":{"workspace":10,"user":10,"token":10,"webhook":10,"intake":10}}')->'limits', '{"members":1}', 'B03 a superuser makes a plan');
select is(api.workspace_plan_replace(jsonb_build_object('id', :'ws', 'plan_id', 'tiny', 'limits', '{"members":4}'::jsonb))->'effective', '{"members":4}', 'B03 gives it to a workspace, with what was agreed');
select is((select x->>'plan_id' from jsonb_array_elements(api.workspace_plan_list('{}')->'items') x where x->>'workspace_id' = :'ws'), 'tiny', 'B03 and sees it among all');
select is(api.workspace_plan_get(jsonb_build_object('id', :'ws')), x, 'B03 the same alone as among all')
  from jsonb_array_elements(api.workspace_plan_list('{}')->'items') x where x->>'workspace_id' = :'ws';
select is(api.workspace_plan_get(jsonb_build_object('id', :'ws'))->'limits', '{"members":4}', 'B03 with what was agreed');
select is(t.refusal('workspace_plan_get', jsonb_build_object('id', app.uuid7())), 'MR404 | no such workspace', 'B03 a workspace that isn''t there has none');
select matches(t.refusal('workspace_plan_replace', jsonb_build_object('id', :'ws', 'plan_id', 'none')), '^MR404 plan_id', 'B03 a plan that isn''t there is none');
select is((api.workspace_plan_replace(jsonb_build_object('id', :'ws', 'plan_id', null))->>'plan_id'), 'unlimited', 'B03 without one it has the default plan');
select t.enter(:'ines'::jsonb->>'secret');

-- What is counted.
select api.workflow_create(jsonb_build_object('name', 'Second', 'definition', t.definition()))->>'id' as wf3 \gset
select t.limit('{"active_workflows":1}');
select is(t.refusal('workflow_activate', jsonb_build_object('id', :'wf3')), 'MR42Q | the plan''s quota of active workflows is used up: 1 of 1', 'B04 one workflow more than the plan allows isn''t activated');
select is(t.refusal('workflow_activate', jsonb_build_object('id', :'wf')), 'none', 'B04 one that is active may go live anew');
select t.limit('{"active_workflows":2}');
select is(t.refusal('workflow_activate', jsonb_build_object('id', :'wf3')), 'none', 'B04 within the limit it is');
create function t.need(p_kind text, p_more bigint) returns text language plpgsql as $$
begin
	perform app.quota_need(p_kind, p_more);
	return 'none';
exception when sqlstate 'MR42Q' then
	return sqlerrm;
end $$;
select t.limit('{"members":2,"connections":1}');
select is(t.need('members', 1), 'none', 'B04 a second member is fine');
select is(t.need('members', 2), 'the plan''s quota of members is used up: 1 of 2', 'B04 a third isn''t');
select is(t.need('connections', 1), 'none', 'B04 a first connection is fine');

select * from finish();
rollback;
