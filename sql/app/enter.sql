-- enter: from a credential to a workspace, a person and what they may do. The only door to the sealed context.
set local role mr_owner;

-- app.workspace_pick(user, ref, last) -> the membership that a request works in; no row: none.
--   ref: id or slug as the X-Workspace header gives it; null: the one last used, else the oldest.
create or replace function app.workspace_pick(p_user uuid, p_ref text, p_last uuid)
returns table (workspace_id uuid, role text, role_id uuid)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_ref is not null then
		return query
		select m.workspace_id, m.role, m.role_id
		  from app.workspace w
		  join app.member m on m.workspace_id = w.id and m.user_id = p_user
		 where w.id = app.uuid_read(p_ref) and w.deleted_at is null
		 union all
		select m.workspace_id, m.role, m.role_id
		  from app.workspace w
		  join app.member m on m.workspace_id = w.id and m.user_id = p_user
		 where w.slug = p_ref and w.deleted_at is null
		 limit 1;
		return;
	end if;
	if p_last is not null then
		return query
		select m.workspace_id, m.role, m.role_id
		  from app.workspace w
		  join app.member m on m.workspace_id = w.id and m.user_id = p_user
		 where w.id = p_last and w.deleted_at is null;
		if found then
			return;
		end if;
	end if;
	return query
	select m.workspace_id, m.role, m.role_id
	  from app.member m
	  join app.workspace w on w.id = m.workspace_id and w.deleted_at is null
	 where m.user_id = p_user
	 order by m.created_at, m.workspace_id
	 limit 1;
end
$$;
revoke all on function app.workspace_pick(uuid, text, uuid) from public;

-- app.second_factor_missing(workspace, user, session) -> whether the workspace asks for a second factor, and the person has no
--   authenticator app and the session wasn't opened by a passkey, which is one.
create or replace function app.second_factor_missing(p_workspace uuid, p_user uuid, p_session uuid)
returns boolean
language sql stable
return exists (select from app.workspace w, app.user_account u
                where w.id = p_workspace and app.second_factor_wanted(w.settings) and u.id = p_user and u.mfa_at is null)
   and not exists (select from app.session s where s.id = p_session and s.mfa_at is not null);
revoke all on function app.second_factor_missing(uuid, uuid, uuid) from public;

-- app.enter_session(hash, kind, workspace ref): enters by session. Raises MR401, MR40E when its time is over,
--   MR404 for a workspace that the person doesn't belong to.
--   On the path of every request: one statement where the workspace is the one last used. Without a `set`, which costs
--   3 us a call: the path is pinned by the functions that lead here.
create or replace function app.enter_session(p_hash bytea, p_kind text, p_ref text)
returns void
language plpgsql volatile
as $$
declare
	v         record;
	v_ws      uuid;
	v_role    text;
	v_allowed text;
begin
	select s.id, s.user_id, s.workspace_id, s.seen_at, s.expires_at, s.ends_at, s.revoked_at, u.is_active, u.is_superuser,
	       u.mfa_at, s.mfa_at as shown_at, m.role, m.role_id, m.slug, m.settings, case when m.role_id is null
	           then (select string_agg(p.permission, ',') from app.role_permission p where p.role = m.role)
	           else app.role_text(s.workspace_id, m.role, m.role_id) end as allowed
	  into v
	  from app.session s
	  join app.user_account u on u.id = s.user_id
	  left join lateral (
		select m.role, m.role_id, w.slug, w.settings
		  from app.member m
		  join app.workspace w on w.id = m.workspace_id and w.deleted_at is null
		 where m.workspace_id = s.workspace_id and m.user_id = s.user_id) m on true
	 where s.token_hash = p_hash and s.kind = p_kind;
	if not found or v.revoked_at is not null or not v.is_active then
		raise exception using errcode = 'MR401', message = 'you are not signed in, or no more';
	elsif v.expires_at <= now() then
		raise exception using errcode = 'MR40E', message = 'the session has ended; sign in again';
	end if;
	if v.role is not null and (p_ref is null or p_ref = v.slug or p_ref = v.workspace_id::text) then
		v_ws := v.workspace_id;
		v_role := case when v.role_id is null then v.role else app.role_name(v_ws, v.role, v.role_id) end;
		v_allowed := v.allowed;
	else
		select p.workspace_id, app.role_name(p.workspace_id, p.role, p.role_id),
		       app.role_text(p.workspace_id, p.role, p.role_id)
		  into v_ws, v_role, v_allowed
		  from app.workspace_pick(v.user_id, p_ref, null) p;
		if v_ws is null and p_ref is not null then
			raise exception using errcode = 'MR404', message = 'no such workspace';
		end if;
	end if;
	-- Who lacks the second factor that the workspace asks for may do there what a person without a workspace may.
	if v.mfa_at is null and v.shown_at is null and v_ws is not null
	   and (case when v_ws = v.workspace_id and v.settings is not null then app.second_factor_wanted(v.settings)
	             else app.second_factor_missing(v_ws, v.user_id, v.id) end) then
		v_allowed := 'second_factor_missing';
	end if;
	-- Once a minute, so that reading isn't writing; at once only when the workspace changes.
	if v.seen_at < now() - interval '1 minute' or v_ws is distinct from v.workspace_id then
		update app.session s
		   set seen_at = now(),
		       expires_at = case s.kind when 'cookie' then least(now() + app.session_idle(), s.ends_at) else s.expires_at end,
		       workspace_id = v_ws
		 where s.id = v.id;
		update app.user_account u
		   set last_workspace_id = v_ws
		 where u.id = v.user_id and u.last_workspace_id is distinct from v_ws;
	end if;
	perform app.context_seal(v_ws, v.user_id, v.id, null, v_role,
	    concat(',session,', case when v.is_superuser then 'installation:admin,' end, v_allowed || ','));
