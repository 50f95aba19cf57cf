-- live: what web reads for open sockets and event streams, with the credential that opened them.
set local role mr_api;

-- api.live_read({rooms: [{room, after?, runs?}, …]}) -> [message, …], the messages of each room in order.
--   message: {room, seq, type, data} with type run.updated or step.updated, or {room, error: {code, message}}.
--   run:<id>       everything behind `after` from the database, seq being the run's own; without `after` nothing
--   workspace      a run.updated for each of `runs` that is there, seq null: web numbers them
--   workflow:<id>  the same for those of `runs` that are this workflow's
--   Needs run:read. Rooms of another workspace give the same error as those that never were.
create or replace function api.live_read(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_room     jsonb;
	v_name     text;
	v_workflow uuid;
	v_runs     uuid[];
	v_list     json[] := '{}';
begin
	perform app.need('run:read');
	for v_room in select r from jsonb_array_elements(p->'rooms') as r loop
		v_name := v_room->>'room';
		if v_name like 'run:%' then
			v_list := v_list || array(select m from app.live_run(v_name, (v_room->>'after')::integer) as m);
			continue;
		end if;
		v_workflow := null;
		if v_name like 'workflow:%' then
			select w.id into v_workflow from app.workflow w where w.id = app.uuid_read(substr(v_name, 10)) and w.deleted_at is null;
		end if;
		if v_name <> 'workspace' and v_workflow is null then
			v_list := v_list || json_build_object('room', v_name, 'error', json_build_object('code', 'NOT_FOUND', 'message',
			    case when v_name like 'workflow:%' then 'no such workflow' else 'no such room' end));
			continue;
		end if;
		v_runs := array(
			select r.id
			  from app.run r
			 where r.id = any (array(select app.uuid_read(x) from jsonb_array_elements_text(coalesce(v_room->'runs', '[]')) as x))
			   and (v_workflow is null or r.workflow_id = v_workflow)
			 order by r.id);
		v_list := v_list || array(
			select json_build_object('room', v_name, 'seq', null, 'type', 'run.updated', 'data', d)
			  from jsonb_array_elements(app.runs_json(v_runs)) as d);
	end loop;
	return array_to_json(v_list);
end
$$;
revoke all on function api.live_read(jsonb) from public;
grant execute on function api.live_read(jsonb) to mr_web;

-- api.live_check({credentials: [text, …]}) -> [true, false, …]: which of them still open something. Web asks once a second
--   for those of its open sockets. Who doesn't hold a credential learns nothing by asking.
create or replace function api.live_check(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return to_jsonb(app.credentials_alive(array(select jsonb_array_elements_text(coalesce(p->'credentials', '[]')))));
end
$$;
revoke all on function api.live_check(jsonb) from public;
grant execute on function api.live_check(jsonb) to mr_web;
