-- retention: how long a workspace keeps its data.
set local role mr_api;

-- api.retention_get({id}) -> the settings; null: as long as the installation does. Needs workspace:read in that workspace. Raises MR404.
create or replace function api.retention_get(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.retention;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:read');
	select * into v from app.retention r;
	return app.retention_json(v);
end
$$;
revoke all on function api.retention_get(jsonb) from public;
grant execute on function api.retention_get(jsonb) to mr_web;

-- api.retention_set({id, run_days?, log_days?, delivery_days?, audit_days?}) -> the settings as they are now; what is absent is kept as
--   long as the installation does. Needs workspace:admin in that workspace. Raises MR404, MR400.
create or replace function api.retention_set(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.retention;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:admin');
	insert into app.retention as r (workspace_id, run_days, log_days, delivery_days, audit_days)
	values (app.workspace_id(), (p->>'run_days')::integer, (p->>'log_days')::integer, (p->>'delivery_days')::integer, (p->>'audit_days')::integer)
	on conflict (workspace_id) do update
	   set run_days = excluded.run_days, log_days = excluded.log_days, delivery_days = excluded.delivery_days,
	       audit_days = excluded.audit_days, etag = r.etag + 1, updated_at = now()
	returning * into v;
	return app.retention_json(v);
end
$$;
revoke all on function api.retention_set(jsonb) from public;
grant execute on function api.retention_set(jsonb) to mr_web;
