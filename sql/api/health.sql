-- health: the system as its operators and its probes see it.
set local role mr_api;

-- api.readyz({vault?}) -> {status, checks, queue_age_ms}: for the probe; nobody needs to be signed in. That it answers says that
--   database and functions are there. The queue's age is shown and takes nobody out.
create or replace function api.readyz(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object('status', 'ok', 'checks', jsonb_strip_nulls(jsonb_build_object('database', 'ok', 'migrations', 'ok', 'vault', p->'vault')),
	                          'queue_age_ms', app.queue_health()->'age_ms');
end
$$;
revoke all on function api.readyz(jsonb) from public;
grant execute on function api.readyz(jsonb) to mr_web;

-- api.health_get({vault?}) -> {status, checked_at, services}: the worst of the services is the status. Needs workflow:read.
create or replace function api.health_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_services jsonb;
begin
	perform app.need('workflow:read');
	v_services := app.health_services(p);
	return jsonb_build_object(
		'status', case when v_services @> '[{"status":"down"}]' then 'down'
		               when v_services @> '[{"status":"degraded"}]' then 'degraded' else 'ok' end,
		'checked_at', app.ts(clock_timestamp()), 'services', v_services);
end
$$;
revoke all on function api.health_get(jsonb) from public;
grant execute on function api.health_get(jsonb) to mr_web;

-- api.health_service_get({name, vault?}) -> one service with its processes. Needs workflow:read. Raises MR404.
create or replace function api.health_service_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_service jsonb;
begin
	perform app.need('workflow:read');
	select s into v_service from jsonb_array_elements(app.health_services(p)) as s where s->>'name' = p->>'name';
	if v_service is null then
		raise exception using errcode = 'MR404', message = 'no such service';
	end if;
	return v_service;
end
$$;
revoke all on function api.health_service_get(jsonb) from public;
grant execute on function api.health_service_get(jsonb) to mr_web;
