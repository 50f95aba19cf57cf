-- wait: steps that wait for something outside: a callback, people, another run.
--
-- A node answers with node_wait_for (flow/node_type.h); its step is recorded as `waiting`, with {due_at, wait: {kind, …}}, and
-- work.tick opens a row of app.wait for it (work.wait_open). The run leaves memory; its timer is the wait's expiry.
-- Whoever brings what it waits for calls work.wait_end. The worker that claims the run next reads the end with the step
-- (work.run_load), which hands it to the node's resume.
--
-- Ends are decided here and nowhere else: a wait that is open is answered, expired or cancelled once (app.transition), so an answer
-- that was acknowledged is never an expiry as well. Locks are taken in the order of the engine: the row by which the run is queued,
-- waits or is paused, then app.wait.
set local role mr_work;

-- work.run_hold(workspace, run) -> where the run is, locked there: queue, timer or pause; null when it is over. Waits for whoever is
--   moving it. Raises MR503.
create or replace function work.run_hold(p_ws uuid, p_run uuid)
returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	-- It may move from the one to the other while we wait for its row: each round waits for such a move.
	for i in 1 .. 10 loop
		-- A claim passes over a row that is locked, and isn't told of it again: so one that is ready arrives anew.
		update app.run_queue q
		   set ready_xid = case q.lease_owner when 0 then pg_current_xact_id() else q.ready_xid end
		 where q.workspace_id = p_ws and q.run_id = p_run;
		if found then
			return 'queue';
		end if;
		perform from app.timer t where t.workspace_id = p_ws and t.run_id = p_run for update;
		if found then
			return 'timer';
		end if;
		perform from app.run_pause p where p.workspace_id = p_ws and p.run_id = p_run for update;
		if found then
			return 'pause';
		elsif not exists (select from app.run r where r.workspace_id = p_ws and r.id = p_run and r.completed_at is null) then
			return null;
		end if;
	end loop;
	raise exception using errcode = 'MR503', message = 'the run is moving too fast to be caught; try again';
end
$$;
revoke all on function work.run_hold(uuid, uuid) from public;

-- work.wait_end(workspace, wait, answered | cancelled, answer) -> whether this ended it; false: it had ended, its time is over, or its
--   run is. Its run is ready then, at the commit; where it is paused, when it is resumed; where it is leased, once its other
--   branches rest. Callers have asked for permission.
create or replace function work.wait_end(p_ws uuid, p_id uuid, p_status text, p_answer json)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v_run  uuid;
	v_hold text;
begin
	select w.run_id into v_run from app.wait w where w.workspace_id = p_ws and w.id = p_id and w.status = 'open';
	if not found then
		return false;  -- without a look at its run, which is on its way perhaps
	end if;
	v_hold := work.run_hold(p_ws, v_run);
	if v_hold is null then
		return false;
	end if;
	update app.wait w
	   set status = p_status, answer = p_answer, ended_at = clock_timestamp()
	 where w.workspace_id = p_ws and w.id = p_id and w.status = 'open' and w.expires_at > clock_timestamp();
	if not found then
		return false;
	end if;
	if v_hold = 'timer' then
		perform work.timer_end(array(select t.ctid from app.timer t where t.workspace_id = p_ws and t.run_id = v_run));
	end if;
	return true;
end
$$;
revoke all on function work.wait_end(uuid, uuid, text, json) from public;
grant execute on function work.wait_end(uuid, uuid, text, json) to mr_api;

