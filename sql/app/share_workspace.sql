-- share_workspace: what other workspaces may use. A row of app.share_workspace belongs to the workspace that lends; the one that
-- borrows is named in it and sees no table of the other: these functions say what it may know.
--
-- A borrower may use a thing in its workflows. It never reads a secret, changes nothing and lends nothing on.
set local role mr_owner;

-- app.share_borrowed(kind) -> what others lend the entered workspace: {id, workspace_id, owner (its name)}. A workspace that
--   was deleted lends nothing.
create or replace function app.share_borrowed(p_kind text)
returns table (id uuid, workspace_id uuid, owner text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select s.object_id, s.workspace_id, w.name
	  from app.share_workspace s
	  join app.workspace w on w.id = s.workspace_id and w.deleted_at is null
	 where s.to_workspace_id = app.workspace_id() and s.kind = p_kind;
end
$$;
revoke all on function app.share_borrowed(text) from public;
grant execute on function app.share_borrowed(text) to mr_api;

-- app.share_workspace_list(kind, id) -> the workspaces that may use a thing of this one: [{id, name, slug}] by name.
create or replace function app.share_workspace_list(p_kind text, p_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name, 'slug', w.slug) order by w.name, w.id), '[]')
		  from app.share_workspace s
		  join app.workspace w on w.id = s.to_workspace_id and w.deleted_at is null
		 where s.workspace_id = app.workspace_id() and s.kind = p_kind and s.object_id = p_id);
end
$$;
revoke all on function app.share_workspace_list(text, uuid) from public;
grant execute on function app.share_workspace_list(text, uuid) to mr_api;

-- app.share_workspace_set(kind, id, ids): makes these all the workspaces that may use a thing of the entered one.
--   A new one must be another workspace that who asks is a member of: any other is not found, whether there is one or not.
--   Raises MR404 naming it, MR400 for the entered one itself.
create or replace function app.share_workspace_set(p_kind text, p_id uuid, p_ids jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ws     constant uuid := app.workspace_id();
	v_to     constant uuid[] := array(select app.uuid_read(e) from jsonb_array_elements_text(p_ids) e);
	v_at     bigint;
begin
	select x.ord - 1 into v_at
	  from unnest(v_to) with ordinality as x (id, ord)
	 where not exists (
		select from app.share_workspace s
		 where s.workspace_id = v_ws and s.kind = p_kind and s.object_id = p_id and s.to_workspace_id = x.id)
	   and (x.id = v_ws or not exists (
		select from app.member m
		  join app.workspace w on w.id = m.workspace_id and w.deleted_at is null
		 where m.workspace_id = x.id and m.user_id = app.user_id()))
	 order by x.ord
	 limit 1;
	if v_to[v_at + 1] = v_ws then
		perform app.fail('MR400', 'this is its own workspace', format('workspace_ids[%s]', v_at));
	elsif v_at is not null then
		perform app.fail('MR404', 'no such workspace of yours', format('workspace_ids[%s]', v_at));
	end if;
	delete from app.share_workspace s
	 where s.workspace_id = v_ws and s.kind = p_kind and s.object_id = p_id and s.to_workspace_id <> all (v_to);
	insert into app.share_workspace (workspace_id, kind, object_id, to_workspace_id, created_by)
	select distinct v_ws, p_kind, p_id, x, app.user_id() from unnest(v_to) x
	    on conflict do nothing;
end
$$;
revoke all on function app.share_workspace_set(text, uuid, jsonb) from public;
grant execute on function app.share_workspace_set(text, uuid, jsonb) to mr_api;
