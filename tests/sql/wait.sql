-- wait: steps that wait for something outside: opened with their row, ended once, by the answer or by the time. CONTRACT Z12.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.enter(t.person('ines')->>'secret');
select t.workflow() as wf \gset
select app.workspace_id() as ws \gset
select work.worker_join('here', 1) as w1 \gset

-- As flow/callback.h makes it.
create function t.token(p_run uuid, p_node text, p_iteration integer default 0) returns text language sql as $$
	with said (v) as (
		select decode(replace(app.workspace_id()::text, '-', '') || replace(p_run::text, '-', '')
		       || lpad(to_hex(p_iteration), 8, '0'), 'hex') || convert_to(p_node, 'UTF8'))
	select translate(rtrim(replace(encode(v || substring(ext.hmac(v, convert_to(app.callback_key(app.workspace_id()), 'UTF8'), 'sha256')
	       for 16), 'base64'), E'\n', ''), '='), '+/', '-_') from said
$$;
-- A run whose step `w` waits, parked.
create function t.waiting(p_workflow uuid, p_worker bigint, p_span interval default '1 hour') returns uuid language plpgsql as $$
declare
	v_run   uuid := (api.run_create(jsonb_build_object('workflow_id', p_workflow))->>'id')::uuid;
	v_fence bigint;
begin
	select c.fence into v_fence from t.claim(p_worker, array[v_run]) c;
	perform t.park(p_worker, v_run, v_fence, p_span, false);
	return v_run;
end $$;
create function t.park(p_worker bigint, p_run uuid, p_fence bigint, p_span interval, p_again boolean, p_status text default 'waiting')
returns void language plpgsql as $$
begin
	perform work.tick(p_worker, 60000, '{}', array[app.workspace_id()], array[p_run], array[p_fence], array['waiting'], array[1],
		array[null]::json[], array[null]::json[], array[now()], array[clock_timestamp() + p_span], array[null]::json[], array[null]::json[],
		array[null]::uuid[], array[0], array[0]::bigint[], array[0]::bigint[],
		array[app.workspace_id()], array[p_run], array['w'], array[0], array[1]::smallint[], array[1], array[p_status], array[now()],
		array[1]::bigint[], array[null]::json[],
		array[json_build_object('due_at', clock_timestamp() + p_span, 'wait', json_build_object('kind', 'callback'))],
		array[null]::json[], array[p_again], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}');
end $$;
create function t.state(p_run uuid) returns text language sql as $$
	select concat_ws(' ', r.status, (select string_agg(w.status, ',') from app.wait w where w.run_id = r.id),
	                 case when exists (select from app.timer x where x.run_id = r.id) then 'timer' end,
	                 case when exists (select from app.run_queue q where q.run_id = r.id) then 'queue' end)
	  from app.run r where r.id = p_run
$$;
create function t.loaded(p_run uuid) returns jsonb language sql as $$
	select s.output::jsonb->'ended' from work.run_load(app.workspace_id(), p_run) s where s.node_id = 'w'
$$;
create function t.answer(p_run uuid, p_n integer) returns text language sql as $$
	select work.wait_answer(t.token(p_run, 'w'), json_build_object('n', p_n))
$$;

select t.waiting(:'wf', :w1) as r1 \gset
select is(t.state(:'r1'), 'waiting open timer', 'Z12 a step that waits opens a wait, and its run costs a row');
select is(t.loaded(:'r1'), null, 'Z12 it has no end yet');
select is(t.answer(:'r1', 1), 'answered', 'Z12 the first answer is taken');
select is(t.state(:'r1'), 'queued answered queue', 'Z12 and readies the run');
select is(t.loaded(:'r1'), '{"status":"answered","answer":{"n":1}}', 'Z12 whose worker reads it with the step');
select is(t.answer(:'r1', 2), 'used', 'Z12 the second is refused');
select is(t.loaded(:'r1')->'answer', '{"n":1}', 'Z12 and changes nothing');

select t.waiting(:'wf', :w1, '-1 second') as r2 \gset
select is(t.answer(:'r2', 1), 'expired', 'Z12 after its time no answer is taken, though nobody has looked yet');
select is(t.state(:'r2'), 'waiting open timer', 'Z12 nor does it move anything');
select is((select fired from work.timer_fire(10)), 1, 'Z12 its time ends the wait of the run');
select is(t.loaded(:'r2'), '{"status":"expired","answer":null}', 'Z12 which reads that it has expired');
select is(t.answer(:'r2', 1), 'expired', 'Z12 and so does who is late');

