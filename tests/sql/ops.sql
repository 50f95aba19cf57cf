-- ops: what pg_cron runs as mr_ops, who may do nothing else, and what workers do each second. CONTRACT Q01, T10, X09, D13, S16, S17.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('ada') as ada \gset
select :'ada'::jsonb->>'workspace_id' as ws \gset
select t.enter(:'ada'::jsonb->>'secret');

-- What a role gets of a call: its value as text, or the SQLSTATE.
create function t.as(p_role text, p_call text) returns text language plpgsql as $$
declare
	v text;
begin
	execute format('set local role %I', p_role);
	begin
		execute 'select (' || p_call || ')::text' into v;
	exception when others then
		v := sqlstate;
	end;
	reset role;
	return v;
end $$;
select is(t.as('mr_ops', '(select count(*) from app.run)'), '42501', 'Q01 who keeps the clock reads no table');
select is(t.as('mr_ops', 'work.mark()'), '42501', 'Q01 and calls ops alone');

-- Schedules: workers know the next due time, and which of them run low.
select api.workflow_create(jsonb_build_object('name', 'Nightly', 'definition', t.definition('schedule', '{"rule":"@every 1h","cron":"0 * * * *"}')))->>'id' as wf \gset
select api.workflow_activate(jsonb_build_object('id', :'wf', 'due', jsonb_build_object('trigger-1', jsonb_build_array(to_char((now() + interval '10 minutes') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))))) is not null as live \gset
select cmp_ok(t.as('mr_worker', 'work.schedule_next()')::bigint, '<=', 600000::bigint, 'T10 workers know when the next one is due');
select is(t.as('mr_worker', '(select array_agg(s.trigger_id) from work.schedule_low(10) s)'), (select array_agg(x.id)::text from app.trigger x where x.workflow_id = :'wf'), 'T10 and whose due times end soon');
update app.schedule_due set due_at = clock_timestamp() - interval '1 s';
select is(t.as('mr_worker', 'work.schedule_next()'), '0', 'T10 one that is due is due now');
select is(t.as('mr_ops', 'ops.schedule_fire()'), '1', 'T10 the clock of the database fires it');
select is(t.as('mr_ops', 'ops.schedule_fire()'), '0', 'T10 once');
select r.id as run from app.run r where r.workflow_id = :'wf' \gset

-- Leases: a worker that leaves gives back, one that is silent is reaped.
select work.worker_join('here', 1) as leaver, work.worker_join('here', 2) as silent \gset
update app.run_queue set lease_owner = :leaver, fence = 1, current_nodes = '["set-1"]' where run_id = :'run';
select t.as('mr_worker', format('work.worker_leave(%s)', :leaver));
select is((select (q.lease_owner, q.lost, q.current_nodes is null)::text from app.run_queue q where q.run_id = :'run'), '(0,0,t)', 'D13 who leaves gives its runs back, and no loss is counted');
select is_empty(format('select from app.worker w where w.id = %s', :leaver), 'D13 and is no worker any more');
update app.run_queue set lease_owner = :silent, lease_until = clock_timestamp() + interval '1 hour' where run_id = :'run';
update app.worker set heartbeat_at = clock_timestamp() - interval '1 minute' where id = :silent;
select t.as('mr_ops', 'ops.reap()') as reaped \gset
-- Right after its own start the server blames nobody.
select is(:'reaped'::text, case when pg_postmaster_start_time() > clock_timestamp() - interval '10 s' then '0' else '1' end, 'X09 the clock of the database reaps as workers do');
select t.as('mr_worker', 'work.mark()');
select cmp_ok((select m.low from app.queue_mark m), '<=', (select min(q.ready_xid) from app.run_queue q), 'X09 the mark stays below what is alive');

-- Partitions are there ahead of their day, also when somebody took one away.
select t.as('mr_ops', 'ops.partition_upkeep()') is not null as kept \gset
select isnt(to_regclass(format('app.step_p%s', to_char(now() at time zone 'utc' + interval '1 day', 'YYYYMMDD'))), null, 'Q01 tomorrow has its partition');

-- The audit log: chained, checked, its heads told.
select cmp_ok(t.as('mr_ops', 'ops.audit_chain()')::integer, '>', 0, 'S16 what was written is chained');
select is(t.as('mr_worker', 'work.audit_chain(100)'), '0', 'S16 once, whoever does it');
select api.audit_verify('{}')->>'id' as proof \gset
select work.audit_chain(100);
select cmp_ok(t.as('mr_worker', 'work.audit_verify(1000)')::integer, '>', 0, 'S16 a check that was asked for goes through the chain');
select cmp_ok(t.as('mr_ops', 'ops.audit_heads()')::bigint, '>', 0::bigint, 'S16 the heads go to the server''s log');
select is(t.as('mr_worker', '(select count(*) from work.audit_sink_take(10))'), '0', 'S16 nobody wants to be told');
select t.enter(:'ada'::jsonb->>'secret');
select api.audit_sink_set('{"url":"https://example.com/audit"}') is not null as set_ \gset
select api.audit_create('{"action":"own.thing"}')->>'id' as entry \gset
select work.audit_chain(100);
select url as sink_url, until_seq as sink_until from work.audit_sink_take(10) \gset
select is(:'sink_url'::text, 'https://example.com/audit', 'S16 now somebody does');
select is(t.as('mr_worker', '(select count(*) from work.audit_sink_take(10))'), '0', 'S16 the message is leased');
select t.as('mr_worker', format('work.audit_sink_done(%L, %s, null)', :'ws', :sink_until));
select is((select s.seq from app.audit_sink s where s.workspace_id = :'ws'), :sink_until::bigint, 'S16 what was taken is not told again');
select t.enter(:'ada'::jsonb->>'secret');
select is(t.refusal('audit_sink_delete'), 'none', 'S16 until nobody is to be told');
select is_empty(format('select from app.audit_sink s where s.workspace_id = %L', :'ws'), 'S16 any more');

-- Data: nothing is due, and what was never there is not found.
select is(t.as('mr_ops', 'ops.retention_workspaces()'), '0', 'S17 nothing is older than it may be');
select is(t.as('mr_ops', 'ops.erase_finish()'), '0', 'S17 nothing is left to finish');
select is(t.as('mr_ops', format('ops.workspace_erase(%L)', app.uuid7())), 'MR404', 'S17 a workspace that never was is not erased');
select is(t.as('mr_ops', format('ops.workspace_erase(%L)', :'ws')), 'MR409', 'S17 nor one that lives');
select t.person('bob')->'user'->>'id' as bob \gset
select is(t.as('mr_ops', format('ops.user_erase(%L)', :'bob')), 'MR409', 'S17 nor one who alone owns a workspace');
delete from app.member m where m.user_id = :'bob';
select matches(t.as('mr_ops', format('ops.user_erase(%L)', :'bob')), '^[0-9a-f-]{36}$', 'S17 a person whom a restore brought back is erased again');
select is_empty($$select from app.user_account u where u.email_key = 'bob@example.com'$$, 'S17 and gone');

select * from finish();
rollback;
