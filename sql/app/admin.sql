-- admin: people, as the administrator of an installation sees them: never what is in a workspace, its service accounts included.
set local role mr_owner;

-- app.admin_user_json(user) -> a person for the administrator, without memberships or preferences.
create or replace function app.admin_user_json(p app.user_account)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'email', p.email, 'name', p.name, 'is_active', p.is_active, 'is_superuser', p.is_superuser,
		'second_factor', p.mfa_at is not null or exists (select from app.passkey k where k.user_id = p.id), 'has_password', p.password_hash is not null,
		'created_at', app.ts(p.created_at), 'updated_at', app.ts(p.updated_at),
		'seen_at', (select app.ts(max(s.seen_at)) from app.session s where s.user_id = p.id),
		'workspace_count', (select count(*) from app.member m where m.user_id = p.id));
end
$$;
revoke all on function app.admin_user_json(app.user_account) from public;

-- app.admin_need(). Raises MR403 unless the person of the context administers the installation.
create or replace function app.admin_need()
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('installation:admin');
end
$$;
revoke all on function app.admin_need() from public;

-- app.admin_users(limit, after, q) -> people by id, newest first; q: part of address or name.
create or replace function app.admin_users(p_limit integer, p_after uuid, p_q text)
returns setof jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.admin_need();
	return query
	select app.admin_user_json(u)
	  from app.user_account u
	 where u.kind = 'person' and (p_after is null or u.id < p_after)
	   and (p_q is null or position(lower(p_q) in u.email_key) > 0 or position(lower(p_q) in lower(u.name)) > 0)
	 order by u.id desc
	 limit p_limit;
end
$$;
revoke all on function app.admin_users(integer, uuid, text) from public;
grant execute on function app.admin_users(integer, uuid, text) to mr_api;

-- app.admin_user(id) -> one. Raises MR404.
create or replace function app.admin_user(p_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.user_account;
begin
	perform app.admin_need();
	select * into v from app.user_account u where u.id = p_id and u.kind = 'person';
	if not found then
		perform app.fail('MR404', 'no such person');
	end if;
	return app.admin_user_json(v);
end
$$;
revoke all on function app.admin_user(uuid) from public;
grant execute on function app.admin_user(uuid) to mr_api;

-- app.admin_user_update(id, active, superuser, second factor): null leaves as it is. Who is deactivated is out at once, with
--   sessions, API tokens and links; second factor false takes it off, for who lost phone and codes, and of who has a password
--   the passkeys, too. Raises MR404, MR400 for
--   oneself, MR40M.
create or replace function app.admin_user_update(p_id uuid, p_active boolean, p_superuser boolean, p_second_factor boolean)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.user_account;
begin
	perform app.admin_need();
	perform app.need_second_factor();
	select * into v from app.user_account u where u.id = p_id and u.kind = 'person' for update;
	if not found then
		perform app.fail('MR404', 'no such person');
	elsif p_id = app.user_id() and (p_active is false or p_superuser is false) then
		perform app.fail('MR400', 'another administrator must do this to you',
		                 case when p_active is false then 'is_active' else 'is_superuser' end);
	elsif p_second_factor then
		perform app.fail('MR400', 'a second factor can be taken away only', 'second_factor');
	end if;
	update app.user_account u
	   set is_active = coalesce(p_active, u.is_active), is_superuser = coalesce(p_superuser, u.is_superuser), updated_at = now()
	 where u.id = p_id;
	if p_active is false then
		perform app.sessions_end(p_id, null);
		update app.token t set revoked_at = now() where t.created_by = p_id and t.revoked_at is null;
		delete from app.ticket t where t.user_id = p_id;
	end if;
	if p_second_factor is false then
		delete from app.passkey k where k.user_id = p_id and v.password_hash is not null;
		perform app.second_factor_drop(p_id);
	end if;
end
$$;
revoke all on function app.admin_user_update(uuid, boolean, boolean, boolean) from public;
grant execute on function app.admin_user_update(uuid, boolean, boolean, boolean) to mr_api;

-- app.admin_user_reset(id) -> the secret of a link for a new password, to pass on. Raises MR404, MR40M.
create or replace function app.admin_user_reset(p_id uuid)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.admin_need();
	perform app.need_second_factor();
	if not exists (select from app.user_account u where u.id = p_id and u.kind = 'person' and u.is_active) then
		perform app.fail('MR404', 'no such person');
	end if;
	perform app.audit_put(null, 'user.reset_link', 'user', p_id, null);
	return app.reset_ticket(p_id);
end
$$;
revoke all on function app.admin_user_reset(uuid) from public;
grant execute on function app.admin_user_reset(uuid) to mr_api;

-- app.admin_user_create(email, name, hash) -> the id of a person who comes from elsewhere, with a first workspace. hash: argon2id
--   or bcrypt, as crypt(3) writes it; null: a link sets the first password. Raises MR400, MR409 on email, MR40M.
create or replace function app.admin_user_create(p_email text, p_name text, p_hash text)
returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.admin_need();
	perform app.need_second_factor();
	if p_hash !~ '^\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$'
	   and p_hash !~ '^\$argon2id\$v=19\$m=[0-9]{1,6},t=[0-9]{1,2},p=[1-8]\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{43}$' then
		perform app.fail('MR400', 'must be bcrypt ($2b$, cost 4 to 14) or argon2id with a hash of 32 bytes', 'password_hash');
	end if;
	return app.person_make(p_email, p_name, p_hash, null);
end
$$;
revoke all on function app.admin_user_create(text, text, text) from public;
grant execute on function app.admin_user_create(text, text, text) to mr_api;
