-- context: who the request is, sealed.
--
-- The setting app.ctx holds 'mac|workspace|user|session|token|role|,perm,perm,'. Anybody who speaks SQL can set a
-- setting, so it counts only with its MAC, which binds it to this backend and this transaction and whose key only
-- app.* functions read. Only app.context_seal makes one, and it is never given a caller's text.
-- The MAC is written out in each function that is on the path of every query: a call more costs 5 us.
set local role mr_owner;

-- app.context_seal(workspace, user, session, token, role, permissions) -> sets the context of this transaction.
create or replace function app.context_seal(
	p_workspace uuid, p_user uuid, p_session uuid, p_token uuid, p_role text, p_permissions text)
returns void
language plpgsql volatile
as $$
declare
	v_text text := concat(p_workspace, '|', p_user, '|', p_session, '|', p_token, '|', p_role, '|', p_permissions);
	v_key  bytea;
begin
	select k.mac into v_key from app.context_key k;
	perform set_config('app.ctx', encode(substring(ext.hmac(
		convert_to(v_text || '|' || pg_backend_pid() || '|' || extract(epoch from now()), 'UTF8'), v_key, 'sha256')
		for 16), 'hex') || '|' || v_text, true);
end
$$;
revoke all on function app.context_seal(uuid, uuid, uuid, uuid, text, text) from public;

-- app.ctx() -> the parts of the context: workspace, user, session, token, role, permissions; null when nothing was
--   entered or the seal is wrong.
create or replace function app.ctx()
returns text[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_text text := current_setting('app.ctx', true);
	v_key  bytea;
begin
	if coalesce(v_text, '') = '' then
		return null;  -- after a rolled-back `set local` the setting is '', not null
	end if;
	select k.mac into v_key from app.context_key k;
	if left(v_text, 32) is distinct from encode(substring(ext.hmac(
		convert_to(substr(v_text, 34) || '|' || pg_backend_pid() || '|' || extract(epoch from now()), 'UTF8'), v_key, 'sha256')
		for 16), 'hex') then
		return null;
	end if;
	return string_to_array(substr(v_text, 34), '|');
end
$$;
revoke all on function app.ctx() from public;
grant execute on function app.ctx() to mr_api;

-- app.workspace_id() -> the entered workspace, null when none was. The policies of all tenant tables ask it.
create or replace function app.workspace_id()
returns uuid
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_text text := current_setting('app.ctx', true);
	v_key  bytea;
begin
	if coalesce(v_text, '') = '' then
		return null;
	end if;
	select k.mac into v_key from app.context_key k;
	if left(v_text, 32) is distinct from encode(substring(ext.hmac(
		convert_to(substr(v_text, 34) || '|' || pg_backend_pid() || '|' || extract(epoch from now()), 'UTF8'), v_key, 'sha256')
		for 16), 'hex') then
		return null;
	end if;
	return nullif(split_part(substr(v_text, 34, 37), '|', 1), '')::uuid;
end
$$;
revoke all on function app.workspace_id() from public;
grant execute on function app.workspace_id() to mr_api;

-- app.user_id(), app.session_id(), app.token_id(), app.role() -> the other parts of the context, null when absent.
create or replace function app.user_id() returns uuid
language sql stable
return nullif((app.ctx())[2], '')::uuid;
create or replace function app.session_id() returns uuid
language sql stable
return nullif((app.ctx())[3], '')::uuid;
create or replace function app.token_id() returns uuid
language sql stable
return nullif((app.ctx())[4], '')::uuid;
create or replace function app.role() returns text
language sql stable
return nullif((app.ctx())[5], '');
revoke all on function app.user_id(), app.session_id(), app.token_id(), app.role() from public;
grant execute on function app.user_id(), app.session_id(), app.token_id(), app.role() to mr_api;

-- app.permissions() -> what the caller may do here: the role's permissions, cut by the token's scopes.
create or replace function app.permissions()
returns text[]
language sql stable
return string_to_array(trim(both ',' from coalesce((app.ctx())[6], '')), ',');
revoke all on function app.permissions() from public;
grant execute on function app.permissions() to mr_api;

-- app.need(permission). Raises MR401 when nobody has entered, MR403 naming the permission when it is missing.
create or replace function app.need(p_permission text)
returns void
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_text text := current_setting('app.ctx', true);
	v_key  bytea;
begin
	if coalesce(v_text, '') <> '' then
		select k.mac into v_key from app.context_key k;
		if left(v_text, 32) = encode(substring(ext.hmac(
			convert_to(substr(v_text, 34) || '|' || pg_backend_pid() || '|' || extract(epoch from now()), 'UTF8'), v_key, 'sha256')
			for 16), 'hex') then
			if position(',' || p_permission || ',' in v_text) = 0 then
				if position(',second_factor_missing,' in v_text) > 0 and p_permission <> 'installation:admin' then
					raise exception using errcode = 'MR403', message = 'permission needed: ' || p_permission
						|| '; this workspace asks its members for a second factor: set one up in your settings';
				end if;
				raise exception using errcode = 'MR403', message = 'permission needed: ' || p_permission;
			end if;
			return;
		end if;
	end if;
	raise exception using errcode = 'MR401', message = 'sign in first';
end
$$;
revoke all on function app.need(text) from public;
grant execute on function app.need(text) to mr_api;

-- app.has(permission) -> whether the caller has it here.
create or replace function app.has(p_permission text)
returns boolean
language sql stable
return coalesce(position(',' || p_permission || ',' in (app.ctx())[6]) > 0, false);
revoke all on function app.has(text) from public;
grant execute on function app.has(text) to mr_api;

-- app.idempotency_key(key) -> the key as stored, apart for each credential: the answers of one are not another's to see.
create or replace function app.idempotency_key(p_key text)
returns text
language sql stable
return encode(sha256(convert_to(concat_ws('|', app.user_id(), app.token_id(), p_key), 'UTF8')), 'hex');
revoke all on function app.idempotency_key(text) from public;
grant execute on function app.idempotency_key(text) to mr_api;
