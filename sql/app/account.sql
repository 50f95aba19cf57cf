-- account: people and the making of workspaces. mr_api has no right on app.user_account: it comes here.
set local role mr_owner;

-- app.second_factor_wanted(settings of a workspace) -> whether its members must have a second factor.
create or replace function app.second_factor_wanted(p_settings jsonb)
returns boolean
language sql immutable parallel safe
return p_settings @> '{"require_2fa": true}';
revoke all on function app.second_factor_wanted(jsonb) from public;

-- app.user_json(user, session) -> a person as the API shows one in that session; never the hash.
create or replace function app.user_json(p_user uuid, p_session uuid)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select jsonb_build_object(
			'id', u.id, 'email', u.email, 'name', u.name, 'is_active', u.is_active, 'is_superuser', u.is_superuser,
			'second_factor', u.mfa_at is not null, 'has_password', u.password_hash is not null,
			'preferences', u.preferences, 'created_at', app.ts(u.created_at), 'updated_at', app.ts(u.updated_at),
			'memberships', coalesce((
				select jsonb_agg(jsonb_build_object(
					'workspace_id', w.id, 'slug', w.slug, 'name', w.name,
					'second_factor_missing', u.mfa_at is null and app.second_factor_wanted(w.settings) and o.shown_at is null,
					'role', app.role_name(w.id, m.role, m.role_id),
					'permissions', (select coalesce(jsonb_agg(x order by x), '[]')
					                  from unnest(string_to_array(app.role_text(w.id, m.role, m.role_id), ',')) as x))
					order by m.created_at, w.id)
				  from app.member m
				  join app.workspace w on w.id = m.workspace_id and w.deleted_at is null
				 where m.user_id = u.id), '[]'))
		  from app.user_account u
		  left join (select s.mfa_at as shown_at from app.session s where s.id = p_session) o on true
		 where u.id = p_user);
end
$$;
revoke all on function app.user_json(uuid, uuid) from public;

-- app.me() -> the person of the context, with the workspace that was entered.
create or replace function app.me()
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.user_json(app.user_id(), app.session_id())
	    || jsonb_build_object('workspace_id', app.workspace_id(), 'csrf_token', null);
end
$$;
revoke all on function app.me() from public;
grant execute on function app.me() to mr_api;

