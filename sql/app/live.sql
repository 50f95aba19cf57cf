-- live: what open sockets and event streams ask for.
set local role mr_owner;

-- app.live_alive(credentials, workspaces, addresses) -> for each whether it would still be let in and told of runs: its session or
--   token lives, so does its owner's account, the owner is in that workspace with run:read, the workspace isn't deleted,
--   and a token comes from where it may. A workspace of null: none was entered yet. Read only: nothing is marked as used.
create or replace function app.live_alive(p_credentials text[], p_workspaces uuid[], p_addresses text[])
returns boolean[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	return (
		select array_agg(case left(c.credential, 4)
		           when 'mrt_' then exists (
		               select from app.token t
		                 join app.user_account u on u.id = t.created_by and u.is_active
		                where t.token_hash = app.secret_hash(c.credential) and t.revoked_at is null
		                  and (t.expires_at is null or t.expires_at > now())
		                  and (t.addresses = '{}' or app.address_read(c.address) <<= any (t.addresses))
		                  and 'run:read' = any (t.scopes) and app.live_member(t.workspace_id, t.created_by))
		           else exists (
		               select from app.session s
		                 join app.user_account u on u.id = s.user_id and u.is_active
		                where s.token_hash = app.secret_hash(
		                          case left(c.credential, 4) when 'mrj_' then substr(c.credential, 5) else c.credential end)
		                  and s.revoked_at is null and s.expires_at > now()
		                  and (c.workspace is null or app.live_member(c.workspace, s.user_id))) end order by c.ord)
		  from unnest(p_credentials, p_workspaces, p_addresses) with ordinality as c (credential, workspace, address, ord));
end
$$;
revoke all on function app.live_alive(text[], uuid[], text[]) from public;
grant execute on function app.live_alive(text[], uuid[], text[]) to mr_api;

-- app.live_member(workspace, user) -> whether the user is in the workspace, which isn't deleted, with run:read.
create or replace function app.live_member(p_ws uuid, p_user uuid)
returns boolean
language plpgsql stable
as $$
begin
	return coalesce((
		select 'run:read' = any (string_to_array(app.role_text(m.workspace_id, m.role, m.role_id), ','))
		  from app.member m
		  join app.workspace w on w.id = m.workspace_id and w.deleted_at is null
		 where m.workspace_id = p_ws and m.user_id = p_user), false);
end
$$;
revoke all on function app.live_member(uuid, uuid) from public;

-- app.live_run(room, id, after, is data) -> what the room of a run has to tell above `after`:
--   {room, seq, messages: [{seq, type, data}]}, oldest first, at most 500 steps (`more` if there are others), or
--   {room, seq, reset: true} where the way from `after` is too long. after null: the present number alone.
--   A change of the status that shares its number with a step comes without one.
create or replace function app.live_run(p_room text, p_id text, p_after integer, p_data boolean)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	c_most constant integer := 500;
	v_run   app.run := app.run_find(p_id);
	v_steps json;
	v_last  integer;
	v_n     integer;
	v_run_message json;
begin
	if p_after is null or p_after >= v_run.seq then
		return json_build_object('room', p_room, 'seq', v_run.seq, 'messages', '[]'::json);
	elsif v_run.seq - p_after > 20000 then
		return json_build_object('room', p_room, 'seq', v_run.seq, 'reset', true);
	end if;
	with page as materialized (
		select s as step, s.step_no
		  from app.step s
		 where s.run_id = v_run.id and s.step_no > p_after and s.step_no <= v_run.seq
		 order by s.step_no
		 limit c_most)
	select json_agg(json_build_object('seq', x.step_no, 'type', 'step.updated',
	           'data', app.step_json(x.step, n.name, n.type, p_data)) order by x.step_no), max(x.step_no), count(*)
	  into v_steps, v_last, v_n
	  from page x
	  left join app.node_names(v_run.version_id) n on n.id = (x.step).node_id;
	if v_n = c_most and v_last < v_run.seq then
		return json_build_object('room', p_room, 'seq', v_last, 'more', true, 'messages', v_steps);
	end if;
	v_run_message := json_build_object('seq', case when v_last is distinct from v_run.seq then v_run.seq end,
	    'type', 'run.updated', 'data', app.runs_json(array[v_run.id])->0);
	return json_build_object('room', p_room, 'seq', v_run.seq, 'messages',
	    (select json_agg(m.message) from (
	        select e.value as message from json_array_elements(coalesce(v_steps, '[]')) with ordinality as e
	        union all select v_run_message) m));
end
$$;
revoke all on function app.live_run(text, text, integer, boolean) from public;
grant execute on function app.live_run(text, text, integer, boolean) to mr_api;
