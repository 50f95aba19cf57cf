-- run_list: pages of runs by any filter, each by an index. They run with the rights of their caller, so policies bind them.
set local role mr_owner;

-- app.run_page(workflow, statuses, trigger type, id from, id below, workflows whose name fits, words, limit, most)
--   -> ids of runs that fit, newest first, at most limit + 1, and the last id that was looked at when the look ended early.
--   Failed and cancelled runs are found by their outcomes, queued and running ones by the queue, waiting and paused ones by
--   their own rows; everything else by the key in its order. At most `most` rows are looked at: then the page is short and the next one goes on
--   behind them. Nothing is ever counted or scanned whole.
create or replace function app.run_page(
	p_workflow uuid, p_status text[], p_trigger text, p_from uuid, p_below uuid, p_workflows uuid[], p_q text,
	p_limit integer, p_most integer, out ids uuid[], out looked uuid)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	v_plain constant boolean := coalesce(p_status, '{}') = '{}' and p_trigger is null and p_q is null;
	v_from constant uuid := coalesce(p_from, '00000000-0000-0000-0000-000000000000');
	v_below constant uuid := coalesce(p_below, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
	v_status text;
	v_found uuid[];
	v_ids   uuid[] := '{}';
begin
	if p_status <@ array['failed', 'cancelled'] then
		foreach v_status in array p_status loop
			if p_workflow is null then
				v_found := array(
					select o.run_id from app.run_outcome o
					 where o.status = v_status and o.run_id >= v_from and o.run_id < v_below
					 order by o.run_id desc limit p_most);
			else
				v_found := array(
					select o.run_id from app.run_outcome o
					 where o.workflow_id = p_workflow and o.status = v_status and o.run_id >= v_from and o.run_id < v_below
					 order by o.run_id desc limit p_most);
			end if;
			v_ids := v_ids || v_found;
		end loop;
	elsif p_status <@ array['queued', 'running', 'waiting', 'paused'] then
		if p_status && array['queued', 'running'] then
			v_ids := array(
				select q.run_id from app.run_queue q
				 where q.run_id >= v_from and q.run_id < v_below
				 order by q.run_id desc limit p_most);
		end if;
		if p_status && array['waiting'] then
			v_ids := v_ids || array(
				select t.run_id from app.timer t
				 where t.run_id >= v_from and t.run_id < v_below
				 order by t.run_id desc limit p_most);
		end if;
		if p_status && array['paused'] then
			v_ids := v_ids || array(
				select p.run_id from app.run_pause p
				 where p.run_id >= v_from and p.run_id < v_below
				 order by p.run_id desc limit p_most);
		end if;
	elsif p_workflow is null then
		v_ids := array(
			select r.id from app.run r
			 where r.id >= v_from and r.id < v_below
			 order by r.id desc
			 limit case when v_plain then p_limit + 1 else p_most end);
	else
		v_ids := array(
			select r.id from app.run r
			 where r.workflow_id = p_workflow and r.id >= v_from and r.id < v_below
			 order by r.id desc
			 limit case when v_plain then p_limit + 1 else p_most end);
	end if;
	if v_plain then
		ids := v_ids;
		return;
	end if;
	-- Of several sources only what is newer than where the first of them stopped is whole.
	if cardinality(v_ids) >= p_most then
		select array_agg(x order by x desc), (array_agg(x order by x))[1] into v_ids, looked
		  from (select distinct x from unnest(v_ids) as x order by x desc limit p_most) y;
	end if;
	select array_agg(z.id order by z.id desc) into ids
	  from (
		select r.id
		  from app.run r
		  left join app.run_queue q on q.workspace_id = r.workspace_id and q.run_id = r.id and r.completed_at is null
		 where r.id = any (v_ids)
		   and (p_workflow is null or r.workflow_id = p_workflow)
		   and (coalesce(p_status, '{}') = '{}' or app.run_status(r.status, q.lease_owner <> 0) = any (p_status))
		   and (p_trigger is null or r.trigger_type = p_trigger)
		   and (p_q is null or r.workflow_id = any (p_workflows) or position(lower(p_q) in r.id::text) > 0)
		 order by r.id desc
		 limit p_limit + 1) z;
	ids := coalesce(ids, '{}');
end
$$;
revoke all on function app.run_page(uuid, text[], text, uuid, uuid, uuid[], text, integer, integer) from public;
grant execute on function app.run_page(uuid, text[], text, uuid, uuid, uuid[], text, integer, integer) to mr_api;

-- app.status_read(text) -> the statuses of a filter: with commas, common spellings read. Raises MR400 on status.
create or replace function app.status_read(p_text text)
returns text[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_status text[];
begin
	select array_agg(distinct case s when 'pending' then 'queued' when 'completed' then 'succeeded'
	                          when 'success' then 'succeeded' else s end)
	  into v_status
	  from unnest(string_to_array(p_text, ',')) as s;
	if not v_status <@ array['queued', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'cancelled'] then
		perform app.fail('MR400', 'the status must be queued, running, waiting, paused, succeeded, failed or cancelled', 'status');
	end if;
	return v_status;
end
$$;
revoke all on function app.status_read(text) from public;
grant execute on function app.status_read(text) to mr_api;

-- app.runs_json(ids) -> these runs as lists show them, in the order given; those that aren't there are left out.
--   Named columns all the way: a row passed on as a whole is put together anew for each of its columns that is read.
--   Sub-selects, and not joins: each is a look by key, and only where a run of that kind can have such a row. A page has
--   few starters, so each is looked up once.
create or replace function app.runs_json(p_ids uuid[])
returns json
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	return (
		with page as materialized (
			select x.ord, r.workspace_id, r.id, r.workflow_id, r.version, r.status as stored,
			       case when r.completed_at is null then (
			           select q.lease_owner <> 0 from app.run_queue q where q.workspace_id = r.workspace_id and q.run_id = r.id) end as leased,
			       r.trigger_type, r.node_id, r.trigger_id, r.user_id, r.token_id, r.delivery_id, r.due_at, r.retry_of,
			       r.created_at, r.started_at, r.completed_at, r.seq
			  from unnest(p_ids) with ordinality as x (id, ord)
			  join app.run r on r.id = x.id),
		starter as materialized (
			select s.user_id, s.token_id, app.run_starter(s.user_id, s.token_id) as name
			  from (select distinct g.user_id, g.token_id from page g where g.user_id is not null or g.token_id is not null) s)
		select coalesce(json_agg(json_build_object(
			'id', g.id, 'workflow_id', g.workflow_id,
			'workflow_name', coalesce((
				select w.name from app.workflow w where w.workspace_id = g.workspace_id and w.id = g.workflow_id), ''),
			'version', g.version, 'status', app.run_status(g.stored, g.leased),
			'trigger', json_build_object(
				'type', g.trigger_type, 'name', coalesce(s.name, g.node_id), 'trigger_id', g.trigger_id, 'user_id', g.user_id,
				'token_id', g.token_id, 'delivery_id', g.delivery_id, 'due_at', app.ts(g.due_at)),
			'error', case when g.stored in ('failed', 'cancelled') then (
				select o.error from app.run_outcome o where o.workspace_id = g.workspace_id and o.run_id = g.id) end,
			'retry_of', g.retry_of,
			'created_at', app.ts(g.created_at), 'started_at', app.ts(g.started_at), 'completed_at', app.ts(g.completed_at),
			'duration_ms', app.ms(g.started_at, coalesce(g.completed_at, statement_timestamp())),
			'etag', app.run_etag(g.seq, app.run_status(g.stored, g.leased))) order by g.ord), '[]')
		  from page g
		  left join starter s on s.user_id is not distinct from g.user_id and s.token_id is not distinct from g.token_id);
end
$$;
revoke all on function app.runs_json(uuid[]) from public;
grant execute on function app.runs_json(uuid[]) to mr_api;

-- app.run_list(list, p, workflow) -> a page of runs by the filters of p. Raises MR400 on a filter.
create or replace function app.run_list(p_list text, p jsonb, p_workflow uuid)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit constant integer := app.limit_read(p);
	v_from  constant uuid := app.id_floor(app.instant_read(p->>'from', 'from'));
	v_below uuid := app.id_floor(app.instant_read(p->>'to', 'to'));
	v_after constant uuid := app.cursor_read(p_list, p->>'cursor')->>0;
	v_named uuid[];
	v       record;
	v_most  integer;
	v_next  uuid;
begin
	v_below := case when v_after < v_below or v_below is null then v_after else v_below end;
	if p->>'q' is not null then
		v_named := array(select w.id from app.workflow w where position(lower(p->>'q') in lower(w.name)) > 0);
	end if;
	-- Most filters find a page among the newest few; a rare one looks further, once.
	foreach v_most in array array[4 * v_limit, 2000] loop
		select * into v
		  from app.run_page(p_workflow, app.status_read(p->>'status'), p->>'trigger_type', v_from, v_below, v_named,
		                    p->>'q', v_limit, v_most);
		exit when v.looked is null or cardinality(v.ids) > v_limit;
	end loop;
	if cardinality(v.ids) > v_limit then
		v.ids := v.ids[1:v_limit];
		v_next := v.ids[v_limit];
	else
		v_next := v.looked;
	end if;
	return json_build_object('items', app.runs_json(v.ids),
	    'next_cursor', case when v_next is not null then app.cursor_make(p_list, jsonb_build_array(v_next)) end);
end
$$;
revoke all on function app.run_list(text, jsonb, uuid) from public;
grant execute on function app.run_list(text, jsonb, uuid) to mr_api;