-- Before the step has begun.
select (api.run_create(jsonb_build_object('workflow_id', :'wf'))->>'id')::uuid as r3 \gset
select is(t.answer(:'r3', 3), 'answered', 'Z12 what comes before the step has begun is kept');
select is(t.answer(:'r3', 4), 'used', 'Z12 once');
select c.fence as f3 from t.claim(:w1, array[:'r3'::uuid]) c \gset
select t.park(:w1, :'r3', :f3, '1 hour', false);
select is((select t.due_at <= clock_timestamp() from app.timer t where t.run_id = :'r3'), true, 'Z12 so the wait ends as it begins');
select is(t.loaded(:'r3')->'answer', '{"n":3}', 'Z12 with that');

-- A claim passes over rows that are locked: a run that is ready while its answer comes must be told of again, after that.
select (api.run_create(jsonb_build_object('workflow_id', :'wf'))->>'id')::uuid as r8 \gset
update app.run_queue set ready_xid = '1' where run_id = :'r8';
select is(t.answer(:'r8', 8), 'answered', 'Z12 a ready run takes its answer');
select is((select q.ready_xid from app.run_queue q where q.run_id = :'r8'), pg_current_xact_id(), 'Z12 and is fed again');

-- While it is leased: a branch beside it is under way.
select (api.run_create(jsonb_build_object('workflow_id', :'wf'))->>'id')::uuid as r4 \gset
select c.fence as f4 from t.claim(:w1, array[:'r4'::uuid]) c \gset
select is(t.answer(:'r4', 5), 'answered', 'Z12 a leased run takes its answer');
select is(t.state(:'r4'), 'queued answered queue', 'Z12 and stays leased');

-- Paused and cancelled.
select t.waiting(:'wf', :w1) as r5 \gset
select api.run_pause(jsonb_build_object('id', :'r5'))->>'status' as x \gset
select is(t.answer(:'r5', 6), 'answered', 'Z12 a paused run takes its answer');
select is(t.state(:'r5'), 'paused answered', 'Z12 and stays paused');
select t.waiting(:'wf', :w1) as r6 \gset
select api.run_cancel(jsonb_build_object('id', :'r6'))->>'status' as x \gset
select is(t.state(:'r6'), 'cancelled cancelled', 'Z12 for a run that is cancelled nobody waits');
select is(t.answer(:'r6', 7), 'over', 'Z12 who answers it is told so');

-- The step ends for another reason, as where the run fails meanwhile.
select t.waiting(:'wf', :w1) as r7 \gset
update app.timer set due_at = now() where run_id = :'r7';
select fired as x from work.timer_fire(10) \gset
select c.fence as f7 from t.claim(:w1, array[:'r7'::uuid]) c \gset
select t.park(:w1, :'r7', :f7, '1 hour', true, 'cancelled');
select is((select w.status from app.wait w where w.run_id = :'r7'), 'cancelled', 'Z12 a step that ends waits no longer');

-- What the API says of it, of each end.
create function t.said(p_run uuid) returns text language sql as
$$ select t.refusal('wait_answer', jsonb_build_object('token', t.token(p_run, 'w'), 'item', '{"n":9}')) $$;
select t.waiting(:'wf', :w1) as r9 \gset
select is(api.wait_answer(jsonb_build_object('token', t.token(:'r9', 'w'), 'item', '{"n":9}')), '{"status":"answered"}', 'Z12 an answer is acknowledged');
select is(t.loaded(:'r9')->'answer', '{"n":9}', 'Z12 and is what was sent');
select matches(t.said(:'r9'), '^MR409 .*answered already', 'Z12 a second one hears that it is');
select matches(t.said(:'r2'), '^MR409 .*time .* is over', 'Z12 a late one that it is late');
select matches(t.said(:'r6'), '^MR409 .*run .* is over', 'Z12 one to a run that is over that it is');
select matches(t.refusal('wait_answer', '{"token":"x","item":"{}"}'), '^MR404', 'Z12 and one to nobody nothing else');

-- Tokens.
select is(work.wait_answer(v, '{}'), 'unknown', format('Z12 %s is no token', left(v, 12)))
  from unnest(array['', 'x', repeat('A', 100), repeat('-', 61), repeat('A', 5000), t.token(:'r5', 'w') || 'A',
                    reverse(t.token(:'r5', 'w')), overlay(t.token(:'r5', 'w') placing 'B' from 30)]) v;
select is(work.wait_answer(null, '{}'), 'unknown', 'Z12 nor is none');
select is((select count(*) from app.wait w where w.answer::text = '{}'), 0::bigint, 'Z12 and nothing is kept of it');
select t.enter(t.person('omar')->>'secret');
select isnt(app.callback_key(app.workspace_id()), app.callback_key(:'ws'), 'Z12 each workspace has a key of its own');
select * from finish();
rollback;
