-- step: steps as the API shows them.
set local role mr_owner;

-- app.step_input(run, source) -> the items that a step was given: the outputs that its source names, one after another.
--   Of several attempts at a source the last one counts.
create or replace function app.step_input(p_run uuid, p_source json)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_source is null then
		return null;
	end if;
	return (
		select coalesce(json_agg(i.item order by x.ord, i.ord), '[]')
		  from (select y.src, y.ord
		          from json_array_elements(p_source) with ordinality as y (src, ord)
		         where y.src->'kept' is null) x
		 cross join lateral (
			select s.output
			  from app.step s
			 where s.run_id = p_run and s.node_id = x.src->>'node'
			   and s.iteration = coalesce((x.src->>'iteration')::integer, 0)
			 order by s.attempt desc
			 limit 1) o
		 cross join lateral json_array_elements(o.output -> coalesce(x.src->>'port', 'main')) with ordinality as i (item, ord)
		 where x.src->'first' is null or i.ord = 1);
end
$$;
revoke all on function app.step_input(uuid, json) from public;
grant execute on function app.step_input(uuid, json) to mr_api;

-- app.step_ports(output) -> how many items left by each port.
create or replace function app.step_ports(p_output json)
returns json
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (select coalesce(json_object_agg(e.key, json_array_length(e.value)), '{}')
	          from json_each(p_output) as e
	         where json_typeof(e.value) = 'array');
end
$$;
revoke all on function app.step_ports(json) from public;
grant execute on function app.step_ports(json) to mr_api;

-- app.step_output(output) -> the items of each port, without what the engine keeps beside them (a due time, a response).
create or replace function app.step_output(p_output json)
returns json
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_output is null then
		return null;
	elsif not exists (select from json_each(p_output) as e where json_typeof(e.value) <> 'array') then
		return p_output;
	end if;
	return (select json_object_agg(e.key, e.value) from json_each(p_output) as e where json_typeof(e.value) = 'array');
end
$$;
revoke all on function app.step_output(json) from public;
grant execute on function app.step_output(json) to mr_api;

-- app.step_json(step, node name, node type, with data) -> a step; input and output only with data.
create or replace function app.step_json(p app.step, p_name text, p_type text, p_data boolean)
returns json
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return json_build_object(
		'run_id', p.run_id, 'node_id', p.node_id, 'node_name', p_name, 'node_type', p_type,
		'iteration', p.iteration, 'attempt', p.attempt, 'step_no', p.step_no, 'status', p.status, 'source', p.source,
		'input', case when p_data then app.step_input(p.run_id, p.source) end,
		'output', case when p_data then app.step_output(p.output) end,
		'ports', app.step_ports(p.output), 'error', p.error, 'started_at', app.ts(p.started_at),
		'completed_at', case when p.status not in ('running', 'waiting') then
			app.ts(p.started_at + p.duration_us * interval '1 microsecond') end,
		'duration_ms', case when p.status not in ('running', 'waiting') then round(p.duration_us / 1000.0, 3) end);
end
$$;
revoke all on function app.step_json(app.step, text, text, boolean) from public;
grant execute on function app.step_json(app.step, text, text, boolean) to mr_api;

-- app.node_names(version) -> id, name and type of the nodes of a version.
create or replace function app.node_names(p_version uuid)
returns table (id text, name text, type text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select n->>'id', n->>'name', n->>'type'
	  from app.version v, json_array_elements(v.definition->'nodes') as n
	 where v.id = p_version;
end
$$;
revoke all on function app.node_names(uuid) from public;
grant execute on function app.node_names(uuid) to mr_api;
