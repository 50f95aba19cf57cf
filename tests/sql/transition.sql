-- transition: every pair of states of a run, a step and a wait, as app.transition has them. CONTRACT X08.
-- A leased queue row is `running`, so what is legal there is legal for a stored `queued` as well.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.enter(t.person('ines')->>'secret');
select t.workflow() as wf \gset

-- The states that a check constraint of app.<kind> allows.
create function t.states(p_kind text) returns setof text language sql as $$
	select m[1]
	  from pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''([a-z]+)''', 'g') as m
	 where c.conname = p_kind || '_status_check' and c.conrelid = ('app.' || p_kind)::regclass
$$;
create function t.move(p_kind text, p_from text, p_to text) returns text language plpgsql as $$
declare
	v_id uuid := app.uuid7();
begin
	if p_kind = 'run' then
		insert into app.run (workspace_id, id, workflow_id, version_id, version, status, trigger_type, node_id, completed_at)
		values (app.workspace_id(), v_id, v_id, v_id, 1, p_from, 'api', 'x',
		        case when p_from in ('succeeded', 'failed', 'cancelled') then now() end);
		update app.run r
		   set status = p_to, completed_at = case when p_to in ('succeeded', 'failed', 'cancelled') then now() end
		 where r.id = v_id;
	elsif p_kind = 'wait' then
		insert into app.wait (workspace_id, id, run_id, node_id, kind, status, ended_at)
		values (app.workspace_id(), v_id, v_id, 'x', 'callback', p_from, case when p_from <> 'open' then now() end);
		update app.wait w set status = p_to, ended_at = case when p_to <> 'open' then now() end where w.id = v_id;
	else
		insert into app.step (workspace_id, run_id, node_id, step_no, status, started_at)
		values (app.workspace_id(), v_id, 'x', 1, p_from, now());
		update app.step s set status = p_to where s.run_id = v_id;
	end if;
	return 'legal';
exception when sqlstate 'MR409' then
	return 'refused';
end $$;

create temporary view contract (kind, from_status, to_status) as values
	('run', 'queued', 'running'), ('run', 'queued', 'paused'), ('run', 'queued', 'cancelled'),
	('run', 'queued', 'waiting'), ('run', 'queued', 'succeeded'), ('run', 'queued', 'failed'),
	('run', 'running', 'waiting'), ('run', 'running', 'paused'), ('run', 'running', 'queued'),
	('run', 'running', 'succeeded'), ('run', 'running', 'failed'), ('run', 'running', 'cancelled'),
	('run', 'waiting', 'queued'), ('run', 'waiting', 'failed'), ('run', 'waiting', 'cancelled'),
	('run', 'paused', 'queued'), ('run', 'paused', 'failed'), ('run', 'paused', 'cancelled'),
	('step', 'running', 'succeeded'), ('step', 'running', 'failed'), ('step', 'running', 'cancelled'), ('step', 'running', 'unknown'),
	('step', 'waiting', 'succeeded'), ('step', 'waiting', 'failed'), ('step', 'waiting', 'cancelled'),
	('wait', 'open', 'answered'), ('wait', 'open', 'expired'), ('wait', 'open', 'cancelled');
select set_eq('select kind, from_status, to_status from app.transition', 'select * from contract',
	'X08 the list has the moves of the contract, and no others');

select is(t.move(k.kind, f.s, x.s), case
		when f.s = x.s or exists (
			select from app.transition t where t.kind = k.kind and t.from_status = f.s and t.to_status = x.s) then 'legal'
		else 'refused' end,
	format('X08 %s: %s -> %s', k.kind, f.s, x.s))
  from (values ('run'), ('step'), ('wait')) k (kind), t.states(k.kind) as f (s), t.states(k.kind) as x (s)
 order by k.kind, f.s, x.s;

select throws_ok($$update app.run set status = 'succeeded', completed_at = now() where id = (select id from app.run where status = 'cancelled' limit 1)$$,
	'MR409', 'a run that is cancelled can''t become succeeded', 'X08 the refusal says what was asked');
select throws_ok($$update app.run set completed_at = now() where id = (select id from app.run where status = 'queued' limit 1)$$,
	'23514', null, 'X08 an end without a final state can''t be stored');
select is_empty($$
	select c.table_name from information_schema.columns c
	 where c.table_schema = 'app' and c.table_name in (select distinct kind from app.transition) and c.column_name = 'status'
	   and not exists (select from pg_trigger g where g.tgname = 'transition' and g.tgrelid = ('app.' || c.table_name)::regclass)$$,
	'X08 each kind on the list is guarded');
select is_empty($$
	select i.inhrelid::regclass from pg_inherits i
	 where i.inhparent = 'app.step'::regclass
	   and not exists (select from pg_trigger g where g.tgname = 'transition' and g.tgrelid = i.inhrelid)$$,
	'X08 in each partition');
select * from finish();
rollback;
