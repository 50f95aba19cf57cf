-- log: what a run had to say.
set local role mr_api;

-- api.run_logs({id, level?, node_id?, q?, from?, follow?, limit?, cursor?}) -> log lines, oldest first. level: this one and
--   worse; q: part of the message. follow: next_cursor is never null, so that a reader can ask for what comes later, and
--   `ended` says that nothing will. Data of lines needs run:data. Needs run:read. Raises MR404, MR400.
create or replace function api.run_logs(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_run    app.run;
	v_limit  integer;
	v_after  jsonb;
	v_at     timestamptz;
	v_ord    text;
	v_from   timestamptz;
	v_data   boolean;
	v_follow boolean := coalesce((p->>'follow')::boolean, false);
	v_items  json;
	v_last   jsonb;
	v_n      integer;
begin
	perform app.need('run:read');
	v_run := app.run_find(p->>'id');
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('run_logs', p->>'cursor');
	v_at := v_after->>0;
	v_ord := v_after->>1;
	v_from := app.instant_read(p->>'from', 'from');
	v_data := app.has('run:data');
	with page as materialized (
		select l.*, row_number() over (order by l.at, l.ord collate "C") as place
		  from app.run_lines(v_run) l
		 where (p->>'level' is null or app.level_no(l.level) >= app.level_no(p->>'level'))
		   and (p->>'node_id' is null or l.node_id = p->>'node_id')
		   and (v_from is null or l.at >= v_from)
		   and (p->>'q' is null or position(lower(p->>'q') in lower(l.message)) > 0)
		   and (v_after is null or (l.at, l.ord collate "C") > (v_at, v_ord))
		 order by l.at, l.ord collate "C"
		 limit v_limit + 1)
	select json_agg(json_build_object(
	           'id', l.id, 'run_id', v_run.id, 'node_id', l.node_id, 'timestamp', app.ts(l.at), 'level', l.level,
	           'message', l.message, 'data', case when v_data or l.id like 'step-%' then l.data end) order by l.place)
	           filter (where l.place <= v_limit),
	       (array_agg(jsonb_build_array(l.at, l.ord) order by l.place desc) filter (where l.place <= v_limit))[1],
	       count(*)
	  into v_items, v_last, v_n
	  from page l;
	if v_follow then
		return json_build_object(
			'items', coalesce(v_items, '[]'),
			'next_cursor', coalesce(app.cursor_make('run_logs', coalesce(v_last, v_after, jsonb_build_array('-infinity', '')))),
			'ended', v_run.completed_at is not null and v_n <= v_limit);
	end if;
	return json_build_object(
		'items', coalesce(v_items, '[]'),
		'next_cursor', case when v_n > v_limit then app.cursor_make('run_logs', v_last) end);
end
$$;
revoke all on function api.run_logs(jsonb) from public;
grant execute on function api.run_logs(jsonb) to mr_web;

-- api.log_get({run_id}) -> {run, steps, logs} of a run in one answer: its first 10,000 steps and lines.
--   Payloads need run:data. Needs run:read. Raises MR404.
create or replace function api.log_get(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_run   app.run;
	v_data  boolean;
	v_steps json;
	v_logs  json;
begin
	perform app.need('run:read');
	v_run := app.run_find(p->>'run_id');
	v_data := app.has('run:data');
	select json_agg(app.step_json(x.step, n.name, n.type, v_data) order by (x.step).step_no)
	  into v_steps
	  from (select s as step from app.step s where s.run_id = v_run.id order by s.step_no limit 10000) x
	  left join app.node_names(v_run.version_id) n on n.id = (x.step).node_id;
	select json_agg(json_build_object(
	           'id', l.id, 'run_id', v_run.id, 'node_id', l.node_id, 'timestamp', app.ts(l.at), 'level', l.level,
	           'message', l.message, 'data', case when v_data or l.id like 'step-%' then l.data end) order by l.at, l.ord collate "C")
	  into v_logs
	  from (select * from app.run_lines(v_run) l order by l.at, l.ord collate "C" limit 10000) l;
	return json_build_object('run', app.run_json(v_run), 'steps', coalesce(v_steps, '[]'), 'logs', coalesce(v_logs, '[]'));
end
$$;
revoke all on function api.log_get(jsonb) from public;
grant execute on function api.log_get(jsonb) to mr_web;
