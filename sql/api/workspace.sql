-- workspace: teams. The person who asks sees those that the person belongs to; any other is not found.
set local role mr_api;

-- api.workspace_list({deleted?, limit?, cursor?}) -> my workspaces; deleted: those that I own and can still have back.
--   Needs a session.
create or replace function api.workspace_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_rows  jsonb;
begin
	perform app.need('session');
	v_limit := app.limit_read(p);
	select coalesce(jsonb_agg(app.workspace_json(m.workspace, m.role) order by (m.workspace).id), '[]')
	  into v_rows
	  from app.workspaces_mine(v_limit + 1, (app.cursor_read('workspace_list', p->>'cursor')->>0)::uuid,
	           coalesce((p->>'deleted')::boolean, false)) m;
	return app.page('workspace_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.workspace_list(jsonb) from public;
grant execute on function api.workspace_list(jsonb) to mr_web;

-- api.workspace_create({name, slug?, domain?, settings?}) -> the workspace; I am its owner. Needs a session.
--   Raises MR400, MR409 on slug or domain.
create or replace function api.workspace_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
	v    app.workspace;
begin
	perform app.need('session');
	perform app.workspace_fields(jsonb_build_object('name', null) || p);
	v_id := app.workspace_make_mine(p->>'name', p->>'slug', p->>'domain', p->'settings');
	perform app.workspace_switch(v_id::text);
	select * into v from app.workspace w where w.id = v_id;
	return app.workspace_json(v, 'owner');
end
$$;
revoke all on function api.workspace_create(jsonb) from public;
grant execute on function api.workspace_create(jsonb) to mr_web;

-- api.workspace_get({id}) -> one of my workspaces. Needs a session. Raises MR404.
create or replace function api.workspace_get(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workspace;
begin
	perform app.need('session');
	perform app.workspace_switch(p->>'id');
	select * into v from app.workspace w where w.id = app.workspace_id() and w.deleted_at is null;
	return app.workspace_json(v, app.role());
end
$$;
revoke all on function api.workspace_get(jsonb) from public;
grant execute on function api.workspace_get(jsonb) to mr_web;

-- api.workspace_update({id, name?, slug?, domain?, settings?, if_match?}) -> the workspace. A null domain clears it. A slug that was
--   stays this workspace's: webhooks sent to it arrive as before.
--   Needs workspace:admin in that workspace. Raises MR404, MR400, MR409 on slug or domain, MR412.
create or replace function api.workspace_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workspace;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:admin');
	perform app.workspace_fields(p);
	select * into v from app.workspace w where w.id = app.workspace_id() and w.deleted_at is null for update;
	perform app.match_check(p, v.etag);
	-- Who turns it on would lock themselves out otherwise.
	if p->'settings' @> '{"require_2fa": true}' and not v.settings @> '{"require_2fa": true}'
	   and not app.has_second_factor() then
		perform app.fail('MR400', 'set up a second factor for yourself first', 'settings.require_2fa');
	end if;
	perform app.workspace_free(p->>'slug', p->>'domain');
	if p->>'slug' <> v.slug then
		perform app.slug_keep(v.slug, p->>'slug');
	end if;
	update app.workspace w
	   set name = coalesce(p->>'name', w.name),
	       slug = coalesce(p->>'slug', w.slug),
	       domain = case when p ? 'domain' then p->>'domain' else w.domain end,
	       settings = coalesce(p->'settings', w.settings),
	       etag = w.etag + 1, updated_at = now()
	 where w.id = v.id
	returning w.* into v;
	return app.workspace_json(v, app.role());
end
$$;
revoke all on function api.workspace_update(jsonb) from public;
grant execute on function api.workspace_update(jsonb) to mr_web;

-- api.workspace_delete({id, if_match?}) -> null. Nobody gets in, its workflows are paused, its webhooks are refused, what is
--   unfinished is cancelled and stays on record. For 30 days an owner can have it back (workspace_restore), with tokens, members,
--   slug and domain; then it is erased. Needs workspace:delete in that workspace. Raises MR404, MR412.
create or replace function api.workspace_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v          app.workspace;
	v_workflow app.workflow;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:delete');
	perform app.workspace_whole();
	select * into v from app.workspace w where w.id = app.workspace_id() and w.deleted_at is null for update;
	perform app.match_check(p, v.etag);
	for v_workflow in select w.* from app.workflow w where w.deleted_at is null order by w.id for update loop
		perform app.workflow_pause(v_workflow, case v_workflow.state when 'active' then 'paused' else v_workflow.state end);
	end loop;
	perform app.run_stop_all(null);
	update app.workspace w set deleted_at = now(), etag = w.etag + 1, updated_at = now() where w.id = v.id;
	return null;
end
$$;
revoke all on function api.workspace_delete(jsonb) from public;
grant execute on function api.workspace_delete(jsonb) to mr_web;

-- api.workspace_restore({id}) -> the workspace, there again as it was left; its workflows are paused. Needs a session, of an
--   owner. Raises MR404 for any but a deleted one of mine, within 30 days.
create or replace function api.workspace_restore(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workspace;
begin
	perform app.need('session');
	perform app.workspace_switch(app.workspace_back(p->>'id')::text);
	select * into v from app.workspace w where w.id = app.workspace_id();
	return app.workspace_json(v, app.role());
end
$$;
revoke all on function api.workspace_restore(jsonb) from public;
grant execute on function api.workspace_restore(jsonb) to mr_web;

-- api.workspace_transfer({id, user_id}) -> the workspace. That member owns it, and I am an admin of it. Needs workspace:transfer in
--   that workspace. Raises MR404 on user_id for who is no member, MR409 on user_id.
create or replace function api.workspace_transfer(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workspace;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:transfer');
	perform app.workspace_hand_over((app.member_find(p->>'user_id', 'person')).user_id);
	select * into v from app.workspace w where w.id = app.workspace_id();
	return app.workspace_json(v, 'admin');
end
$$;
revoke all on function api.workspace_transfer(jsonb) from public;
grant execute on function api.workspace_transfer(jsonb) to mr_web;

-- api.workspace_leave({id}) -> null. My tokens there end; what is private to me there is shared with the owners. Needs a session.
--   Raises MR404, MR409 for the last owner.
create or replace function api.workspace_leave(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('session');
	perform app.workspace_switch(p->>'id');
	perform app.member_remove(app.user_id());
	return null;
end
$$;
revoke all on function api.workspace_leave(jsonb) from public;
grant execute on function api.workspace_leave(jsonb) to mr_web;