end
$$;
revoke all on function app.enter_session(bytea, text, text) from public;

-- app.address_read(text) -> the address of who calls, an IPv4 one also where it comes as ::ffff:1.2.3.4; null: none.
create or replace function app.address_read(p_address text)
returns inet
language sql immutable
return case when p_address ~ '^(::ffff:)?[0-9]{1,3}(\.[0-9]{1,3}){3}$' or p_address ~ '^[0-9A-Fa-f:]*:[0-9A-Fa-f:]*$'
	then regexp_replace(p_address, '^::ffff:([0-9.]+)$', '\1')::inet end;
revoke all on function app.address_read(text) from public;

-- app.enter_token(hash, workspace ref, address): enters by API token: its scopes cut by the present role of whom it belongs to.
--   Raises MR401, MR40E when its time is over, MR403 from an address that it may not come from, MR404 for a workspace
--   that isn't the token's.
create or replace function app.enter_token(p_hash bytea, p_ref text, p_address text)
returns void
language plpgsql volatile
as $$
declare
	v_token record;
begin
	select t.workspace_id, t.id, t.created_by, t.expires_at, t.used_at, t.addresses, m.role, m.role_id, w.slug,
	       case when m.role_id is null
	           then (select string_agg(p.permission, ',')
	                   from app.role_permission p where p.role = m.role and p.permission = any (t.scopes))
	           else (select string_agg(x, ',')
	                   from unnest(string_to_array(app.role_text(t.workspace_id, m.role, m.role_id), ',')) as x
	                  where x = any (t.scopes)) end as allowed
	  into v_token
	  from app.token t
	  join app.workspace w on w.id = t.workspace_id and w.deleted_at is null
	  join app.member m on m.workspace_id = t.workspace_id and m.user_id = t.created_by
	  join app.user_account u on u.id = t.created_by and u.is_active
	 where t.token_hash = p_hash and t.revoked_at is null;
	if not found then
		raise exception using errcode = 'MR401', message = 'the token is not valid';
	elsif v_token.expires_at <= now() then
		raise exception using errcode = 'MR40E', message = 'the token has expired';
	elsif v_token.addresses <> '{}' and not coalesce(app.address_read(p_address) <<= any (v_token.addresses), false) then
		raise exception using errcode = 'MR403', message = format('this token may not be used from %s', coalesce(p_address, 'here'));
	elsif p_ref is not null and p_ref <> v_token.slug
	      and app.uuid_read(p_ref) is distinct from v_token.workspace_id then
		raise exception using errcode = 'MR404', message = 'no such workspace';
	end if;
	if v_token.used_at is null or v_token.used_at < now() - interval '1 minute' then
		update app.token t
		   set used_at = now(), used_address = p_address
		 where t.workspace_id = v_token.workspace_id and t.id = v_token.id;
	end if;
	perform app.context_seal(v_token.workspace_id, v_token.created_by, null, v_token.id,
	    case when v_token.role_id is null then v_token.role
	         else app.role_name(v_token.workspace_id, v_token.role, v_token.role_id) end,
	    concat(',', v_token.allowed || ','));
