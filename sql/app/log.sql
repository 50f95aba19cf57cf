-- log: the lines of a run: those that nodes and the engine wrote, and those that its steps and its own course amount to.
set local role mr_owner;

-- app.level_no(level) -> its rank: debug 0 … error 3.
create or replace function app.level_no(p_level text)
returns integer
language sql immutable parallel safe
return array_position(array['debug', 'info', 'warn', 'error'], p_level) - 1;
revoke all on function app.level_no(text) from public;
grant execute on function app.level_no(text) to mr_api;

-- app.run_lines(run) -> all lines of a run, in no order. A line of a step is made of its row and stored nowhere.
create or replace function app.run_lines(p app.run)
returns table (id text, at timestamptz, node_id text, level text, message text, data json)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select l.id::text, l.at, l.node_id, l.level, l.message, l.data
	  from app.log l
	 where l.run_id = p.id
	 union all
	select format('step-%s-%s', lpad(s.step_no::text, 8, '0'), s.attempt),
	       s.started_at + s.duration_us * interval '1 microsecond', s.node_id,
	       case s.status when 'failed' then 'error' when 'unknown' then 'error' when 'cancelled' then 'warn'
	            when 'skipped' then 'debug' else 'info' end,
	       case s.status
	           when 'failed' then format('%s failed: %s', s.node_id, coalesce(s.error->>'message', 'no reason given'))
	           when 'succeeded' then format('%s succeeded after %s ms', s.node_id, round(s.duration_us / 1000.0, 1))
	           when 'skipped' then format('%s was skipped', s.node_id)
	           when 'waiting' then format('%s waits', s.node_id)
	           when 'running' then format('%s has started', s.node_id)
	           when 'unknown' then format('%s was under way when its worker died; whether it took effect is unknown', s.node_id)
	           else format('%s was %s', s.node_id, s.status) end,
	       json_build_object('step_no', s.step_no, 'iteration', s.iteration, 'attempt', s.attempt, 'status', s.status,
	                         'error_code', s.error->>'code')
	  from app.step s
	 where s.run_id = p.id
	 union all
	select 'run-0-begun', p.started_at, null, 'info', 'the run has started', null
	 where p.started_at is not null
	 union all
	select 'run-1-over', p.completed_at, null, case p.status when 'failed' then 'error' when 'cancelled' then 'warn' else 'info' end,
	       case p.status
	           when 'failed' then 'the run has failed' || coalesce(': ' || (o.error->>'message'), '')
	           when 'cancelled' then 'the run was cancelled'
	           else 'the run has succeeded' end, null
	  from (select 1) one
	  left join app.run_outcome o on o.run_id = p.id
	 where p.completed_at is not null;
end
$$;
revoke all on function app.run_lines(app.run) from public;
grant execute on function app.run_lines(app.run) to mr_api;
