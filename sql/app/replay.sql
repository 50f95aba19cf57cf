-- replay: versions tried over recorded runs. The worker does it (work/replay.sql); these are the API's.
set local role mr_owner;

-- app.replay_find(id text) -> the replay. Raises MR404, the same for one of another workspace, one of a workflow that who asks
--   doesn't see, and an id that never was.
create or replace function app.replay_find(p_id text)
returns app.replay
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.replay;
begin
	select r.* into v
	  from app.replay r
	  join app.workflow w on w.workspace_id = r.workspace_id and w.id = r.workflow_id
	 where r.id = app.uuid_read(p_id) and w.deleted_at is null;
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such replay';
	end if;
	return v;
end
$$;
revoke all on function app.replay_find(text) from public;
grant execute on function app.replay_find(text) to mr_api;

-- app.replay_json(replay) -> a replay with its counts.
create or replace function app.replay_json(p app.replay)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'workflow_id', p.workflow_id, 'version', p.version, 'total', p.total, 'same', p.same,
		'differs', p.differs, 'skipped', p.skipped, 'is_done', p.completed_at is not null,
		'created_by', p.created_by, 'created_at', app.ts(p.created_at), 'completed_at', app.ts(p.completed_at));
end
$$;
revoke all on function app.replay_json(app.replay) from public;
grant execute on function app.replay_json(app.replay) to mr_api;

-- app.replay_runs(workflow, {run_ids?, from?, to?, limit?}) -> the runs to be tried: those named, else the newest that are over.
--   Raises MR404 on run_ids where one isn't of this workflow.
create or replace function app.replay_runs(p_workflow uuid, p jsonb)
returns uuid[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_named constant uuid[] := array(select distinct x::uuid from jsonb_array_elements_text(p->'run_ids') x);
	v_from  constant timestamptz := app.instant_read(p->>'from', 'from');
	v_to    constant timestamptz := app.instant_read(p->>'to', 'to');
	v_runs  uuid[];
begin
	if p ? 'run_ids' then
		v_runs := array(select r.id from app.run r where r.workflow_id = p_workflow and r.id = any (v_named));
		if cardinality(v_runs) < cardinality(v_named) then
			perform app.fail('MR404', 'one of these is no run of this workflow', 'run_ids');
		end if;
		return v_runs;
	end if;
	return array(
		select r.id from app.run r
		 where r.workflow_id = p_workflow and r.completed_at is not null and r.status <> 'cancelled'
		   and r.id >= coalesce(app.id_floor(v_from), '00000000-0000-0000-0000-000000000000')
		   and r.id < coalesce(app.id_floor(v_to), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
		 order by r.id desc
		 limit coalesce((p->>'limit')::integer, 100));
end
$$;
revoke all on function app.replay_runs(uuid, jsonb) from public;
grant execute on function app.replay_runs(uuid, jsonb) to mr_api;
