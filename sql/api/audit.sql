-- audit: the workspace's audit log.
set local role mr_api;

-- api.audit_list({actor?, action?, resource?, from?, to?, q?, limit?, cursor?}) -> entries, newest first. Needs audit:read.
--   Raises MR400 on a filter.
create or replace function api.audit_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v record;
begin
	perform app.need('audit:read');
	select * into v from app.audit_page('audit_list', p, app.limit_read(p));
	return jsonb_build_object('items', coalesce((
		select jsonb_agg(e.j order by e.ord)
		  from (
			select x.ord, app.audit_json(a) as j
			  from unnest(v.ids) with ordinality as x (id, ord)
			  join app.audit a on a.workspace_id = app.workspace_id() and a.id = x.id) e), '[]'),
		'next_cursor', v.next_cursor);
end
$$;
revoke all on function api.audit_list(jsonb) from public;
grant execute on function api.audit_list(jsonb) to mr_web;

-- api.audit_create({action, kind?, resource_id?, detail?}) -> the entry, whose action begins with `own.`, so that it is none of
--   ours. Needs audit:write. Raises MR400.
create or replace function api.audit_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.audit;
begin
	perform app.need('audit:write');
	if length((p->'detail')::text) > 16384 then
		perform app.fail('MR400', 'the detail must not be longer than 16 KiB', 'detail');
	end if;
	perform app.audit_add('own.' || (p->>'action'), coalesce(p->>'kind', 'own'), (p->>'resource_id')::uuid, p->'detail');
	select * into v from app.audit a where a.actor_id = app.user_id() order by a.id desc limit 1;
	return app.audit_json(v);
end
$$;
revoke all on function api.audit_create(jsonb) from public;
grant execute on function api.audit_create(jsonb) to mr_web;

-- api.audit_report({from, to}) -> sums by action, actor, kind and day. Needs audit:read. Raises MR400 on from, to.
create or replace function api.audit_report(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_to   timestamptz;
	v_from timestamptz;
begin
	perform app.need('audit:read');
	v_to := coalesce(app.instant_read(p->>'to', 'to'), now());
	v_from := coalesce(app.instant_read(p->>'from', 'from'), v_to - interval '30 days');
	if v_from >= v_to or v_from < v_to - interval '366 days' then
		perform app.fail('MR400', '`from` must lie before `to`, by a year at most', 'from');
	end if;
	return app.audit_report(v_from, v_to);
end
$$;
revoke all on function api.audit_report(jsonb) from public;
grant execute on function api.audit_report(jsonb) to mr_web;

-- api.audit_export({format?, actor?, action?, resource?, from?, to?, q?, cursor?}) -> {data, next}: the next 500 entries as text
--   and the cursor behind them; null: there are no more. web asks until then. Needs audit:read. Raises MR400.
create or replace function api.audit_export(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_format constant text := coalesce(p->>'format', 'ndjson');
	v_data   text := '';
	v        record;
begin
	perform app.need('audit:read');
	select * into v from app.audit_page('audit_export', p, 500);
	if not p ? 'cursor' then
		if v_format = 'csv' then
			v_data := app.csv('{at,actor_kind,actor_id,actor_name,action,operation,kind,resource_id,request_id,address,agent,before,after,detail,seq,hash}');
		end if;
		perform app.audit_add('audit.export', 'audit', null, p);
	end if;
	return jsonb_build_object('data', v_data || coalesce(app.audit_text(v.ids, v_format), ''), 'next', v.next_cursor);
end
$$;
revoke all on function api.audit_export(jsonb) from public;
grant execute on function api.audit_export(jsonb) to mr_web;

-- api.audit_verify({}) -> the check of the whole chain that is under way now. Workers do it in slices. Needs audit:read.
create or replace function api.audit_verify(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.audit_proof;
begin
	perform app.need('audit:read');
	select * into v from app.audit_proof x where x.status = 'running' order by x.id desc limit 1;
	if v.id is null then
		insert into app.audit_proof (workspace_id, created_by) values (app.workspace_id(), app.user_id()) returning * into v;
		perform app.audit_add('audit.verify', 'audit', v.id, null);
	end if;
	return app.audit_proof_json(v);
end
$$;
revoke all on function api.audit_verify(jsonb) from public;
grant execute on function api.audit_verify(jsonb) to mr_web;

-- api.audit_proof_get({}) -> the newest check of the chain, null before the first one. Needs audit:read.
create or replace function api.audit_proof_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.audit_proof;
begin
	perform app.need('audit:read');
	select * into v from app.audit_proof x order by x.id desc limit 1;
	return case when v.id is not null then app.audit_proof_json(v) end;
end
$$;
revoke all on function api.audit_proof_get(jsonb) from public;
grant execute on function api.audit_proof_get(jsonb) to mr_web;

-- api.audit_refused({status, code, message, email?, workspace?}): what web refused is written down after its transaction was rolled back.
--   Called by web itself, with the credential that was refused, or with none for a sign-in that failed.
create or replace function api.audit_refused(p jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.audit_refused(p);
end
$$;
revoke all on function api.audit_refused(jsonb) from public;
grant execute on function api.audit_refused(jsonb) to mr_web;
