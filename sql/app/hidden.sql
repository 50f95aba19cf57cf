-- hidden: what the restrictive policies of policy.sql ask about private things; share.sql has the rules.
set local role mr_owner;

-- app.shared(kind) -> ids of the things of a kind that are shared with who asks. For policies, as a sub-select: then it runs
--   once a statement, and only where a private thing is met that isn't the asker's own.
create or replace function app.shared(p_kind text)
returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ctx constant text[] := app.ctx();
begin
	return array(
		select s.object_id from app.share s
		 where s.workspace_id = v_ctx[1]::uuid and s.user_id = nullif(v_ctx[2], '')::uuid and s.kind = p_kind);
end
$$;
revoke all on function app.shared(text) from public;
grant execute on function app.shared(text) to mr_api;

-- app.sees_private() -> whether private things are no secret here: a webhook's token starts its own workflow by
--   api.workflow_execute and does nothing else; `whole` is app.workspace_whole.
create or replace function app.sees_private()
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return coalesce((app.ctx())[5] in ('hook', 'whole'), false);
end
$$;
revoke all on function app.sees_private() from public;
grant execute on function app.sees_private() to mr_api;

-- app.hidden_workflows() -> ids of the workflows that who asks doesn't see; for the policy on runs, which don't say
--   themselves whether they are private.
create or replace function app.hidden_workflows()
returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ctx  constant text[] := app.ctx();
	v_ws   constant uuid := nullif(v_ctx[1], '')::uuid;
	v_user constant uuid := nullif(v_ctx[2], '')::uuid;
begin
	if v_ctx[5] in ('hook', 'whole') then
		return '{}';
	end if;
	return array(
		select w.id from app.workflow w
		 where w.workspace_id = v_ws and w.visibility = 'private' and w.created_by is distinct from v_user
		   and not exists (
			select from app.share s
			 where s.workspace_id = v_ws and s.kind = 'workflow' and s.object_id = w.id and s.user_id = v_user));
end
$$;
revoke all on function app.hidden_workflows() from public;
grant execute on function app.hidden_workflows() to mr_api;
