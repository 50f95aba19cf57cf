-- workspace: what the operations on workspaces share.
set local role mr_owner;

-- app.workspace_json(workspace, role) -> a workspace as the API shows it to somebody with that role in it.
create or replace function app.workspace_json(p app.workspace, p_role text)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'name', p.name, 'slug', p.slug, 'domain', p.domain, 'settings', p.settings, 'role', p_role,
		'created_by', p.created_by, 'created_at', app.ts(p.created_at), 'updated_at', app.ts(p.updated_at), 'etag', p.etag);
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
	if v_issues <> '[]' then
		perform app.fail('MR400', format('%s: %s', v_issues->0->>'field', v_issues->0->>'issue'), null, v_issues);
	end if;
end
$$;
revoke all on function app.workspace_fields(jsonb) from public;
grant execute on function app.workspace_fields(jsonb) to mr_api;

-- app.workspace_free(slug, domain, id). Raises MR409 on slug or domain when another workspace has it.
--   Slugs and domains are unique over all tenants, so whether one is taken is the one thing that shows.
create or replace function app.workspace_free(p_slug text, p_domain text)
returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if exists (select from app.workspace w where w.slug = p_slug and w.id is distinct from app.workspace_id()) then
		perform app.fail('MR409', 'this slug is already taken', 'slug');
	elsif exists (select from app.workspace w where w.domain = p_domain and w.id is distinct from app.workspace_id()) then
		perform app.fail('MR409', 'this domain is already taken', 'domain');
	end if;
end
$$;
revoke all on function app.workspace_free(text, text) from public;
grant execute on function app.workspace_free(text, text) to mr_api;
