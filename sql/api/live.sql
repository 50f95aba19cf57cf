-- live: rooms, read with the credential that opened the socket; the number of a room's last message is its client's.
set local role mr_api;

-- api.live_read({rooms: [{room, after?}], runs: [id]}) -> {workspace_id, rooms: [{room, seq, messages} | {room, error}],
--   runs: [run]}. `rooms` run:<id> tell what is above `after`; workspace and workflow:<id> only whether they may be
--   joined; `runs` are those of the ids asked for that are this workspace's. Needs run:read.
--   A room that is no room, or another workspace's, is an error of that room alone.
create or replace function api.live_read(p jsonb)
returns json
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_data  boolean;
	v_room  jsonb;
	v_rooms json[] := '{}';
	v_kind  text;
	v_id    text;
	v_runs  json;
begin
	perform app.need('run:read');
	v_data := app.has('run:data');
	for v_room in select e.value from jsonb_array_elements(coalesce(p->'rooms', '[]')) e loop
		v_kind := split_part(v_room->>'room', ':', 1);
		v_id := split_part(v_room->>'room', ':', 2);
		if v_kind = 'run' and exists (select from app.run r where r.id = app.uuid_read(v_id)) then
			v_rooms := v_rooms || app.live_run(v_room->>'room', v_id, (v_room->>'after')::integer, v_data);
		elsif v_room->>'room' = 'workspace'
		      or v_kind = 'workflow' and exists (
		          select from app.workflow w where w.id = app.uuid_read(v_id) and w.deleted_at is null) then
			v_rooms := v_rooms || json_build_object('room', v_room->'room');
		else
			v_rooms := v_rooms || json_build_object('room', v_room->'room', 'error',
			    json_build_object('code', 'NOT_FOUND', 'message', 'no such room'));
		end if;
	end loop;
	select app.runs_json(array_agg(app.uuid_read(e.value))) into v_runs
	  from jsonb_array_elements_text(coalesce(p->'runs', '[]')) e;
	return json_build_object('workspace_id', app.workspace_id(), 'rooms', array_to_json(v_rooms), 'runs', v_runs);
end
$$;
revoke all on function api.live_read(jsonb) from public;
grant execute on function api.live_read(jsonb) to mr_web;

-- api.live_alive(credentials, workspaces, addresses) -> for each whether it is still good there and from there; workspaces as
--   text, '' for none yet. Asked twice a second for those of open sockets.
create or replace function api.live_alive(p_credentials text[], p_workspaces text[], p_addresses text[])
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return to_jsonb(app.live_alive(p_credentials, array(select app.uuid_read(w) from unnest(p_workspaces) as w), p_addresses));
end
$$;
revoke all on function api.live_alive(text[], text[], text[]) from public;
grant execute on function api.live_alive(text[], text[], text[]) to mr_web;

-- api.live_tell(run): tells all web processes that a run has changed, after an operation on it; workers tell of what
--   they do themselves. Needs to have entered. Sent after the commit, on a connection of its own.
create or replace function api.live_tell(p_run uuid)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('run:read');
	perform pg_notify('mr_live', app.workspace_id() || ':' || p_run);
end
$$;
revoke all on function api.live_tell(uuid) from public;
grant execute on function api.live_tell(uuid) to mr_web;
