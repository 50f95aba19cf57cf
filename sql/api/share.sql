-- share: who sees a private workflow, and what they may do with it. app/share.sql has the rules.
set local role mr_api;

-- api.workflow_share_list({id}) -> {visibility, created_by, access, items, etag}. Needs workflow:read. Raises MR404.
create or replace function api.workflow_share_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('workflow:read');
	return app.workflow_shares(app.workflow_find(p->>'id'));
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
	if p ? 'shares' then
		perform app.share_set('workflow', v.id, p->'shares');
	end if;
	if v.created_by is distinct from app.user_id() and coalesce(p->>'visibility', v.visibility) = 'private' then
		insert into app.share as s (workspace_id, kind, object_id, user_id, level, created_by)
		values (v.workspace_id, 'workflow', v.id, app.user_id(), 'edit', app.user_id())
		    on conflict (workspace_id, kind, object_id, user_id) do update set level = 'edit';
	end if;
	update app.workflow w
	   set visibility = coalesce(p->>'visibility', w.visibility), etag = w.etag + 1, updated_at = now()
	 where w.workspace_id = v.workspace_id and w.id = v.id
	returning w.* into v;
	return app.workflow_shares(v);
end
$$;
revoke all on function api.workflow_share(jsonb) from public;
grant execute on function api.workflow_share(jsonb) to mr_web;
