-- member: people and service accounts of a workspace, and the last owner. mr_api has no right on app.user_account, and who
-- accepts an invitation isn't in the workspace yet: both come here. These name the workspace themselves: their owner sees all.
set local role mr_owner;

-- app.member_json(member) -> a member as lists show it. user_json's fields that are the person's own business aren't here.
create or replace function app.member_json(p app.member)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if p.workspace_id is distinct from app.workspace_id() then
		return null;
	end if;
	return (
		select jsonb_build_object(
			'user_id', u.id, 'kind', u.kind, 'name', u.name, 'email', u.email, 'is_active', u.is_active,
			'role', app.role_name(p.workspace_id, p.role, p.role_id), 'role_id', p.role_id,
			'is_me', u.id is not distinct from app.user_id(), 'created_at', app.ts(p.created_at))
		  from app.user_account u
		 where u.id = p.user_id);
end
$$;
revoke all on function app.member_json(app.member) from public;
grant execute on function app.member_json(app.member) to mr_api;

-- app.service_json(member) -> a service account as lists show it, with its living tokens counted.
create or replace function app.service_json(p app.member)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if p.workspace_id is distinct from app.workspace_id() then
		return null;
	end if;
	return (
		select jsonb_build_object(
			'id', u.id, 'name', u.name, 'role', app.role_name(p.workspace_id, p.role, p.role_id), 'role_id', p.role_id,
			'tokens', count(t.id), 'used_at', app.ts(max(t.used_at)), 'created_at', app.ts(p.created_at))
		  from app.user_account u
		  left join app.token t on t.workspace_id = p.workspace_id and t.created_by = u.id and t.revoked_at is null
		       and (t.expires_at is null or t.expires_at > now())
		 where u.id = p.user_id
		 group by u.id);
end
$$;
revoke all on function app.service_json(app.member) from public;
grant execute on function app.service_json(app.member) to mr_api;

-- app.members_of(kind, limit, after) -> members of the entered workspace of a kind (person, service), by id of the user.
create or replace function app.members_of(p_kind text, p_limit integer, p_after uuid)
returns setof app.member
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ws constant uuid := app.workspace_id();
begin
	-- As rows, for the key: by the index of people alone all workspaces would be read. No join, which could read all people.
	return query
	select m.*
	  from app.member m
	 where (m.workspace_id, m.user_id) > (v_ws, coalesce(p_after, '00000000-0000-0000-0000-000000000000')) and m.workspace_id <= v_ws
	   and (select u.kind from app.user_account u where u.id = m.user_id) = p_kind
	 order by m.workspace_id, m.user_id
	 limit p_limit;
end
$$;
revoke all on function app.members_of(text, integer, uuid) from public;
grant execute on function app.members_of(text, integer, uuid) to mr_api;

-- app.member_find(user id text, kind) -> the member of the entered workspace; null kind: either. Raises MR404.
create or replace function app.member_find(p_id text, p_kind text)
returns app.member
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.member;
begin
	select m.* into v
	  from app.member m
	  join app.user_account u on u.id = m.user_id and u.kind = coalesce(p_kind, u.kind)
	 where m.workspace_id = app.workspace_id() and m.user_id = app.uuid_read(p_id);
	if v.user_id is null then
		perform app.fail('MR404', case p_kind when 'service' then 'no such service account' else 'no such member' end);
	end if;
	return v;
end
$$;
revoke all on function app.member_find(text, text) from public;
grant execute on function app.member_find(text, text) to mr_api;

