-- replay: a version tried over recorded runs of its workflow, I/O answered from what they recorded (app/replay.sql).
set local role mr_api;

-- api.replay_create({id, version?, run_ids?, from?, to?, limit?}) -> the replay, which workers do in the background. version: the
--   newest if absent; runs: those named (≤ 1,000), else the newest `limit` (100) that succeeded or failed in that time.
--   Needs workflow:write. Raises MR404 on version, on run_ids.
create or replace function api.replay_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow app.workflow;
	v_version  app.version;
	v_runs     uuid[];
	v          app.replay;
begin
	perform app.need('workflow:write');
	v_workflow := app.workflow_find(p->>'id');
	perform app.share_need('workflow', v_workflow.id, v_workflow.visibility, v_workflow.created_by, 'edit');
	v_version := app.version_find(v_workflow.id, coalesce((p->>'version')::integer, v_workflow.draft_version), 'version');
	v_runs := app.replay_runs(v_workflow.id, p);
	insert into app.replay (workspace_id, workflow_id, version_id, version, total, created_by, completed_at)
	values (v_workflow.workspace_id, v_workflow.id, v_version.id, v_version.number, cardinality(v_runs), app.user_id(),
	        case when v_runs = '{}' then now() end)
	returning * into v;
	insert into app.replay_run (workspace_id, replay_id, run_id)
	select v.workspace_id, v.id, r from unnest(v_runs) r;
	return app.replay_json(v);
end
$$;
revoke all on function api.replay_create(jsonb) from public;
grant execute on function api.replay_create(jsonb) to mr_web;

-- api.replay_list({id, limit?, cursor?}) -> the replays of a workflow, newest first. Needs run:read. Raises MR404.
create or replace function api.replay_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow uuid;
	v_limit    integer;
	v_after    uuid;
	v_rows     jsonb;
begin
	perform app.need('run:read');
	v_workflow := (app.workflow_find(p->>'id')).id;
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('replay_list', p->>'cursor')->>0;
	select coalesce(jsonb_agg(app.replay_json(x) order by x.id desc), '[]')
	  into v_rows
	  from (
		select * from app.replay x
		 where x.workflow_id = v_workflow and (v_after is null or x.id < v_after)
		 order by x.id desc
		 limit v_limit + 1) x;
	return app.page('replay_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.replay_list(jsonb) from public;
grant execute on function api.replay_list(jsonb) to mr_web;

-- api.replay_get({id}) -> the replay with its counts so far. Needs run:read. Raises MR404.
create or replace function api.replay_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('run:read');
	return app.replay_json(app.replay_find(p->>'id'));
end
$$;
revoke all on function api.replay_get(jsonb) from public;
grant execute on function api.replay_get(jsonb) to mr_web;

-- api.replay_run_list({id, outcome?, limit?, cursor?}) -> its runs that were tried, newest first: those that differ (the default),
--   are the same or were skipped, with the differences step by step. Needs run:data. Raises MR404.
create or replace function api.replay_run_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_replay  uuid;
	v_limit   integer;
	v_after   uuid;
	v_outcome constant text := coalesce(p->>'outcome', 'differs');
	v_rows    jsonb;
begin
	perform app.need('run:data');
	v_replay := (app.replay_find(p->>'id')).id;
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('replay_run_list', p->>'cursor')->>0;
	select coalesce(jsonb_agg(jsonb_build_object('run_id', x.run_id, 'outcome', x.outcome, 'reason', x.reason,
	                          'differences', coalesce(x.differences, '[]')) order by x.run_id desc), '[]')
	  into v_rows
	  from (
		select * from app.replay_run x
		 where x.replay_id = v_replay and x.outcome = v_outcome and (v_after is null or x.run_id < v_after)
		 order by x.run_id desc
		 limit v_limit + 1) x;
	return app.page('replay_run_list', v_rows, v_limit, '{run_id}');
end
$$;
revoke all on function api.replay_run_list(jsonb) from public;
grant execute on function api.replay_run_list(jsonb) to mr_web;

-- api.replay_delete({id}) -> null. One that isn't done ends. Needs workflow:write. Raises MR404, also the second time.
create or replace function api.replay_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.replay;
begin
	perform app.need('workflow:write');
	v := app.replay_find(p->>'id');
	perform app.workflow_share_need(v.workflow_id, 'edit');
	delete from app.replay r where r.workspace_id = v.workspace_id and r.id = v.id;
	return null;
end
$$;
revoke all on function api.replay_delete(jsonb) from public;
grant execute on function api.replay_delete(jsonb) to mr_web;
