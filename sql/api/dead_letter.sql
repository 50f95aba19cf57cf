-- dead_letter: runs that failed for good, or were quarantined: kept with their reason until somebody replays or discards them.
set local role mr_api;

-- api.dead_letter_list({workflow_id?, reason?: failed|quarantined, from?, to?, limit?, cursor?}) -> dead letters, newest first.
--   Needs run:read. Raises MR404 on an unknown workflow, MR400 on a filter.
create or replace function api.dead_letter_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit constant integer := app.limit_read(p);
	v_after constant uuid := app.cursor_read('dead_letter_list', p->>'cursor')->>0;
	v_page  record;
	v_next  uuid;
begin
	perform app.need('run:read');
	select * into v_page
	  from app.dead_letter_page(
		case when p->>'workflow_id' is not null then (app.workflow_find(p->>'workflow_id')).id end, p->>'reason',
		app.id_floor(app.instant_read(p->>'from', 'from')),
		least(v_after, app.id_floor(app.instant_read(p->>'to', 'to'))), v_limit);
	v_next := case when cardinality(v_page.ids) > v_limit then v_page.ids[v_limit] else v_page.looked end;
	return jsonb_build_object(
		'items', coalesce((select jsonb_agg(app.dead_letter_json(x.id) order by x.ord)
		                     from unnest(v_page.ids[1:v_limit]) with ordinality as x (id, ord)), '[]'),
		'next_cursor', case when v_next is not null then app.cursor_make('dead_letter_list', jsonb_build_array(v_next)) end);
end
$$;
revoke all on function api.dead_letter_list(jsonb) from public;
grant execute on function api.dead_letter_list(jsonb) to mr_web;

-- api.dead_letter_get({id}) -> the dead letter; its input only with run:data. Needs run:read. Raises MR404.
create or replace function api.dead_letter_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.run;
begin
	perform app.need('run:read');
	v := app.dead_letter_find(p->>'id');
	return app.dead_letter_json(v.id) || jsonb_build_object('input', case when app.has('run:data') then app.run_input(v)::jsonb end);
end
$$;
revoke all on function api.dead_letter_get(jsonb) from public;
grant execute on function api.dead_letter_get(jsonb) to mr_web;

-- api.dead_letter_replay({id, from?: start|failed, version?: same|newest}) -> as run_retry; it is no dead letter any more. Needs
--   run:write. Raises MR404, MR409 its workflow was deleted, or has no such trigger in its newest version, MR42Q the quota is used up.
create or replace function api.dead_letter_replay(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.run;
begin
	perform app.need('run:write');
	-- Of two at once the second finds it handled.
	perform from app.run_outcome o where o.run_id = app.uuid_read(p->>'id') for update;
	v := app.run_retry(app.dead_letter_find(p->>'id'), p);
	return app.run_json(v);  -- a statement of its own, as in api.run_retry
end
$$;
revoke all on function api.dead_letter_replay(jsonb) from public;
grant execute on function api.dead_letter_replay(jsonb) to mr_web;

-- api.dead_letter_discard({id}) -> null: it is no dead letter any more; the run stays. Needs run:write. Raises MR404.
create or replace function api.dead_letter_discard(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_run app.run;
begin
	perform app.need('run:write');
	v_run := app.dead_letter_find(p->>'id');
	perform app.workflow_share_need(v_run.workflow_id, 'run');
	if not app.dead_letter_end(v_run.id, 'discarded') then
		raise exception using errcode = 'MR404', message = 'no such dead letter';  -- somebody else was faster
	end if;
	perform app.audit_add('dead_letter.discard', 'run', v_run.id, jsonb_build_object('workflow_id', v_run.workflow_id, 'version', v_run.version));
	return null;
end
$$;
revoke all on function api.dead_letter_discard(jsonb) from public;
grant execute on function api.dead_letter_discard(jsonb) to mr_web;

-- api.dead_letter_bulk({action: replay|discard, workflow_id?, reason?, since?, to?, from?, version?, limit?, cursor?})
--   -> {changed, skipped, next_cursor}: one step, newest first; the next one goes on from next_cursor, null: that was the last.
--   skipped: somebody was just handling them, their workflow was deleted, or is private and not shared to run. Needs run:write.
--   Raises MR404 no such workflow, MR400 on a filter, MR42Q the quota doesn't hold all of a step: then nothing of it was done.
create or replace function api.dead_letter_bulk(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v jsonb;
begin
	perform app.need('run:write');
	v := app.dead_letter_bulk(p);
	if v->'ids' <> '[]' then
		perform app.audit_add('dead_letter.' || (p->>'action'), 'run', null, jsonb_build_object('runs', v->'ids', 'filter', p - 'cursor'));
	end if;
	return v - 'ids';
end
$$;
revoke all on function api.dead_letter_bulk(jsonb) from public;
grant execute on function api.dead_letter_bulk(jsonb) to mr_web;
