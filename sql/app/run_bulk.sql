-- run_bulk: one step of pausing, resuming or cancelling many runs. It runs with the rights of its caller, so policies bind it.
set local role mr_owner;

-- app.run_bulk(p) -> {changed, skipped, next_cursor}. See api.run_bulk.
--   A step takes what nobody else is moving at that moment and waits for nothing, so it holds up no worker. Each step is a
--   transaction: what was changed stays so, however many steps follow.
create or replace function app.run_bulk(p jsonb)
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit  constant integer := coalesce((p->>'limit')::integer, 200);
	v_fit    constant text[] := case p->>'action'
		when 'pause' then array['queued', 'running', 'waiting']
		when 'resume' then array['paused']
		else array['queued', 'running', 'waiting', 'paused'] end;
	v_status constant text[] := coalesce(app.status_read(p->>'status'), v_fit);
	v_below  uuid := app.id_floor(app.instant_read(p->>'to', 'to'));
	v_after  constant uuid := app.cursor_read('run_bulk', p->>'cursor')->>0;
	v_named  uuid[];
	v_page   record;
	v_ids    uuid[];
	v_next   uuid;
	v_done   uuid[];
begin
	if p ? 'run_ids' then
		v_ids := array(select r.id from app.run r where r.id = any (
			array(select app.uuid_read(x) from jsonb_array_elements_text(p->'run_ids') as x)));
		if cardinality(v_ids) < (select count(distinct lower(x)) from jsonb_array_elements_text(p->'run_ids') as x) then
			raise exception using errcode = 'MR404', column = 'run_ids', message = 'no such run';
		elsif p ?| array['workflow_id', 'status', 'trigger_type', 'from', 'to', 'q', 'cursor'] then
			perform app.fail('MR400', 'name the runs by their ids or by a filter, not both', 'run_ids');
		end if;
	elsif v_status && v_fit then
		v_below := least(v_after, v_below);
		if p->>'q' is not null then
			v_named := array(select w.id from app.workflow w where position(lower(p->>'q') in lower(w.name)) > 0);
		end if;
		select * into v_page
		  from app.run_page(
			case when p->>'workflow_id' is not null then (app.workflow_find(p->>'workflow_id')).id end,
			array(select s from unnest(v_status) as s where s = any (v_fit)), p->>'trigger_type',
			app.id_floor(app.instant_read(p->>'from', 'from')), v_below, v_named, p->>'q', v_limit, 2000);
		v_ids := v_page.ids[1:v_limit];
		v_next := case when cardinality(v_page.ids) > v_limit then v_ids[v_limit] else v_page.looked end;
	end if;
	v_done := app.run_act(p->>'action', app.run_lock(array(
		select r.id from app.run r
		  left join app.workflow w on w.workspace_id = r.workspace_id and w.id = r.workflow_id
		 where r.id = any (v_ids) and r.completed_at is null
		   and coalesce(app.share_level('workflow', w.id, w.visibility, w.created_by), 'edit') <> 'view')));
	return jsonb_build_object(
		'changed', cardinality(v_done), 'skipped', cardinality(coalesce(v_ids, '{}')) - cardinality(v_done),
		'next_cursor', case when v_next is not null then app.cursor_make('run_bulk', jsonb_build_array(v_next)) end,
		'ids', to_jsonb(v_done));
end
$$;
revoke all on function app.run_bulk(jsonb) from public;
grant execute on function app.run_bulk(jsonb) to mr_api;

-- app.live_tell_all(runs): tells the web processes, at the commit, that these runs of the entered workspace have changed. For
--   operations on many, which are rare: who tells in a transaction shares a lock with all others who do.
create or replace function app.live_tell_all(p_ids uuid[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	perform pg_notify('mr_live', x.text)
	  from (
		select string_agg(app.workspace_id() || ':' || i.id, ' ') as text
		  from unnest(p_ids) with ordinality as i (id, ord)
		 group by (i.ord - 1) / 100) x;  -- a notification holds 8,000 bytes
end
$$;
revoke all on function app.live_tell_all(uuid[]) from public;
grant execute on function app.live_tell_all(uuid[]) to mr_api;
