-- step: what each node of a run did.
set local role mr_api;

-- api.step_list({id, limit?, cursor?}) -> the steps of a run in the order of step_no, with live_seq.
--   Input is derived from the outputs that the step's source names. Needs run:read; input and output need run:data.
--   Raises MR404 no such run.
create or replace function api.step_list(p jsonb)
returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_run   app.run;
	v_limit integer;
	v_after integer;
	v_data  boolean;
	v_items json;
	v_last  integer;
	v_n     integer;
begin
	perform app.need('run:read');
	v_run := app.run_find(p->>'id');
	v_limit := app.limit_read(p);
	v_after := coalesce((app.cursor_read('step_list', p->>'cursor')->>0)::integer, 0);
	v_data := app.has('run:data');
	with page as materialized (
		select s as step, s.step_no
		  from app.step s
		 where s.run_id = v_run.id and s.step_no > v_after
		 order by s.step_no
		 limit v_limit + 1),
	shown as (
		select page.* from page order by page.step_no limit v_limit)
	select json_agg(app.step_json(x.step, n.name, n.type, v_data) order by x.step_no), max(x.step_no),
	       (select count(*) from page)
	  into v_items, v_last, v_n
	  from shown x
	  left join app.node_names(v_run.version_id) n on n.id = (x.step).node_id;
	return json_build_object(
		'items', coalesce(v_items, '[]'),
		'next_cursor', case when v_n > v_limit then app.cursor_make('step_list', jsonb_build_array(v_last)) end,
		'live_seq', v_run.seq);
end
$$;
revoke all on function api.step_list(jsonb) from public;
grant execute on function api.step_list(jsonb) to mr_web;
