-- replay: the worker's side of versions tried over recorded runs: what is next, and what came of the last one.
set local role mr_work;

-- work.replay_why(run) -> why a recorded run can't be tried, null when it can. Its data is no longer all there, or isn't yet; or what
--   it did is recorded with another run; or it is so long that trying it would hold up others.
create or replace function work.replay_why(p app.run)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return case
		when p.id is null then 'gone'
		when p.completed_at is null then 'open'
		when p.status = 'cancelled' then 'cancelled'
		when p.seq > 5000 then 'too_large'
		when p.delivery_id is not null
		 and not exists (select from app.delivery d where d.workspace_id = p.workspace_id and d.id = p.delivery_id) then 'gone'
		else (
			select case
			       when count(*) = 0 then 'gone'
			       when p.trigger_type = 'retry' and min(s.started_at) < p.created_at then 'resumed'
			       when sum(pg_column_size(s.output)) > 8388608 then 'too_large' end
			  from app.step s
			 where s.workspace_id = p.workspace_id and s.run_id = p.id) end;
end
$$;
revoke all on function work.replay_why(app.run) from public;

-- work.replay_done(workspace, replay, run, outcome, reason, differences): what came of a run. Counted once, whoever comes twice.
create or replace function work.replay_done(p_ws uuid, p_replay uuid, p_run uuid, p_outcome text, p_reason text, p_differences json)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.replay_run x
	   set outcome = p_outcome, reason = p_reason, differences = p_differences
	 where x.workspace_id = p_ws and x.replay_id = p_replay and x.run_id = p_run and x.outcome is null;
	if found then
		update app.replay r
		   set same = r.same + (p_outcome = 'same')::integer, differs = r.differs + (p_outcome = 'differs')::integer,
		       skipped = r.skipped + (p_outcome = 'skipped')::integer,
		       completed_at = case when r.same + r.differs + r.skipped + 1 = r.total then clock_timestamp() end
		 where r.workspace_id = p_ws and r.id = p_replay;
	end if;
end
$$;
revoke all on function work.replay_done(uuid, uuid, uuid, text, text, json) from public;

-- work.replay_lease(worker, lease ms) -> a replay that isn't done: the worker's own, else the oldest that nobody holds.
create or replace function work.replay_lease(p_worker bigint, p_lease_ms integer)
returns app.replay
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.replay;
begin
	update app.replay r
	   set lease_owner = p_worker, lease_until = clock_timestamp() + p_lease_ms * interval '1 ms'
	 where (r.workspace_id, r.id) = (
		select r2.workspace_id, r2.id from app.replay r2
		 where r2.completed_at is null and (r2.lease_owner = p_worker or r2.lease_until < clock_timestamp())
		 order by r2.id
		 limit 1
		   for update skip locked)
	returning r.* into v;
	return v;
end
$$;
revoke all on function work.replay_lease(bigint, integer) from public;

-- work.replay_next(worker, lease ms, the last run with what came of it, or nulls) -> the next run to try, with what its claim
--   brought then, in the columns of work.tick, and how it ended; no row: there is nothing to do. Runs that can't be tried are
--   passed over. A worker that dies costs one run tried twice.
create or replace function work.replay_next(
	p_worker bigint, p_lease_ms integer, p_ws uuid, p_replay uuid, p_run uuid, p_outcome text, p_reason text, p_differences json)
returns table (
	is_stale boolean, workspace_id uuid, run_id uuid, fence bigint, lost smallint, workflow_id uuid, version_id uuid,
	version integer, trigger_type text, node_id text, is_sync boolean, seq integer, created_at timestamptz,
	started_at timestamptz, due_at timestamptz, input json, variables json, delivery_id uuid, method text, query text,
	headers json, content_type text, body bytea, replay_id uuid, tried_id uuid, status text, output json, error json)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
	v      app.replay;
	v_id   uuid;
	v_run  app.run;
	v_why  text;
begin
	if p_run is not null then
		perform work.replay_done(p_ws, p_replay, p_run, p_outcome, p_reason, p_differences);
	end if;
	for i in 1 .. 1000 loop
		v := work.replay_lease(p_worker, p_lease_ms);
		exit when v.id is null;
		select x.run_id into v_id
		  from app.replay_run x
		 where x.workspace_id = v.workspace_id and x.replay_id = v.id and x.outcome is null
		 order by x.run_id desc
		 limit 1;
		select * into v_run from app.run r where r.workspace_id = v.workspace_id and r.id = v_id;
		v_why := work.replay_why(v_run);
		if v_why is not null then
			perform work.replay_done(v.workspace_id, v.id, v_id, 'skipped', v_why, null);
			continue;
		end if;
		return query
		select false, r.workspace_id, r.id, 0::bigint, 0::smallint, r.workflow_id, r.version_id, r.version, r.trigger_type, r.node_id,
		       r.is_sync, r.seq, r.created_at, r.started_at, r.due_at, r.input, r.variables, d.id, d.method, d.query, d.headers,
		       d.content_type, d.body, v.id, v.version_id, r.status, r.output, o.error
		  from app.run r
		  left join app.delivery d on d.workspace_id = r.workspace_id and d.id = r.delivery_id
		  left join app.run_outcome o on o.workspace_id = r.workspace_id and o.run_id = r.id
		 where r.workspace_id = v.workspace_id and r.id = v_id;
		exit;
	end loop;
end
$$;
revoke all on function work.replay_next(bigint, integer, uuid, uuid, uuid, text, text, json) from public;
grant execute on function work.replay_next(bigint, integer, uuid, uuid, uuid, text, text, json) to mr_worker;