-- work.wait_open(ours, steps…): opens what the steps of runs in `ours` wait for, unless its answer is here already. Part of work.tick.
create or replace function work.wait_open(
	p_ours uuid[], s_ws uuid[], s_run uuid[], s_node text[], s_iteration integer[], s_attempt smallint[], s_status text[],
	s_output json[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	insert into app.wait (workspace_id, id, run_id, node_id, iteration, attempt, kind, detail, expires_at)
	select s.ws, app.uuid7(), s.run, s.node, s.iteration, s.attempt, s.output->'wait'->>'kind', s.output->'wait',
	       (s.output->>'due_at')::timestamptz
	  from unnest(s_ws, s_run, s_node, s_iteration, s_attempt, s_status, s_output)
	       as s (ws, run, node, iteration, attempt, status, output)
	 where s.status = 'waiting' and s.output->'wait' is not null and s.run = any (p_ours)
	    on conflict do nothing;
end
$$;
revoke all on function work.wait_open(uuid[], uuid[], uuid[], text[], integer[], smallint[], text[], json[]) from public;

-- work.wait_has_ended(workspace, run) -> whether a step of the run waits for what has ended. Part of work.tick: such a run has nothing
--   to wait for. Its queue row is gone in this transaction, so no end can come between.
create or replace function work.wait_has_ended(p_ws uuid, p_run uuid)
returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	return exists (
		select from app.wait w
		  join app.step s on s.workspace_id = w.workspace_id and s.run_id = w.run_id and s.node_id = w.node_id
		       and s.iteration = w.iteration and s.attempt = w.attempt and s.status = 'waiting'
		 where w.workspace_id = p_ws and w.run_id = p_run and w.status <> 'open');
end
$$;
revoke all on function work.wait_has_ended(uuid, uuid) from public;

-- work.wait_cancel(workspaces, runs, those of them that are over): nobody waits for them any longer. Part of what ends runs.
create or replace function work.wait_cancel(p_ws uuid[], p_run uuid[], p_over uuid[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	update app.wait w
	   set status = 'cancelled', ended_at = clock_timestamp()
	  from unnest(p_ws, p_run) as f (ws, run)
	 where f.run = any (p_over) and w.workspace_id = f.ws and w.run_id = f.run and w.status = 'open';
end
$$;
revoke all on function work.wait_cancel(uuid[], uuid[], uuid[]) from public;

-- work.wait_expire(workspace, run): what the run waits for and whose time is over has expired. Part of work.run_load.
create or replace function work.wait_expire(p_ws uuid, p_run uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	update app.wait w
	   set status = 'expired', ended_at = clock_timestamp()
	 where w.workspace_id = p_ws and w.run_id = p_run and w.status = 'open' and w.expires_at <= clock_timestamp();
end
$$;
revoke all on function work.wait_expire(uuid, uuid) from public;

-- work.wait_said(workspace, run, node, iteration, attempt, output of the waiting step) -> that, with `ended` {status, answer} where what
--   it waits for has ended. Part of work.run_load.
create or replace function work.wait_said(
	p_ws uuid, p_run uuid, p_node text, p_iteration integer, p_attempt smallint, p_output json)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	return coalesce((
		select json_build_object('due_at', p_output->'due_at', 'wait', p_output->'wait',
		           'ended', json_build_object('status', w.status, 'answer', w.answer))
		  from app.wait w
		 where w.workspace_id = p_ws and w.run_id = p_run and w.node_id = p_node and w.iteration = p_iteration
		   and w.attempt = p_attempt and w.status <> 'open'), p_output);
end
$$;
revoke all on function work.wait_said(uuid, uuid, text, integer, smallint, json) from public;

-- work.wait_find(workspace, run, node, iteration) -> the id of what that step waits for, or did; null: it hasn't begun.
create or replace function work.wait_find(p_ws uuid, p_run uuid, p_node text, p_iteration integer)
returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	return (select w.id from app.wait w
	         where w.workspace_id = p_ws and w.run_id = p_run and w.node_id = p_node and w.iteration = p_iteration
	         order by w.attempt desc
	         limit 1);
end
$$;
revoke all on function work.wait_find(uuid, uuid, text, integer) from public;

-- work.wait_answer(token, item) -> what became of a callback: `answered`, or why not: `unknown`, `over`, `used`, `expired`.
--   The token is the credential: made by the worker (flow/callback.h) for one step of one run, and stored nowhere.
--   What comes before the step has begun is kept for it.
create or replace function work.wait_answer(p_token text, p_item json)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
	v        record;
	v_id     uuid;
	v_status text;
begin
	select * into v from app.callback_read(p_token);
	if v.run_id is null then
		return 'unknown';
	end if;
	v_id := work.wait_find(v.workspace_id, v.run_id, v.node_id, v.iteration);
	if v_id is null and work.run_hold(v.workspace_id, v.run_id) is not null then
		insert into app.wait (workspace_id, id, run_id, node_id, iteration, kind, status, answer, ended_at)
		values (v.workspace_id, app.uuid7(), v.run_id, v.node_id, v.iteration, 'callback', 'answered', p_item, clock_timestamp())
		    on conflict do nothing;
		if found then
			return 'answered';
		end if;
		v_id := work.wait_find(v.workspace_id, v.run_id, v.node_id, v.iteration);  -- begun, or answered, while we waited for the run
	end if;
	if v_id is not null and work.wait_end(v.workspace_id, v_id, 'answered', p_item) then
		return 'answered';
	end if;
	select w.status into v_status from app.wait w where w.workspace_id = v.workspace_id and w.id = v_id;
	return case v_status when 'answered' then 'used' when 'expired' then 'expired' when 'open' then 'expired' else 'over' end;
end
$$;
revoke all on function work.wait_answer(text, json) from public;
grant execute on function work.wait_answer(text, json) to mr_api;
