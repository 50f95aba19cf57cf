-- share: private things and who sees them. A thing that can be private has visibility and created_by, a row of app.share for
-- each member who may see it besides its maker, and a restrictive policy in policy.sql (over hidden.sql), so that no operation can
-- forget it.
-- Levels: view < run < edit, always cut by the member's role; to run a connection is to use it in workflows that one saves.
-- What everybody in the workspace sees, the role alone decides. Nobody is above it: an owner without a share doesn't see
-- somebody else's private workflow or connection either. What other workspaces may use is in share_workspace.sql.
set local role mr_owner;

-- app.share_level(kind, id, visibility, maker) -> what who asks may at most do with a thing that is seen: view, run, edit.
create or replace function app.share_level(p_kind text, p_id uuid, p_visibility text, p_maker uuid)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_visibility = 'workspace' or p_maker = app.user_id() or app.sees_private() then
		return 'edit';
	end if;
	return coalesce((
		select s.level from app.share s
		 where s.workspace_id = app.workspace_id() and s.kind = p_kind and s.object_id = p_id and s.user_id = app.user_id()), 'view');
end
$$;
revoke all on function app.share_level(text, uuid, text, uuid) from public;
grant execute on function app.share_level(text, uuid, text, uuid) to mr_api;

-- app.share_need(kind, id, visibility, maker, level). Raises MR403 naming the share that is missing.
create or replace function app.share_need(p_kind text, p_id uuid, p_visibility text, p_maker uuid, p_level text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_level text;
begin
	if p_visibility = 'workspace' then
		return;
	end if;
	v_level := app.share_level(p_kind, p_id, p_visibility, p_maker);
	if array_position(array['view', 'run', 'edit'], v_level) < array_position(array['view', 'run', 'edit'], p_level) then
		raise exception using errcode = 'MR403',
			message = format('share needed: %s; this private %s is shared with you to %s', p_level, p_kind, v_level);
	end if;
end
$$;
revoke all on function app.share_need(text, uuid, text, uuid, text) from public;
grant execute on function app.share_need(text, uuid, text, uuid, text) to mr_api;

-- app.workflow_share_need(workflow, level): the same of a workflow by its id.
create or replace function app.workflow_share_need(p_workflow uuid, p_level text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.share_need('workflow', w.id, w.visibility, w.created_by, p_level) from app.workflow w where w.id = p_workflow;
end
$$;
revoke all on function app.workflow_share_need(uuid, text) from public;
grant execute on function app.workflow_share_need(uuid, text) to mr_api;

-- app.share_set(kind, id, shares): makes [{user_id, level}] all the shares of a thing of the entered workspace.
--   Raises MR400 naming each that is no member or comes twice.
create or replace function app.share_set(p_kind text, p_id uuid, p_shares jsonb)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_issues jsonb;
begin
	select jsonb_agg(app.issue(format('shares[%s].user_id', x.ord - 1),
	           case when x.n > 1 then 'is there twice' else 'is no member of the workspace' end) order by x.ord)
	  into v_issues
	  from (
		select e.ord, app.uuid_read(e.value->>'user_id') as user_id,
		       row_number() over (partition by lower(e.value->>'user_id') order by e.ord) as n
		  from jsonb_array_elements(p_shares) with ordinality as e (value, ord)) x
	 where x.n > 1 or not exists (select from app.member m where m.user_id = x.user_id);
	if v_issues is not null then
		perform app.fail('MR400', format('%s %s', v_issues->0->>'field', v_issues->0->>'issue'), null, v_issues);
	end if;
	delete from app.share s
	 where s.kind = p_kind and s.object_id = p_id
	   and s.user_id <> all (array(select app.uuid_read(e.value->>'user_id') from jsonb_array_elements(p_shares) as e));
	insert into app.share as s (workspace_id, kind, object_id, user_id, level, created_by)
	select app.workspace_id(), p_kind, p_id, app.uuid_read(e.value->>'user_id'), e.value->>'level', app.user_id()
	  from jsonb_array_elements(p_shares) as e
	    on conflict (workspace_id, kind, object_id, user_id) do update
	   set level = excluded.level
	 where s.level <> excluded.level;
end
$$;
revoke all on function app.share_set(text, uuid, jsonb) from public;
grant execute on function app.share_set(text, uuid, jsonb) to mr_api;

-- app.share_list(kind, id) -> [{user_id, kind, name, email, level}] by name.
create or replace function app.share_list(p_kind text, p_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select coalesce(jsonb_agg(jsonb_build_object(
		           'user_id', u.id, 'kind', u.kind, 'name', u.name, 'email', u.email, 'level', s.level) order by u.name, u.id), '[]')
		  from app.share s
		  join app.user_account u on u.id = s.user_id
		 where s.workspace_id = app.workspace_id() and s.kind = p_kind and s.object_id = p_id);
end
$$;
revoke all on function app.share_list(text, uuid) from public;
grant execute on function app.share_list(text, uuid) to mr_api;

-- app.share_change(kind, id, visibility, maker, p): what the operations *_share do to a thing whose visibility and maker are given:
--   p.shares, if there, become all its shares, and who makes somebody else's thing private keeps seeing it.
--   Raises MR400 on shares.
create or replace function app.share_change(p_kind text, p_id uuid, p_visibility text, p_maker uuid, p jsonb)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	if p ? 'shares' then
		perform app.share_set(p_kind, p_id, p->'shares');
	end if;
	if p_maker is distinct from app.user_id() and coalesce(p->>'visibility', p_visibility) = 'private' then
		insert into app.share as s (workspace_id, kind, object_id, user_id, level, created_by)
		values (app.workspace_id(), p_kind, p_id, app.user_id(), 'edit', app.user_id())
		    on conflict (workspace_id, kind, object_id, user_id) do update set level = 'edit';
	end if;
end
$$;
revoke all on function app.share_change(text, uuid, text, uuid, jsonb) from public;
grant execute on function app.share_change(text, uuid, text, uuid, jsonb) to mr_api;

-- app.shares_json(kind, id, visibility, maker, etag) -> who sees a thing: {visibility, created_by, access, items, workspaces, etag}.
create or replace function app.shares_json(p_kind text, p_id uuid, p_visibility text, p_maker uuid, p_etag bigint)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'visibility', p_visibility, 'created_by', p_maker, 'access', app.share_level(p_kind, p_id, p_visibility, p_maker),
		'items', app.share_list(p_kind, p_id), 'workspaces', app.share_workspace_list(p_kind, p_id), 'etag', p_etag);
end
$$;
revoke all on function app.shares_json(text, uuid, text, uuid, bigint) from public;
grant execute on function app.shares_json(text, uuid, text, uuid, bigint) to mr_api;

-- app.share_hand_over(workspace, user): what is private to a member who leaves is shared with the owners, who may edit it.
create or replace function app.share_hand_over(p_ws uuid, p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	insert into app.share as s (workspace_id, kind, object_id, user_id, level, created_by)
	select p_ws, x.kind, x.id, m.user_id, 'edit', p_user
	  from (
		select 'workflow' as kind, w.id, w.created_by, w.visibility from app.workflow w where w.workspace_id = p_ws
		union all
		select 'connection', c.id, c.created_by, c.visibility from app.connection c where c.workspace_id = p_ws) x
	  join app.member m on m.workspace_id = p_ws and m.role = 'owner' and m.user_id <> p_user
	 where x.visibility = 'private' and x.created_by = p_user
	    on conflict (workspace_id, kind, object_id, user_id) do update set level = 'edit';
end
$$;
revoke all on function app.share_hand_over(uuid, uuid) from public;
