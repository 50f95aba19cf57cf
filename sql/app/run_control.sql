-- run_control: pausing, resuming and cancelling runs, one or many. These run with the rights of their caller, so policies bind them.
--
-- A run is moved by whoever has locked the row by which it is queued (app.run_queue), waits (app.timer) or is paused
-- (app.run_pause); only then is app.run written. The engine takes them in that order, too, so nothing is moved twice.
--
-- Who is leased when it is paused keeps its queue row, marked, so that its steps in flight are recorded under its fence; with the
-- last of them that row goes. Resumed before that, it goes on under the same lease, or is given back by who held it.
set local role mr_owner;

-- app.run_lock(ids) -> those whose rows are locked now; what somebody else is moving at this moment is left out, nothing waits.
create or replace function app.run_lock(p_ids uuid[])
returns uuid[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_queued uuid[];
	v_others uuid[];
begin
	v_queued := array(select q.run_id from app.run_queue q where q.run_id = any (p_ids) for update skip locked);
	v_others := array(select t.run_id from app.timer t where t.run_id = any (p_ids) for update skip locked);
	v_others := v_others || array(select p.run_id from app.run_pause p where p.run_id = any (p_ids) for update skip locked);
	-- Paused and still leased: its queue row decides.
	return v_queued || array(
		select x.id from unnest(v_others) as x (id)
		 where not exists (select from app.run_queue q where q.run_id = x.id));
end
$$;
revoke all on function app.run_lock(uuid[]) from public;
grant execute on function app.run_lock(uuid[]) to mr_api;

-- app.run_take(id) -> whether the run is there, not over, and locked now. Waits for whoever is moving it.
create or replace function app.run_take(p_id uuid)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	-- It may move from the one to the other while we wait for its row: each round waits for such a move.
	for i in 1 .. 10 loop
		perform from app.run_queue q where q.run_id = p_id for update;
		perform from app.timer t where t.run_id = p_id for update;
		perform from app.run_pause p where p.run_id = p_id for update;
		if p_id = any (app.run_lock(array[p_id])) then
			return true;
		elsif not exists (select from app.run r where r.id = p_id and r.completed_at is null) then
			return false;
		end if;
	end loop;
	raise exception using errcode = 'MR503', message = 'the run is moving too fast to be caught; try again';
end
$$;
revoke all on function app.run_take(uuid) from public;
grant execute on function app.run_take(uuid) to mr_api;

-- app.run_pause(locked ids) -> those that are paused now and weren't: no further step of them begins.
create or replace function app.run_pause(p_ids uuid[])
returns uuid[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_leased constant uuid[] := array(select q.run_id from app.run_queue q where q.run_id = any (p_ids) and q.lease_owner <> 0);
	v_ids    uuid[];
begin
	insert into app.run_pause (workspace_id, run_id, fence, prio)
	select x.workspace_id, x.run_id, x.fence, x.prio
	  from (
		select q.workspace_id, q.run_id, q.fence, q.prio from app.run_queue q where q.run_id = any (p_ids)
		union all
		select t.workspace_id, t.run_id, t.fence, t.prio from app.timer t where t.run_id = any (p_ids)) x
	    on conflict do nothing;
	update app.run r set status = 'queued' where r.id = any (p_ids) and r.status = 'waiting';
	-- Who holds a lease counts changes itself, so those of leased runs are told with its next write.
	with moved as (
		update app.run r
		   set status = 'paused', seq = r.seq + (r.id <> all (v_leased))::integer
		 where r.id = any (p_ids) and r.status in ('queued', 'running')
		returning r.id)
	select coalesce(array_agg(m.id), '{}') into v_ids from moved m;
	delete from app.timer t where t.run_id = any (v_ids);
	delete from app.run_queue q where q.run_id = any (v_ids) and q.lease_owner = 0;
	update app.run_queue q set is_paused = true where q.run_id = any (v_ids);
	return v_ids;
end
$$;
revoke all on function app.run_pause(uuid[]) from public;
grant execute on function app.run_pause(uuid[]) to mr_api;

-- app.run_resume(locked ids) -> those that were paused and are queued now, or go on under the lease that they still have.
--   Fence 1 at least: what web offered before the pause writes under 0, and is stale.
create or replace function app.run_resume(p_ids uuid[])
returns uuid[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ids uuid[];
begin
	update app.run_queue q set is_paused = false where q.run_id = any (p_ids) and q.is_paused;
	insert into app.run_queue (workspace_id, run_id, fence, prio)
	select p.workspace_id, p.run_id, greatest(p.fence, 1), p.prio from app.run_pause p where p.run_id = any (p_ids)
	    on conflict do nothing;
	with gone as (
		delete from app.run_pause p where p.run_id = any (p_ids) returning p.run_id),
	moved as (
		update app.run r
		   set status = 'queued',
		       seq = r.seq + (not exists (select from app.run_queue q where q.run_id = r.id and q.lease_owner <> 0))::integer
		  from gone g
		 where r.id = g.run_id and r.status = 'paused'
		returning r.id)
	select coalesce(array_agg(m.id), '{}') into v_ids from moved m;
	return v_ids;
end
$$;
revoke all on function app.run_resume(uuid[]) from public;
grant execute on function app.run_resume(uuid[]) to mr_api;

-- app.run_cancel(locked ids) -> those that are cancelled now and weren't over. Their fences go with their queue rows, so what a
--   worker still sends changes nothing.
create or replace function app.run_cancel(p_ids uuid[])
returns uuid[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ids uuid[];
begin
	delete from app.run_queue q where q.run_id = any (p_ids);
	delete from app.timer t where t.run_id = any (p_ids);
	delete from app.run_pause p where p.run_id = any (p_ids);
	update app.wait w set status = 'cancelled', ended_at = clock_timestamp() where w.run_id = any (p_ids) and w.status = 'open';
	with ended as (
		update app.run r
		   set status = 'cancelled', completed_at = clock_timestamp(), seq = r.seq + 1
		 where r.id = any (p_ids) and r.completed_at is null
		returning r.workspace_id, r.id, r.workflow_id),
	told as (
		insert into app.run_outcome (workspace_id, run_id, workflow_id, status)
		select e.workspace_id, e.id, e.workflow_id, 'cancelled' from ended e
		returning run_id)
	select coalesce(array_agg(t.run_id), '{}') into v_ids from told t;
	return v_ids;
end
$$;
revoke all on function app.run_cancel(uuid[]) from public;
grant execute on function app.run_cancel(uuid[]) to mr_api;

-- app.run_act(action, locked ids) -> those that it changed.
create or replace function app.run_act(p_action text, p_ids uuid[])
returns uuid[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	return case p_action
		when 'pause' then app.run_pause(p_ids)
		when 'resume' then app.run_resume(p_ids)
		when 'cancel' then app.run_cancel(p_ids) end;
end
$$;
revoke all on function app.run_act(text, uuid[]) from public;
grant execute on function app.run_act(text, uuid[]) to mr_api;

-- app.run_switch(id text, pause or resume, what a run that is over can't): does it and writes it down, unless the run is so already.
--   Raises MR404, MR409 the run is over.
create or replace function app.run_switch(p_id text, p_action text, p_over text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_run constant app.run := app.run_find(p_id);
begin
	perform app.workflow_share_need(v_run.workflow_id, 'run');
	if not app.run_take(v_run.id) then
		perform app.fail('MR409', 'the run is over: ' || p_over);
	elsif app.run_act(p_action, array[v_run.id]) <> '{}' then
		perform app.audit_add('run.' || p_action, 'run', v_run.id, null);
	end if;
end
$$;
revoke all on function app.run_switch(text, text, text) from public;
grant execute on function app.run_switch(text, text, text) to mr_api;

-- app.run_stop(run id) -> the run, cancelled, or null when it was already over.
create or replace function app.run_stop(p_id uuid)
returns app.run
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.run;
begin
	if not app.run_take(p_id) or app.run_cancel(array[p_id]) = '{}' then
		return null;
	end if;
	select * into v from app.run r where r.id = p_id;
	return v;
end
$$;
revoke all on function app.run_stop(uuid) from public;
grant execute on function app.run_stop(uuid) to mr_api;

-- app.run_stop_all(workflow) -> how many unfinished runs were cancelled: those of a workflow, or (null) all of the workspace.
create or replace function app.run_stop_all(p_workflow uuid)
returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
	v_n  integer := 0;
begin
	for v_id in
		select r.id
		  from (
			select q.run_id from app.run_queue q where q.workspace_id = app.workspace_id()
			 union
			select t.run_id from app.timer t where t.workspace_id = app.workspace_id()
			 union
			select p.run_id from app.run_pause p where p.workspace_id = app.workspace_id()) x
		  join app.run r on r.id = x.run_id
		 where p_workflow is null or r.workflow_id = p_workflow
		 order by r.id
	loop
		v_n := v_n + (app.run_stop(v_id) is not null)::integer;
	end loop;
	return v_n;
end
$$;
revoke all on function app.run_stop_all(uuid) from public;
grant execute on function app.run_stop_all(uuid) to mr_api;
