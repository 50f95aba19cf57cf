-- run_move: every pair of states of a run. CONTRACT X08. A leased queue row is `running`, so what is legal there is legal
-- for a stored `queued` as well.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.enter(t.person('ines')->>'secret');
select t.workflow() as wf \gset

create function t.move(p_from text, p_to text) returns text language plpgsql as $$
declare
	v_id uuid := app.uuid7();
begin
	insert into app.run (workspace_id, id, workflow_id, version_id, version, status, trigger_type, node_id, completed_at)
	values (app.workspace_id(), v_id, v_id, v_id, 1, p_from, 'api', 'x',
	        case when p_from in ('succeeded', 'failed', 'cancelled') then now() end);
	update app.run r
	   set status = p_to, completed_at = case when p_to in ('succeeded', 'failed', 'cancelled') then now() end
	 where r.id = v_id;
	return 'legal';
exception when sqlstate 'MR409' then
	return 'refused';
end $$;

with state (s, n) as (
	select * from unnest(array['queued', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'cancelled']) with ordinality),
legal (f, t) as (values
	('queued', 'running'), ('queued', 'paused'), ('queued', 'cancelled'),
	('queued', 'waiting'), ('queued', 'succeeded'), ('queued', 'failed'),
	('running', 'waiting'), ('running', 'paused'), ('running', 'queued'), ('running', 'succeeded'), ('running', 'failed'), ('running', 'cancelled'),
	('waiting', 'queued'), ('waiting', 'failed'), ('waiting', 'cancelled'),
	('paused', 'queued'), ('paused', 'failed'), ('paused', 'cancelled'))
select is(t.move(f.s, x.s), case when f.s = x.s or exists (select from legal l where l.f = f.s and l.t = x.s) then 'legal' else 'refused' end,
	format('X08 %s -> %s', f.s, x.s))
  from state f, state x
 order by f.n, x.n;
select throws_ok($$update app.run set status = 'succeeded', completed_at = now() where id = (select id from app.run where status = 'cancelled' limit 1)$$,
	'MR409', 'a run that is cancelled can''t become succeeded', 'X08 the refusal says what was asked');
select throws_ok($$update app.run set completed_at = now() where id = (select id from app.run where status = 'queued' limit 1)$$,
	'23514', null, 'X08 an end without a final state can''t be stored');
select * from finish();
rollback;
