-- workspace: what the operations on workspaces share.
set local role mr_owner;

-- app.workspace_grace() -> how long a deleted workspace can be had back; then ops erases it.
create or replace function app.workspace_grace() returns interval
language sql immutable parallel safe
return interval '30 days';
revoke all on function app.workspace_grace() from public;
grant execute on function app.workspace_grace() to mr_api, mr_keep;

-- app.workspace_json(workspace, role) -> a workspace as the API shows it to somebody with that role in it.
create or replace function app.workspace_json(p app.workspace, p_role text)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'name', p.name, 'slug', p.slug, 'domain', p.domain, 'settings', p.settings, 'role', p_role,
		'created_by', p.created_by, 'created_at', app.ts(p.created_at), 'updated_at', app.ts(p.updated_at), 'etag', p.etag,
		'deleted_at', app.ts(p.deleted_at), 'erase_at', app.ts(p.deleted_at + app.workspace_grace()));
end
$$;
revoke all on function app.workspace_json(app.workspace, text) from public;
grant execute on function app.workspace_json(app.workspace, text) to mr_api;

-- app.workspace_fields(p) checks the fields of a workspace. Raises MR400 naming all at fault.
create or replace function app.workspace_fields(p jsonb)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_issues jsonb := '[]';
begin
	if p ? 'name' and (coalesce(length(p->>'name'), 0) not between 1 and 255 or p->>'name' !~ '[^[:space:]]') then
		v_issues := v_issues || app.issue('name', 'must be 1 to 255 characters long');
	end if;
	if p->>'slug' !~ '^[a-z0-9](-?[a-z0-9]){1,62}$' then
		v_issues := v_issues || app.issue('slug', 'must be 2 to 63 small letters, digits and single hyphens');
	end if;
	if p->>'domain' !~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$' then
		v_issues := v_issues || app.issue('domain', 'must be a domain name such as example.com');
	end if;
	if p ? 'settings' and (jsonb_typeof(p->'settings') <> 'object' or length((p->'settings')::text) > 16384) then
		v_issues := v_issues || app.issue('settings', 'must be an object of at most 16 KiB');
	end if;
	if p->'settings' ? 'require_2fa' and jsonb_typeof(p->'settings'->'require_2fa') <> 'boolean' then
		v_issues := v_issues || app.issue('settings.require_2fa', 'must be true or false');
	end if;
	if v_issues <> '[]' then
		perform app.fail('MR400', format('%s: %s', v_issues->0->>'field', v_issues->0->>'issue'), null, v_issues);
	end if;
end
$$;
revoke all on function app.workspace_fields(jsonb) from public;
grant execute on function app.workspace_fields(jsonb) to mr_api;

-- app.workspace_free(slug, domain). Raises MR409 on slug or domain when another workspace has it, or had the slug.
--   Slugs and domains are unique over all tenants, so whether one is taken is the one thing that shows.
create or replace function app.workspace_free(p_slug text, p_domain text)
returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if exists (select from app.workspace w where w.slug = p_slug and w.id is distinct from app.workspace_id())
	   or exists (select from app.old_slug o where o.slug = p_slug and o.workspace_id is distinct from app.workspace_id()) then
		perform app.fail('MR409', 'this slug is already taken', 'slug');
	elsif exists (select from app.workspace w where w.domain = p_domain and w.id is distinct from app.workspace_id()) then
		perform app.fail('MR409', 'this domain is already taken', 'domain');
	end if;
end
$$;
revoke all on function app.workspace_free(text, text) from public;
grant execute on function app.workspace_free(text, text) to mr_api;

-- app.slug_keep(slug, new slug): the entered workspace changes its slug; the old one goes on leading webhooks here.
create or replace function app.slug_keep(p_slug text, p_new text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	delete from app.old_slug o where o.workspace_id = app.workspace_id() and o.slug = p_new;
	insert into app.old_slug (workspace_id, slug) values (app.workspace_id(), p_slug) on conflict do nothing;
end
$$;
revoke all on function app.slug_keep(text, text) from public;
grant execute on function app.slug_keep(text, text) to mr_api;

-- app.workspace_hand_over(user): makes a person of the entered workspace an owner, and who asks an admin.
create or replace function app.workspace_hand_over(p_user uuid)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ws constant uuid := app.workspace_id();
begin
	perform app.need('workspace:transfer');
	perform 1 from app.workspace w where w.id = v_ws for no key update;
	if p_user = app.user_id() then
		perform app.fail('MR409', 'you own this workspace already', 'user_id');
	elsif not exists (select from app.user_account u where u.id = p_user and u.is_active) then
		perform app.fail('MR409', 'this person''s account is not active', 'user_id');
	end if;
	update app.member m set role = 'owner', role_id = null where m.workspace_id = v_ws and m.user_id = p_user;
	if not found then
		perform app.fail('MR404', 'no such member', 'user_id');
	end if;
	update app.member m set role = 'admin', role_id = null where m.workspace_id = v_ws and m.user_id = app.user_id();
end
$$;
revoke all on function app.workspace_hand_over(uuid) from public;
grant execute on function app.workspace_hand_over(uuid) to mr_api;

-- app.workspace_back(id text) -> the id of a deleted workspace of which the person of the context is an owner, and which is now
--   there again. Raises MR404, the same for one that isn't deleted, that is another's, or whose time is over.
create or replace function app.workspace_back(p_id text)
returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
begin
	update app.workspace w
	   set deleted_at = null, etag = w.etag + 1, updated_at = now()
	  from app.member m
	 where w.id = app.uuid_read(p_id) and w.deleted_at > now() - app.workspace_grace()
	   and m.workspace_id = w.id and m.user_id = app.user_id() and m.role = 'owner'
	returning w.id into v_id;
	if v_id is null then
		raise exception using errcode = 'MR404', message = 'no such workspace';
	end if;
	return v_id;
end
$$;
revoke all on function app.workspace_back(text) from public;
grant execute on function app.workspace_back(text) to mr_api;