-- app.me_update(name, preferences): changes the person of the context; null leaves as it is.
create or replace function app.me_update(p_name text, p_preferences jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.user_account u
	   set name = coalesce(p_name, u.name), preferences = coalesce(p_preferences, u.preferences), updated_at = now()
	 where u.id = app.user_id();
end
$$;
revoke all on function app.me_update(text, jsonb) from public;
grant execute on function app.me_update(text, jsonb) to mr_api;

-- app.user_name(user) -> name, else address, of a member of the entered workspace; null for anybody else.
create or replace function app.user_name(p_user uuid)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (select coalesce(nullif(u.name, ''), u.email)
	          from app.user_account u
	          join app.member m on m.workspace_id = app.workspace_id() and m.user_id = u.id
	         where u.id = p_user);
end
$$;
revoke all on function app.user_name(uuid) from public;
grant execute on function app.user_name(uuid) to mr_api;

-- app.email_check(email). Raises MR400 on email when it is none.
create or replace function app.email_check(p_email text)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
	if coalesce(p_email, '') !~ '^[^@[:space:][:cntrl:]<>(),:;"\\]+@[^@[:space:][:cntrl:]<>(),:;"\\]+$' or length(p_email) > 254 then
		perform app.fail('MR400', 'this is not an email address', 'email');
	end if;
end
$$;
revoke all on function app.email_check(text) from public;

-- app.user_make(email, name, password hash) -> the new person's id. Raises MR400 on email, MR409 when it is in use.
create or replace function app.user_make(p_email text, p_name text, p_hash text)
returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
begin
	perform app.email_check(p_email);
	if length(p_name) > 255 then
		perform app.fail('MR400', 'the name must not be longer than 255 characters', 'name');
	end if;
	insert into app.user_account (email, email_key, name, password_hash)
	values (p_email, lower(p_email), coalesce(p_name, ''), p_hash)
	    on conflict (email_key) do nothing
	returning id into v_id;
	if v_id is null then
		perform app.fail('MR409', 'this email address is already registered', 'email');
	end if;
	return v_id;
end
$$;
revoke all on function app.user_make(text, text, text) from public;

-- app.person_make(email, name, password hash, workspace name) -> the new person's id, with a first workspace of their own.
--   Raises MR400, MR409 on email.
create or replace function app.person_make(p_email text, p_name text, p_hash text, p_workspace text)
returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_name constant text := coalesce(nullif(trim(p_name), ''), split_part(p_email, '@', 1));
	v_user constant uuid := app.user_make(p_email, v_name, p_hash);
begin
	perform app.workspace_make(v_user, left(coalesce(p_workspace, v_name || '''s workspace'), 255), null);
	return v_user;
end
$$;
revoke all on function app.person_make(text, text, text, text) from public;

-- app.slug_make(text) -> a slug made of a name, possibly in use: letters, digits and single hyphens, 2..40 of them.
create or replace function app.slug_make(p_text text)
returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_slug text := trim(both '-' from left(trim(both '-' from
		regexp_replace(lower(normalize(p_text, nfkd)), '[^a-z0-9]+', '-', 'g')), 40));
begin
	return case when length(v_slug) >= 2 then v_slug else 'workspace' end;
end
$$;
revoke all on function app.slug_make(text) from public;

-- app.workspace_make(owner, name, slug, domain, settings) -> the new workspace's id; its maker is the owner.
--   No slug: one is made of the name. Raises MR409 on slug or domain when it is in use.
create or replace function app.workspace_make(
	p_user uuid, p_name text, p_slug text, p_domain text default null, p_settings jsonb default null)
returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_slug text := coalesce(p_slug, app.slug_make(p_name));
	v_id   uuid;
begin
	if p_domain is not null and exists (select from app.workspace w where w.domain = p_domain) then
		perform app.fail('MR409', 'this domain is already taken', 'domain');
	end if;
	for v_try in 1..8 loop
		insert into app.workspace (name, slug, domain, settings, created_by)
		select p_name, v_slug, p_domain, coalesce(p_settings, '{}'), p_user
		 where not exists (select from app.old_slug o where o.slug = v_slug)
		    on conflict (slug) do nothing
		returning id into v_id;
		exit when v_id is not null;
		if p_slug is not null then
			perform app.fail('MR409', 'this slug is already taken', 'slug');
		end if;
		v_slug := app.slug_make(p_name) || '-' || encode(ext.gen_random_bytes(3), 'hex');
	end loop;
	insert into app.member (workspace_id, user_id, role) values (v_id, p_user, 'owner');
	return v_id;
end
$$;
revoke all on function app.workspace_make(uuid, text, text, text, jsonb) from public;

-- app.workspace_make_mine(name, slug, domain, settings) -> the same for the person of the context.
create or replace function app.workspace_make_mine(p_name text, p_slug text, p_domain text, p_settings jsonb)
returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if app.session_id() is null then
		raise exception using errcode = 'MR403', message = 'permission needed: session';
	end if;
	return app.workspace_make(app.user_id(), p_name, p_slug, p_domain, p_settings);
end
$$;
revoke all on function app.workspace_make_mine(text, text, text, jsonb) from public;
grant execute on function app.workspace_make_mine(text, text, text, jsonb) to mr_api;

-- app.workspaces_mine(limit, after, deleted) -> the workspaces of the person of the context with the role there, by id; or those
--   deleted ones that the person owns and can still have back.
create or replace function app.workspaces_mine(p_limit integer, p_after uuid, p_deleted boolean)
returns table (workspace app.workspace, role text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user constant uuid := app.user_id();
begin
	-- First what is mine, then each by its key: in the order of keys it would be looked for among all.
	return query
	with mine as materialized (
		select m.workspace_id, m.role, m.role_id from app.member m where m.user_id = v_user and (not p_deleted or m.role = 'owner'))
	select w.workspace, app.role_name(m.workspace_id, m.role, m.role_id)
	  from mine m
	 cross join lateral (select x as workspace from app.workspace x where x.id = m.workspace_id offset 0) w
	 where ((w.workspace).deleted_at is not null) = p_deleted and (p_after is null or m.workspace_id > p_after)
	 order by m.workspace_id
	 limit p_limit;
end
$$;
revoke all on function app.workspaces_mine(integer, uuid, boolean) from public;
grant execute on function app.workspaces_mine(integer, uuid, boolean) to mr_api;
