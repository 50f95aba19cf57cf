-- child: runs that a step of another run starts (node type run_workflow), and what that step hears of their end.
--
-- Such a step waits (work/wait.sql): opening its wait starts the children, in the transaction that records the step under the run's
-- fence, so that a worker which dies starts neither none nor two. The last child to end answers the wait. All of it hangs on
-- triggers whose conditions look at the row alone: a run that nobody called pays no call (40,000 ends in one update: 5.6 to 6.3 us each
-- with the trigger, 5.6 to 6.1 without).
set local role mr_work;

-- work.run_line(workspace, run) -> the run and those that had it started, from it upwards; no more than 20.
create or replace function work.run_line(p_ws uuid, p_run uuid)
returns table (run_id uuid, trigger_id uuid)
language sql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
	with recursive up as (
		select r.id, r.parent_id, r.trigger_id, 1 as n from app.run r where r.workspace_id = p_ws and r.id = p_run
		 union all
		select r.id, r.parent_id, r.trigger_id, u.n + 1
		  from up u
		  join app.run r on r.workspace_id = p_ws and r.id = u.parent_id
		 where u.n < 20)
	select u.id, u.trigger_id from up u
$$;
revoke all on function work.run_line(uuid, uuid) from public;

-- work.child_start(): the children of a wait that has just been opened: one for each of its inputs, by the trigger `called` of the
--   live version. Where they can't be, or nobody waits for them, the wait is answered at once: {error} or {runs}.
create or replace function work.child_start()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v_trigger app.trigger;
	v_inputs  constant json := new.detail->'inputs';
	v_n       constant integer := json_array_length(v_inputs);
	v_error   json;
	v_ids     uuid[];
begin
	select t.* into v_trigger
	  from app.trigger t
	 where t.workspace_id = new.workspace_id and t.workflow_id = (new.detail->>'workflow_id')::uuid
	   and t.type = 'called' and t.is_active
	 order by t.id
	 limit 1;
	if v_trigger.id is null then
		v_error := json_build_object('code', 'WORKFLOW_INACTIVE',
		    'message', 'the workflow is not active, or has no trigger "Called by a workflow" that is switched on');
	elsif (select count(*) from work.run_line(new.workspace_id, new.run_id)) > 16 then
		v_error := json_build_object('code', 'TOO_DEEP', 'message', 'workflows call each other more than 16 levels deep');
	elsif (select r.room from app.run_room(new.workspace_id, v_n) r) < v_n then
		v_error := json_build_object('code', 'QUOTA_EXCEEDED', 'message', 'the quota of runs of the workspace is used up');
	else
		with made as (
			insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, trigger_id,
			                     parent_id, wait_id, priority, input)
			select new.workspace_id, app.uuid7(), v_trigger.workflow_id, v.id, v.number, 'workflow', v_trigger.node_id,
			       v_trigger.id, new.run_id, new.id, v_trigger.priority, json_build_object('$items', i.items)
			  from json_array_elements(v_inputs) with ordinality as i (items, ord)
			  join app.version v on v.workspace_id = new.workspace_id and v.id = v_trigger.version_id
			 order by i.ord
			returning id),
		queued as (
			insert into app.run_queue (workspace_id, run_id, prio) select new.workspace_id, m.id, v_trigger.priority from made m),
		metered as (
			insert into app.meter (workspace_id, workflow_id, day, runs)
			select new.workspace_id, v_trigger.workflow_id, app.meter_day(m.id), count(*) from made m group by app.meter_day(m.id))
		select array_agg(m.id order by m.id) into v_ids from made m;
	end if;
	update app.wait w
	   set detail = json_build_object('kind', 'run', 'workflow_id', w.detail->'workflow_id', 'waits', w.detail->'waits'),
	       status = case when d.is_over then 'answered' else w.status end,
	       answer = case when d.is_over then json_build_object('error', v_error, 'runs', to_json(v_ids)) end,
	       ended_at = case when d.is_over then clock_timestamp() end
	  from (select v_error is not null or not (new.detail->>'waits')::boolean as is_over) d
	 where w.workspace_id = new.workspace_id and w.id = new.id;
	return null;
end
$$;
revoke all on function work.child_start() from public;

