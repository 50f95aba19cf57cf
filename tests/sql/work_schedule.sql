-- work_schedule: due times are rows; firing takes the row and makes the run. CONTRACT T10.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');
select app.workspace_id() as ws \gset
select api.workflow_create(jsonb_build_object('name', 'Nightly', 'definition', jsonb_build_object(
	'nodes', jsonb_build_array(
		jsonb_build_object('id', 'clock', 'type', 'schedule', 'name', 'clock', 'config', jsonb_build_object('rule', '@every 1h', 'cron', '0 * * * *')),
		jsonb_build_object('id', 'end', 'type', 'no_op', 'name', 'end', 'config', '{}'::jsonb)),
	'edges', jsonb_build_array(jsonb_build_object('from', 'clock', 'to', 'end', 'from_port', 'main', 'to_port', 'main')),
	'variables', '{}'::jsonb, 'settings', '{}'::jsonb)))->>'id' as wf \gset
select count(*) from (select api.workflow_activate(jsonb_build_object('id', :'wf', 'due', jsonb_build_object('clock',
	jsonb_build_array(to_char((now() + interval '1 hour') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))))) x \gset
select id as trigger from app.trigger t where t.workflow_id = :'wf' \gset
select is((select count(*) from app.schedule_due d where d.trigger_id = :'trigger'), 1::bigint, 'T09 going live stores the due times');
select is(work.schedule_fire(), 0, 'T10 nothing fires before its time');

update app.schedule_due set due_at = clock_timestamp() - interval '1 second';
select is(work.schedule_fire(), 1, 'T10 a due time makes a run');
select is(work.schedule_fire(), 0, 'T10 and no second one');
select is((select r.trigger_type from app.run r where r.workflow_id = :'wf'), 'schedule', 'T10 which says what started it');
select is((select count(*) from app.run_queue q where q.workspace_id = :'ws'), 1::bigint, 'T10 and is ready');

-- Three times were missed an hour ago and more.
create function t.missed(p_policy text) returns integer
language sql as $$
	update app.trigger set missed = p_policy where type = 'schedule';
	insert into app.schedule_due (workspace_id, trigger_id, due_at)
	select t.workspace_id, t.id, now() - make_interval(hours => h) from app.trigger t, generate_series(1, 3) h where t.type = 'schedule';
	select work.schedule_fire();
$$;
select is(t.missed('skip'), 0, 'T10 missed times are skipped');
select is(t.missed('one'), 1, 'T10 or made up for by one run');
select is((select max(r.due_at) from app.run r where r.workflow_id = :'wf' and r.due_at < now() - interval '30 minutes'),
	(now() - interval '1 hour'), 'T10 for the latest of them');
select is(t.missed('all'), 3, 'T10 or by one for each');

select due_until from app.trigger where id = :'trigger' \gset
select is(work.schedule_extend(:'ws', :'trigger', :'due_until', array[now() + interval '2 hours']), true, 'further times are stored');
select is(work.schedule_extend(:'ws', :'trigger', :'due_until', array[now() + interval '2 hours']), false, 'once, though two workers found them');
select count(*) from (select api.workflow_deactivate(jsonb_build_object('id', :'wf'))) x \gset
update app.schedule_due set due_at = clock_timestamp() - interval '1 second';
select is(work.schedule_fire(), 0, 'W12 an inactive workflow''s schedule makes none');

select * from finish();
rollback;
