-- version: what makes two versions of a workflow differ, and what may still change of one: its label and its note.
set local role mr_owner;

-- app.version_find(workflow, number) -> the version. Raises MR404 naming the field, where there is one to name.
create or replace function app.version_find(p_workflow uuid, p_number integer, p_field text default null)
returns app.version
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.version;
begin
	select * into v from app.version x where x.workflow_id = p_workflow and x.number = p_number;
	if v.id is null then
		perform app.fail('MR404', 'no such version', p_field);
	end if;
	return v;
end
$$;
revoke all on function app.version_find(uuid, integer, text) from public;
grant execute on function app.version_find(uuid, integer, text) to mr_api;

-- app.fields_diff(before, after, prefix) -> [{field, before?, after?}] of the members in which two objects differ; a member
--   that isn't there has no value here either.
create or replace function app.fields_diff(p_before jsonb, p_after jsonb, p_prefix text)
returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select coalesce(jsonb_agg(jsonb_build_object('field', p_prefix || x.key)
		                          || case when x.had then jsonb_build_object('before', x.before) else '{}' end
		                          || case when x.has then jsonb_build_object('after', x.after) else '{}' end
		                          order by x.key), '[]')
		  from (select coalesce(b.key, a.key) as key, b.value as before, a.value as after,
		               b.key is not null as had, a.key is not null as has
		          from jsonb_each(case jsonb_typeof(p_before) when 'object' then p_before else '{}' end) b
		          full join jsonb_each(case jsonb_typeof(p_after) when 'object' then p_after else '{}' end) a on a.key = b.key
		         where a.value is distinct from b.value) x);
end
$$;
revoke all on function app.fields_diff(jsonb, jsonb, text) from public;
grant execute on function app.fields_diff(jsonb, jsonb, text) to mr_api;

-- app.node_diff(before, after) -> the fields in which a node differs, those of its config by name. Where it stands on the
--   canvas is no difference.
create or replace function app.node_diff(p_before jsonb, p_after jsonb)
returns jsonb
language sql immutable
return app.fields_diff(p_before - array['config', 'position', 'id'], p_after - array['config', 'position', 'id'], '')
    || app.fields_diff(p_before->'config', p_after->'config', 'config.');
revoke all on function app.node_diff(jsonb, jsonb) from public;
grant execute on function app.node_diff(jsonb, jsonb) to mr_api;

-- app.nodes_diff(before, after) -> [{change, id, name, type, fields}] of the nodes of two definitions, matched by id: those of
--   the later one in its order, then those that are gone.
create or replace function app.nodes_diff(p_before jsonb, p_after jsonb)
returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select coalesce(jsonb_agg(jsonb_build_object(
				'change', case when x.b is null then 'added' when x.a is null then 'removed' else 'changed' end,
				'id', coalesce(x.a, x.b)->'id', 'name', coalesce(coalesce(x.a, x.b)->>'name', ''),
				'type', coalesce(x.a, x.b)->'type',
				'fields', app.node_diff(x.b, x.a)) order by x.at is null, x.at, x.bt), '[]')
		  from (select b.n as b, a.n as a, a.ord as at, b.ord as bt
		          from jsonb_array_elements(p_before->'nodes') with ordinality as b (n, ord)
		          full join jsonb_array_elements(p_after->'nodes') with ordinality as a (n, ord) on a.n->>'id' = b.n->>'id') x
		 where x.b is null or x.a is null or app.node_diff(x.b, x.a) <> '[]');
end
$$;
revoke all on function app.nodes_diff(jsonb, jsonb) from public;
grant execute on function app.nodes_diff(jsonb, jsonb) to mr_api;

-- app.edges_diff(before, after) -> [{change, from, from_port, to, to_port}]; an edge is its two ends.
create or replace function app.edges_diff(p_before jsonb, p_after jsonb)
returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		with e as (
			select x.side, jsonb_build_object('from', x.e->'from', 'from_port', coalesce(x.e->>'from_port', 'main'),
			                                  'to', x.e->'to', 'to_port', coalesce(x.e->>'to_port', 'main')) as ends
			  from (select 'removed' as side, b as e from jsonb_array_elements(p_before->'edges') b
			         union all
			        select 'added', a from jsonb_array_elements(p_after->'edges') a) x)
		select coalesce(jsonb_agg(jsonb_build_object('change', y.side) || y.ends order by y.ends, y.side), '[]')
		  from (select min(e.side) as side, e.ends from e group by e.ends having count(distinct e.side) = 1) y);
end
$$;
revoke all on function app.edges_diff(jsonb, jsonb) from public;
grant execute on function app.edges_diff(jsonb, jsonb) to mr_api;

-- app.version_diff(from, to) -> what changes when the one takes the other's place.
create or replace function app.version_diff(p_from app.version, p_to app.version)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_from constant jsonb := p_from.definition;
	v_to   constant jsonb := p_to.definition;
begin
	return jsonb_build_object(
		'from', p_from.number, 'to', p_to.number,
		'nodes', app.nodes_diff(v_from, v_to),
		'edges', app.edges_diff(v_from, v_to),
		'settings', app.fields_diff(v_from->'settings', v_to->'settings', ''),
		'variables', app.fields_diff(v_from->'variables', v_to->'variables', ''));
end
$$;
revoke all on function app.version_diff(app.version, app.version) from public;
grant execute on function app.version_diff(app.version, app.version) to mr_api;

-- app.version_publish(version, {label?, note?}): what it is called from now on. Raises MR409 on label where another version
--   of the workflow has it.
create or replace function app.version_publish(p app.version, p_words jsonb)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	if exists (select from app.version x
	            where x.workflow_id = p.workflow_id and x.label = p_words->>'label' and x.number <> p.number) then
		perform app.fail('MR409', 'another version has this label', 'label');
	end if;
	update app.version x
	   set label = coalesce(p_words->>'label', x.label), note = coalesce(p_words->>'note', x.note)
	 where x.workspace_id = p.workspace_id and x.id = p.id;
end
$$;
revoke all on function app.version_publish(app.version, jsonb) from public;
grant execute on function app.version_publish(app.version, jsonb) to mr_api;

-- What a version is stays; only what it is called may change.
create or replace function app.version_stays()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
	raise exception using errcode = 'MR409', message = 'a version never changes';
end
$$;
revoke all on function app.version_stays() from public;
create or replace trigger immutable before update of id, workflow_id, number, definition, created_by, created_at
	on app.version for each row execute function app.version_stays();