-- work.child_ended(): a child is over. The last one answers the wait with the outcomes of all, in the order of their inputs. Called
--   at the commit (a deferred trigger), when its parent is where it will be too; two that end at once meet at the parent's row, and
--   the second sees what the first has written.
create or replace function work.child_ended()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	if not exists (
		select from app.wait w where w.workspace_id = new.workspace_id and w.id = new.wait_id and w.status = 'open')
	   or work.run_hold(new.workspace_id, new.parent_id) is null
	   or exists (
		select from app.run r
		 where r.workspace_id = new.workspace_id and r.parent_id = new.parent_id and r.wait_id = new.wait_id
		   and r.completed_at is null) then
		return null;
	end if;
	perform work.wait_end(new.workspace_id, new.wait_id, 'answered', json_build_object('ended', (
		select json_agg(json_build_object('run_id', r.id, 'status', r.status, 'output', r.output, 'error', o.error) order by r.id)
		  from app.run r
		  left join app.run_outcome o on o.workspace_id = r.workspace_id and o.run_id = r.id
		 where r.workspace_id = new.workspace_id and r.parent_id = new.parent_id and r.wait_id = new.wait_id)));
	return null;
end
$$;
revoke all on function work.child_ended() from public;

-- work.child_cancel(): nobody waits for these children any longer, since the run that started them was cancelled, failed or ran out of
--   time: they are cancelled, and what they wait for too. One that a worker is just writing is left to end: its parent may hold what
--   that worker waits for.
create or replace function work.child_cancel()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v_all constant uuid[] := array(
		select r.id from app.run r
		 where r.workspace_id = new.workspace_id and r.parent_id = new.run_id and r.wait_id = new.id and r.completed_at is null);
	v_ids uuid[];
begin
	with queued as (
		delete from app.run_queue x where x.ctid = any (array(
			select q.ctid from app.run_queue q where q.workspace_id = new.workspace_id and q.run_id = any (v_all) for update skip locked))
		returning x.run_id),
	timed as (
		delete from app.timer x where x.ctid = any (array(
			select t.ctid from app.timer t where t.workspace_id = new.workspace_id and t.run_id = any (v_all) for update skip locked))
		returning x.run_id),
	paused as (
		delete from app.run_pause x where x.ctid = any (array(
			select p.ctid from app.run_pause p where p.workspace_id = new.workspace_id and p.run_id = any (v_all) for update skip locked))
		returning x.run_id)
	select array(select q.run_id from queued q union select t.run_id from timed t union select p.run_id from paused p) into v_ids;
	with ended as (
		update app.run r
		   set status = 'cancelled', completed_at = clock_timestamp(), seq = r.seq + 1
		 where r.workspace_id = new.workspace_id and r.id = any (v_ids) and r.completed_at is null
		returning r.workspace_id, r.id, r.workflow_id)
	insert into app.run_outcome (workspace_id, run_id, workflow_id, status)
	select e.workspace_id, e.id, e.workflow_id, 'cancelled' from ended e;
	perform work.wait_cancel(array(select new.workspace_id from unnest(v_ids)), v_ids, v_ids);
	return null;
end
$$;
revoke all on function work.child_cancel() from public;

-- The tables are mr_owner's, the functions mr_work's: so it may make triggers for as long as this takes. A constraint trigger can't be
-- replaced, so it is made once; what it does is its function.
set local role mr_owner;
grant trigger on app.run, app.wait to mr_work;
set local role mr_work;
create or replace trigger child_start after insert on app.wait for each row
	when (new.kind = 'run' and new.status = 'open') execute function work.child_start();
create or replace trigger child_cancel after update of status on app.wait for each row
	when (new.kind = 'run' and old.status = 'open' and new.status in ('cancelled', 'expired')) execute function work.child_cancel();
do $$
begin
	if not exists (select from pg_trigger g where g.tgrelid = 'app.run'::regclass and g.tgname = 'child_ended') then
		create constraint trigger child_ended after update of status on app.run deferrable initially deferred for each row
			when (new.completed_at is not null and new.wait_id is not null) execute function work.child_ended();
	end if;
end
$$;
set local role mr_owner;
revoke trigger on app.run, app.wait from mr_work;
