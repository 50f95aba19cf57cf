-- log: the lines of a run: those that nodes and the engine wrote, and those that its steps and its own course amount to.
set local role mr_owner;

-- app.level_no(level) -> its rank: debug 0 … error 3.
create or replace function app.level_no(p_level text)
returns integer
language sql immutable parallel safe
return array_position(array['debug', 'info', 'warn', 'error'], p_level) - 1;
revoke all on function app.level_no(text) from public;
grant execute on function app.level_no(text) to mr_api;

-- app.run_lines(run) -> all lines of a run, to be ordered by (at, ord). A line of a step is made of its row and stored nowhere.
--   Times are milliseconds, as workers know them. Within one: the run's beginning, its steps as they ended (step_no), what was
--   said of them, its end. A step's line isn't older than that of the step which ended before it, whichever clock said so.
create or replace function app.run_lines(p app.run)
returns table (id text, at timestamptz, ord text, node_id text, level text, message text, data json)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	with step as materialized (
		select s.node_id, s.iteration, s.attempt, s.step_no, s.status, s.duration_us, s.error,
		       max(date_trunc('milliseconds', s.started_at + s.duration_us * interval '1 microsecond'))
		                over (order by s.step_no, s.attempt rows unbounded preceding) as ended_at,
		       format('step-%s-%s', lpad(s.step_no::text, 8, '0'), s.attempt) as line
		  from app.step s
		 where s.run_id = p.id)
	select l.id::text, date_trunc('milliseconds', l.at), '2-' || l.id, l.node_id, l.level, l.message, l.data
	  from app.log l
	 where l.run_id = p.id
	 union all
	select s.line, s.ended_at, '1-' || s.line, s.node_id,
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
	  from step s
	 union all
	select 'run-0-begun', date_trunc('milliseconds', p.started_at), '0', null, 'info', 'the run has started', null
	 where p.started_at is not null
	 union all
	select 'run-1-over', date_trunc('milliseconds', greatest(p.completed_at, (select max(s.ended_at) from step s))), '3', null,
	       case p.status when 'failed' then 'error' when 'cancelled' then 'warn' else 'info' end,
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