-- app.owner_keep(workspace, user). Raises MR409 when the workspace would have no owner without this person. Takes the
--   workspace's row first, and looks in a statement of its own: of two owners who leave at once the second one waits,
--   and then sees that the first is gone. Whatever ends a person or a membership asks here.
create or replace function app.owner_keep(p_ws uuid, p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	perform 1 from app.workspace w where w.id = p_ws for no key update;
	if exists (select from app.member m where m.workspace_id = p_ws and m.user_id = p_user and m.role = 'owner')
	   and not exists (
		select from app.member m
		  join app.user_account u on u.id = m.user_id and u.is_active and u.kind = 'person'
		 where m.workspace_id = p_ws and m.role = 'owner' and m.user_id <> p_user) then
		perform app.fail('MR409', 'a workspace needs an owner: make somebody else one first', 'role');
	end if;
end
$$;
revoke all on function app.owner_keep(uuid, uuid) from public;

-- app.member_set(user, role, role id): gives a member of the entered workspace another role.
--   Raises MR403 when the old or the new role is above that of who asks, MR409 for the last owner.
create or replace function app.member_set(p_user uuid, p_role text, p_role_id uuid)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ws constant uuid := app.workspace_id();
	v    app.member;
begin
	perform 1 from app.workspace w where w.id = v_ws for no key update;
	select * into v from app.member m where m.workspace_id = v_ws and m.user_id = p_user for update;
	perform app.role_within(v.role, v.role_id);
	perform app.role_within(p_role, p_role_id);
	if p_role <> 'owner' then
		perform app.owner_keep(v_ws, p_user);
	elsif exists (select from app.user_account u where u.id = p_user and u.kind = 'service') then
		perform app.fail('MR400', 'a service account can''t own a workspace', 'role');
	end if;
	update app.member m set role = p_role, role_id = p_role_id where m.workspace_id = v_ws and m.user_id = p_user;
end
$$;
revoke all on function app.member_set(uuid, text, uuid) from public;
grant execute on function app.member_set(uuid, text, uuid) to mr_api;

-- app.member_add(workspace, user, role, role id) -> whether the person is a member now and wasn't before.
--   Raises MR42Q where the plan has no room.
create or replace function app.member_add(p_ws uuid, p_user uuid, p_role text, p_role_id uuid)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	if exists (select from app.member m where m.workspace_id = p_ws and m.user_id = p_user) then
		return false;
	end if;
	perform app.quota_need_in(p_ws, 'members', 1);
	insert into app.member (workspace_id, user_id, role, role_id)
	values (p_ws, p_user, p_role, p_role_id)
	    on conflict (workspace_id, user_id) do nothing;
	return found;
end
$$;
revoke all on function app.member_add(uuid, uuid, text, uuid) from public;

-- app.member_end(workspace, user): takes a member out. The tokens made there end, also should the person come back; what
--   was private to the member is shared with the workspace's owners, who may edit it. A service account ends with it; a
--   person isn't captured again (app.domain_capture).
--   Raises MR409 for the last owner.
create or replace function app.member_end(p_ws uuid, p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.owner_keep(p_ws, p_user);
	perform app.share_hand_over(p_ws, p_user);
	update app.token t
	   set revoked_at = now()
	 where t.workspace_id = p_ws and t.created_by = p_user and t.revoked_at is null;
	delete from app.member m where m.workspace_id = p_ws and m.user_id = p_user;
	insert into app.left_member (workspace_id, user_id)
	select p_ws, u.id from app.user_account u where u.id = p_user and u.kind = 'person'
	    on conflict (workspace_id, user_id) do update set left_at = now();
	update app.user_account u set is_active = false where u.id = p_user and u.kind = 'service';
end
$$;
revoke all on function app.member_end(uuid, uuid) from public;

-- app.member_remove(user): the same in the entered workspace, for who asks or, with member:write, somebody else of no higher role.
create or replace function app.member_remove(p_user uuid)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ws constant uuid := app.workspace_id();
	v    app.member;
begin
	perform 1 from app.workspace w where w.id = v_ws for no key update;
	select * into v from app.member m where m.workspace_id = v_ws and m.user_id = p_user for update;
	if p_user is distinct from app.user_id() then
		perform app.need('member:write');
		perform app.role_within(v.role, v.role_id);
	end if;
	perform app.member_end(v_ws, p_user);
end
$$;
revoke all on function app.member_remove(uuid) from public;
grant execute on function app.member_remove(uuid) to mr_api;

-- app.service_make(name, role, role id) -> the id of a new service account of the entered workspace.
create or replace function app.service_make(p_name text, p_role text, p_role_id uuid)
returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
begin
	insert into app.user_account (kind, name) values ('service', p_name) returning id into v_id;
	perform app.member_add(app.workspace_id(), v_id, p_role, p_role_id);
	return v_id;
end
$$;
revoke all on function app.service_make(text, text, uuid) from public;
grant execute on function app.service_make(text, text, uuid) to mr_api;

-- app.service_name(user, name): renames a service account of the entered workspace.
create or replace function app.service_name(p_user uuid, p_name text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.user_account u
	   set name = p_name, updated_at = now()
	  from app.member m
	 where u.id = p_user and u.kind = 'service' and m.workspace_id = app.workspace_id() and m.user_id = u.id;
end
$$;
revoke all on function app.service_name(uuid, text) from public;
grant execute on function app.service_name(uuid, text) to mr_api;
