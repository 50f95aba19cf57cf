-- share: who sees a private workflow or connection, and what they may do with it. app/share.sql has the rules.
set local role mr_api;

-- api.workflow_share_list({id}) -> {visibility, created_by, access, items, workspaces, etag}. Needs workflow:read. Raises MR404.
create or replace function api.workflow_share_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.need('workflow:read');
	v := app.workflow_find(p->>'id');
	return app.shares_json('workflow', v.id, v.visibility, v.created_by, v.etag);
end
$$;
revoke all on function api.workflow_share_list(jsonb) from public;
grant execute on function api.workflow_share_list(jsonb) to mr_web;

-- api.workflow_share({id, visibility?, shares?: [{user_id, level}], if_match?}) -> as workflow_share_list. `shares` replaces
--   them all; they are kept, without effect, while everybody in the workspace sees the workflow. Who makes somebody else's
--   workflow private keeps seeing it. Needs workflow:write, and to be its maker or to have it shared to edit.
--   Raises MR404, MR403, MR400 on shares, MR412.
create or replace function api.workflow_share(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workflow;
begin
	perform app.need('workflow:write');
	v := app.workflow_lock(p->>'id');
	perform app.match_check(p, v.etag);
	perform app.share_change('workflow', v.id, v.visibility, v.created_by, p);
	update app.workflow w
	   set visibility = coalesce(p->>'visibility', w.visibility), etag = w.etag + 1, updated_at = now()
	 where w.workspace_id = v.workspace_id and w.id = v.id
	returning w.* into v;
	return app.shares_json('workflow', v.id, v.visibility, v.created_by, v.etag);
end
$$;
revoke all on function api.workflow_share(jsonb) from public;
grant execute on function api.workflow_share(jsonb) to mr_web;

-- api.connection_share_list({id}) -> as workflow_share_list; workspaces: which others may use it. Needs connection:read.
--   Raises MR404, MR403 for one of another workspace that this one may use.
create or replace function api.connection_share_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.connection;
begin
	perform app.need('connection:read');
	v := app.connection_need(p->>'id', 'view');
	return app.shares_json('connection', v.id, v.visibility, v.created_by, v.etag);
end
$$;
revoke all on function api.connection_share_list(jsonb) from public;
grant execute on function api.connection_share_list(jsonb) to mr_web;

-- api.connection_share({id, visibility?, shares?, workspace_ids?, if_match?}) -> as connection_share_list. As workflow_share;
--   `workspace_ids` replaces the others that may use it, whose members may use it then as far as their roles go. Needs
--   connection:write, and to be its maker (app.connection_open_need). Raises MR404 (also on workspace_ids), MR403, MR400 on shares, MR412.
create or replace function api.connection_share(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.connection;
begin
	perform app.need('connection:write');
	v := app.connection_lock(p->>'id');
	perform app.connection_open_need(v);
	perform app.share_change('connection', v.id, v.visibility, v.created_by, p);
	if p ? 'workspace_ids' then
		perform app.share_workspace_set('connection', v.id, p->'workspace_ids');
	end if;
	-- Last, so that ids of others are as unknown as any, whatever was read.
	perform app.match_check(p, v.etag);
	update app.connection c
	   set visibility = coalesce(p->>'visibility', c.visibility), etag = c.etag + 1, updated_at = now()
	 where c.workspace_id = v.workspace_id and c.id = v.id
	returning c.* into v;
	return app.shares_json('connection', v.id, v.visibility, v.created_by, v.etag);
end
$$;
revoke all on function api.connection_share(jsonb) from public;
grant execute on function api.connection_share(jsonb) to mr_web;
