-- live: what the rooms of live pages are told. Read with the rights of whoever listens.
set local role mr_owner;

-- app.live_run(room, after) -> the messages of the room run:<id> behind a sequence number, oldest first: its steps by
--   step_no, and the run itself at its own number. after null: none, but the room is there. A run that isn't there gives
--   the same error as one of another workspace.
create or replace function app.live_run(p_room text, p_after integer)
returns setof json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_run  app.run;
	v_top  integer;
begin
	select * into v_run from app.run r where r.id = app.uuid_read(substr(p_room, 5));
	if v_run.id is null then
		return next json_build_object('room', p_room, 'error', json_build_object('code', 'NOT_FOUND', 'message', 'no such run'));
		return;
	elsif p_after is null or p_after >= v_run.seq then
		return;
	end if;
	return query
	select json_build_object('room', p_room, 'seq', (x.step).step_no, 'type', 'step.updated',
	                         'data', app.step_json(x.step, n.name, n.type, false))
	  from (
		select s as step from app.step s
		 where s.run_id = v_run.id and s.step_no > p_after
		 order by s.step_no
		 limit 1000) x
	  left join app.node_names(v_run.version_id) n on n.id = (x.step).node_id
	 order by (x.step).step_no;
	select max(s.step_no) into v_top from app.step s where s.run_id = v_run.id;
	-- A number belongs to one message: a run whose last change was a step has told it by that step.
	if v_run.seq > coalesce(v_top, 0) then
		return next json_build_object('room', p_room, 'seq', v_run.seq, 'type', 'run.updated', 'data', app.runs_json(array[v_run.id])->0);
	end if;
end
$$;
revoke all on function app.live_run(text, integer) from public;
grant execute on function app.live_run(text, integer) to mr_api;

-- app.credentials_alive(credentials) -> for each, whether it still opens something.
create or replace function app.credentials_alive(p text[])
returns boolean[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return array(
		select case left(c.text, 4)
			when 'mrt_' then exists (
				select from app.token t
				  join app.workspace w on w.id = t.workspace_id and w.deleted_at is null
				  join app.member m on m.workspace_id = t.workspace_id and m.user_id = t.created_by
				  join app.user_account u on u.id = t.created_by and u.is_active
				 where t.token_hash = app.secret_hash(c.text) and t.revoked_at is null
				   and (t.expires_at is null or t.expires_at > now()))
			else exists (
				select from app.session s
				  join app.user_account u on u.id = s.user_id and u.is_active
				 where s.token_hash = app.secret_hash(case left(c.text, 4) when 'mrj_' then substr(c.text, 5) else c.text end)
				   and s.kind = case left(c.text, 4) when 'mrj_' then 'jwt' else 'cookie' end
				   and s.revoked_at is null and s.expires_at > now()) end
		  from unnest(p) with ordinality as c (text, ord)
		 order by c.ord);
end
$$;
revoke all on function app.credentials_alive(text[]) from public;
grant execute on function app.credentials_alive(text[]) to mr_api;
