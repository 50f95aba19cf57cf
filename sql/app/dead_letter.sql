-- dead_letter: runs that failed for good, or were quarantined, until somebody replays or discards them. Such a run is a row of
-- app.run_outcome that nobody has handled; its id is the run's. These run with the rights of their caller, so policies bind them.
set local role mr_owner;

-- app.dead_letter_find(id text) -> the run of a dead letter. Raises MR404, the same for one of another workspace, a run that
--   isn't dead, and one that was handled.
create or replace function app.dead_letter_find(p_id text)
returns app.run
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.run;
begin
	select r.* into v
	  from app.run_outcome o
	  join app.run r on r.workspace_id = o.workspace_id and r.id = o.run_id
	 where o.run_id = app.uuid_read(p_id) and o.status = 'failed' and o.handled_at is null;
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such dead letter';
	end if;
	return v;
end
$$;
revoke all on function app.dead_letter_find(text) from public;
grant execute on function app.dead_letter_find(text) to mr_api;

-- app.dead_letter_page(workflow, reason, id from, id below, limit) -> ids of dead letters that fit, newest first, at most limit + 1,
--   and the last id that was looked at when the look ended early: at most 2,000 are.
create or replace function app.dead_letter_page(
	p_workflow uuid, p_reason text, p_from uuid, p_below uuid, p_limit integer, out ids uuid[], out looked uuid)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	v_from  constant uuid := coalesce(p_from, '00000000-0000-0000-0000-000000000000');
	v_below constant uuid := coalesce(p_below, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
	v_most  constant integer := case when p_reason is null then p_limit + 1 else 2000 end;
begin
	if p_workflow is null then
		ids := array(
			select o.run_id from app.run_outcome o
			 where o.status = 'failed' and o.handled_at is null and o.run_id >= v_from and o.run_id < v_below
			 order by o.run_id desc limit v_most);
	else
		ids := array(
			select o.run_id from app.run_outcome o
			 where o.workflow_id = p_workflow and o.status = 'failed' and o.handled_at is null
			   and o.run_id >= v_from and o.run_id < v_below
			 order by o.run_id desc limit v_most);
	end if;
	if p_reason is not null then
		looked := case when cardinality(ids) = v_most then ids[v_most] end;
		ids := array(
			select o.run_id from app.run_outcome o
			 where o.run_id = any (ids) and app.dead_letter_reason(o.error) = p_reason
			 order by o.run_id desc limit p_limit + 1);
	end if;
end
$$;
revoke all on function app.dead_letter_page(uuid, text, uuid, uuid, integer) from public;
grant execute on function app.dead_letter_page(uuid, text, uuid, uuid, integer) to mr_api;

-- app.dead_letter_reason(error) -> failed, or quarantined: it had cost three workers.
create or replace function app.dead_letter_reason(p_error json)
returns text
language sql immutable parallel safe
return case when p_error->>'code' = 'QUARANTINED' then 'quarantined' else 'failed' end;
revoke all on function app.dead_letter_reason(json) from public;
grant execute on function app.dead_letter_reason(json) to mr_api;

-- app.dead_letter_json(run) -> the dead letter. attempts: tries of the step that failed, 0 where none did.
create or replace function app.dead_letter_json(p_id uuid)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select jsonb_build_object(
			'id', r.id, 'workflow_id', r.workflow_id,
			'workflow_name', coalesce((select w.name from app.workflow w where w.workspace_id = r.workspace_id and w.id = r.workflow_id), ''),
			'version', r.version, 'reason', app.dead_letter_reason(o.error), 'error', o.error,
			'attempts', (select count(*) from app.step s
			              where s.workspace_id = r.workspace_id and s.run_id = r.id and s.node_id = o.error->>'node'),
			'trigger', app.run_trigger(r, app.run_starter(r.user_id, r.token_id)), 'retry_of', r.retry_of,
			'created_at', app.ts(r.created_at), 'failed_at', app.ts(o.ended_at))
		  from app.run_outcome o
		  join app.run r on r.workspace_id = o.workspace_id and r.id = o.run_id
		 where o.run_id = p_id);
end
$$;
revoke all on function app.dead_letter_json(uuid) from public;
grant execute on function app.dead_letter_json(uuid) to mr_api;

-- app.dead_letter_end(run, as, replay) -> whether it was a dead letter, and isn't any more.
create or replace function app.dead_letter_end(p_id uuid, p_as text, p_replay uuid default null)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.run_outcome o
	   set handled_at = now(), handled_as = p_as, replay_id = p_replay
	 where o.run_id = p_id and o.status = 'failed' and o.handled_at is null;
	return found;
end
$$;
revoke all on function app.dead_letter_end(uuid, text, uuid) from public;
grant execute on function app.dead_letter_end(uuid, text, uuid) to mr_api;

-- app.dead_letter_bulk(p) -> {changed, skipped, next_cursor, ids}. See api.dead_letter_bulk. A step takes what nobody else is
--   handling at that moment.
create or replace function app.dead_letter_bulk(p jsonb)
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit constant integer := coalesce((p->>'limit')::integer, 100);
	v_below uuid := app.id_floor(app.instant_read(p->>'to', 'to'));
	v_after constant uuid := app.cursor_read('dead_letter_bulk', p->>'cursor')->>0;
	v_page  record;
	v_next  uuid;
	v_run   app.run;
	v_done  uuid[] := '{}';
begin
	v_below := least(v_after, v_below);
	select * into v_page
	  from app.dead_letter_page(
		case when p->>'workflow_id' is not null then (app.workflow_find(p->>'workflow_id')).id end, p->>'reason',
		app.id_floor(app.instant_read(p->>'since', 'since')), v_below, v_limit);
	v_next := case when cardinality(v_page.ids) > v_limit then v_page.ids[v_limit] else v_page.looked end;
	for v_run in
		select r.*
		  from app.run_outcome o
		  join app.run r on r.workspace_id = o.workspace_id and r.id = o.run_id
		  left join app.workflow w on w.workspace_id = r.workspace_id and w.id = r.workflow_id
		 where o.run_id = any (v_page.ids[1:v_limit]) and o.status = 'failed' and o.handled_at is null
		   and coalesce(app.share_level('workflow', w.id, w.visibility, w.created_by), 'edit') <> 'view'
		   and (p->>'action' = 'discard' or w.deleted_at is null)
		   for update of o skip locked
	loop
		if p->>'action' = 'discard' then
			perform app.dead_letter_end(v_run.id, 'discarded');
		else
			perform app.run_again(v_run, coalesce(p->>'from', 'start'), coalesce(p->>'version', 'same'));
		end if;
		v_done := v_done || v_run.id;
	end loop;
	return jsonb_build_object(
		'changed', cardinality(v_done), 'skipped', cardinality(v_page.ids[1:v_limit]) - cardinality(v_done),
		'next_cursor', case when v_next is not null then app.cursor_make('dead_letter_bulk', jsonb_build_array(v_next)) end,
		'ids', to_jsonb(v_done));
end
$$;
revoke all on function app.dead_letter_bulk(jsonb) from public;
grant execute on function app.dead_letter_bulk(jsonb) to mr_api;
