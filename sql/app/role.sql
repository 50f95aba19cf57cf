-- role: the five roles of app.role_permission and those that a workspace makes of permissions. mr_api changes the rows of
-- app.role itself; what is here decides who may give which role to whom.
set local role mr_owner;

-- app.role_text(workspace, role, role id) -> 'perm,perm' of a member's role; null of one that is none.
create or replace function app.role_text(p_ws uuid, p_role text, p_role_id uuid)
returns text
language sql stable
return case when p_role_id is null
	then (select string_agg(p.permission, ',') from app.role_permission p where p.role = p_role)
	else (select array_to_string(r.permissions, ',') from app.role r where r.workspace_id = p_ws and r.id = p_role_id) end;
revoke all on function app.role_text(uuid, text, uuid) from public;

-- app.role_name(workspace, role, role id) -> its name, as the API shows it.
create or replace function app.role_name(p_ws uuid, p_role text, p_role_id uuid)
returns text
language sql stable
return case when p_role_id is null then p_role
	else (select r.name from app.role r where r.workspace_id = p_ws and r.id = p_role_id) end;
revoke all on function app.role_name(uuid, text, uuid) from public;
grant execute on function app.role_name(uuid, text, uuid) to mr_api;

-- app.role_find(name) -> the role of that name in the entered workspace. Raises MR400 on role.
create or replace function app.role_find(p_name text, out role text, out role_id uuid)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_name = any (array['owner', 'admin', 'editor', 'operator', 'viewer']) then
		role := p_name;
		return;
	end if;
	select 'custom', r.id into role, role_id
	  from app.role r
	 where r.workspace_id = app.workspace_id() and r.name = p_name;
	if role_id is null then
		perform app.fail('MR400', format('the workspace has no role %s', left(p_name, 40)), 'role');
	end if;
end
$$;
revoke all on function app.role_find(text) from public;
grant execute on function app.role_find(text) to mr_api;

-- app.role_within(permissions, name). Raises MR403 naming a permission of a role that who asks doesn't have: nobody gives,
--   takes or changes a role above the own one.
create or replace function app.role_within(p_permissions text[], p_name text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_missing text;
begin
	select p into v_missing from unnest(p_permissions) as p where not app.has(p) order by p limit 1;
	if found then
		raise exception using errcode = 'MR403',
			message = format('permission needed: %s, which the role %s has and yours has not', v_missing, p_name);
	end if;
end
$$;
revoke all on function app.role_within(text[], text) from public;
grant execute on function app.role_within(text[], text) to mr_api;

-- app.role_within(role, role id) -> the same of a role of the entered workspace.
create or replace function app.role_within(p_role text, p_role_id uuid)
returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.role_within(string_to_array(app.role_text(app.workspace_id(), p_role, p_role_id), ','),
	                        app.role_name(app.workspace_id(), p_role, p_role_id));
end
$$;
revoke all on function app.role_within(text, uuid) from public;
grant execute on function app.role_within(text, uuid) to mr_api;

-- app.role_fields(p) -> the permissions of p in order, workspace:read among them, null when p has none.
--   Raises MR400 naming all fields at fault, MR403 for a permission that who asks doesn't have. What owners alone may do is
--   in no other role.
create or replace function app.role_fields(p jsonb)
returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_issues      jsonb := '[]';
	v_permissions text[];
begin
	if p ? 'name' and (coalesce(p->>'name', '') !~ '^[a-z][a-z0-9_-]{1,39}$') then
		v_issues := v_issues || app.issue('name', 'must be 2 to 40 small letters, digits, hyphens and underscores');
	elsif p->>'name' = any (array['owner', 'admin', 'editor', 'operator', 'viewer', 'custom', 'hook', 'whole']) then
		v_issues := v_issues || app.issue('name', 'is the name of a role that every workspace has');
	end if;
	if p ? 'permissions' then
		select v_issues || coalesce(jsonb_agg(app.issue(format('permissions[%s]', x.ord - 1),
		           format('%s is no permission that a role can be made of', left(x.text, 64))) order by x.ord), '[]')
		  into v_issues
		  from jsonb_array_elements_text(p->'permissions') with ordinality as x (text, ord)
		 where not exists (select from app.role_permission g where g.role = 'admin' and g.permission = x.text);
		select array_agg(distinct x) into v_permissions
		  from unnest(array(select jsonb_array_elements_text(p->'permissions')) || array['workspace:read']) as x;
	end if;
	if v_issues <> '[]' then
		perform app.fail('MR400', format('%s: %s', v_issues->0->>'field', v_issues->0->>'issue'), null, v_issues);
	end if;
	perform app.role_within(v_permissions, coalesce(p->>'name', 'asked for'));
	return v_permissions;
end
$$;
revoke all on function app.role_fields(jsonb) from public;
grant execute on function app.role_fields(jsonb) to mr_api;

-- app.role_json(role) -> a role of the workspace's own as the API shows it.
create or replace function app.role_json(p app.role)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'name', p.name, 'description', p.description, 'permissions', to_jsonb(p.permissions), 'is_own', true,
		'members', (select count(*) from app.member m where m.workspace_id = p.workspace_id and m.role_id = p.id),
		'etag', p.etag);
end
$$;
revoke all on function app.role_json(app.role) from public;
grant execute on function app.role_json(app.role) to mr_api;