end
$$;
revoke all on function app.enter_token(bytea, text, text) from public;

-- app.enter_hook(token): enters by the token of an armed webhook. It may do nothing but start a run at its workflow
--   (api.workflow_execute): no person, no permission; the context's role is 'hook', its token the trigger. Raises MR401,
--   also where the webhook's senders must prove themselves: to know its address is no proof.
create or replace function app.enter_hook(p_token text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v record;
begin
	select t.workspace_id, t.id into v
	  from app.trigger t
	  join app.workspace w on w.id = t.workspace_id and w.deleted_at is null
	 where t.token = p_token and t.is_active and t.scheme = 'none';
	if not found then
		raise exception using errcode = 'MR401', message = 'the token is not valid';
	end if;
	perform app.context_seal(v.workspace_id, null, null, v.id, 'hook', ',');
end
$$;
revoke all on function app.enter_hook(text) from public;

-- app.enter(credential, client): see api.enter. The plans of what it calls are pinned: on a young installation the
--   planner would read whole tables, and keep to it while they grow.
create or replace function app.enter(p_credential text, p_client jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	v_ref text := nullif(p_client->>'workspace', '');
begin
	-- Where from is what throttles, sessions and the audit log are told; it decides nothing.
	perform set_config('app.client', coalesce(p_client, '{}')::text, true);
	case left(p_credential, 4)
	when 'mrs_' then
		perform app.enter_session(sha256(convert_to(p_credential, 'UTF8')), 'cookie', v_ref);
	when 'mrj_' then
		perform app.enter_session(sha256(convert_to(substr(p_credential, 5), 'UTF8')), 'jwt', v_ref);
	when 'mrt_' then
		perform app.enter_token(sha256(convert_to(p_credential, 'UTF8')), v_ref, p_client->>'address');
	when 'mrh_' then
		perform app.enter_hook(p_credential);
	else
		if coalesce(p_credential, '') <> '' then
			raise exception using errcode = 'MR401', message = 'the credential is none of ours';
		end if;
		perform set_config('app.ctx', '', true);  -- who signs up or in has no context yet
	end case;
end
$$;
revoke all on function app.enter(text, jsonb) from public;
grant execute on function app.enter(text, jsonb) to mr_api;

-- app.workspace_switch(id): goes over to another workspace of the same person, with the role there. For operations
--   whose path names a workspace. Raises MR401 when nobody entered, MR404 when the person doesn't belong to it.
create or replace function app.workspace_switch(p_id text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ctx   text[] := app.ctx();
	v_place record;
begin
	if v_ctx is null then
		raise exception using errcode = 'MR401', message = 'sign in first';
	elsif app.uuid_read(p_id) is not distinct from nullif(v_ctx[1], '')::uuid then
		return;
	elsif v_ctx[3] = '' then
		raise exception using errcode = 'MR404', message = 'no such workspace';
	end if;
	select p.workspace_id, app.role_name(p.workspace_id, p.role, p.role_id) as role,
	       app.role_text(p.workspace_id, p.role, p.role_id) as allowed
	  into v_place
	  from app.workspace_pick(v_ctx[2]::uuid, coalesce(app.uuid_read(p_id)::text, '-'), null) p;
	if v_place.workspace_id is null then
		raise exception using errcode = 'MR404', message = 'no such workspace';
	end if;
	perform app.context_seal(v_place.workspace_id, v_ctx[2]::uuid, v_ctx[3]::uuid, null, v_place.role,
	    concat(',session,', case when app.second_factor_missing(v_place.workspace_id, v_ctx[2]::uuid, v_ctx[3]::uuid) then 'second_factor_missing'
	                        else v_place.allowed end || ','));
end
$$;
revoke all on function app.workspace_switch(text) from public;
grant execute on function app.workspace_switch(text) to mr_api;

-- app.workspace_whole(): lets the rest of this transaction see what is private to others, for what is done to the workspace as a
--   whole: its end, and its archive. Raises MR403 for who doesn't administer it.
create or replace function app.workspace_whole()
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ctx constant text[] := app.ctx();
begin
	perform app.need('workspace:admin');
	perform app.context_seal(v_ctx[1]::uuid, v_ctx[2]::uuid, nullif(v_ctx[3], '')::uuid, nullif(v_ctx[4], '')::uuid, 'whole', v_ctx[6]);
end
$$;
revoke all on function app.workspace_whole() from public;
grant execute on function app.workspace_whole() to mr_api;
