-- introspect: what a credential is good for in the entered workspace, and what a member may do there.
set local role mr_owner;

-- app.introspect(token) -> {active, kind, workspace, user, scopes, expires_at}. token: as api.enter takes it, or a refresh
--   token. Only {"active": false} for what isn't good now, and for what isn't good in the entered workspace.
create or replace function app.introspect(p_token text)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_hash bytea := app.secret_hash(case when left(p_token, 4) = 'mrj_' then substr(p_token, 5) else p_token end);
	v_ws   constant uuid := app.workspace_id();
	v      record;
begin
	case left(p_token, 4)
	when 'mrt_' then
		select 'token' as kind, t.created_by as user_id, t.expires_at, t.scopes, m.role, m.role_id into v
		  from app.token t
		  join app.member m on m.workspace_id = t.workspace_id and m.user_id = t.created_by
		  join app.user_account u on u.id = t.created_by and u.is_active
		 where t.token_hash = v_hash and t.workspace_id = v_ws and t.revoked_at is null
		   and (t.expires_at is null or t.expires_at > now());
	when 'mrs_', 'mrj_' then
		select case s.kind when 'jwt' then 'access' else 'session' end as kind, s.user_id, s.expires_at, null::text[] as scopes,
		       m.role, m.role_id into v
		  from app.session s
		  join app.member m on m.workspace_id = v_ws and m.user_id = s.user_id
		  join app.user_account u on u.id = s.user_id and u.is_active
		 where s.token_hash = v_hash and s.kind = case left(p_token, 4) when 'mrj_' then 'jwt' else 'cookie' end
		   and s.revoked_at is null and s.expires_at > now();
	when 'mrr_' then
		select 'refresh' as kind, s.user_id, r.expires_at, null::text[] as scopes, m.role, m.role_id into v
		  from app.refresh_token r
		  join app.session s on s.id = r.session_id and s.revoked_at is null
		  join app.member m on m.workspace_id = v_ws and m.user_id = s.user_id
		  join app.user_account u on u.id = s.user_id and u.is_active
		 where r.token_hash = v_hash and r.used_at is null and r.expires_at > now();
	else
		return '{"active": false}';
	end case;
	if not found then
		return '{"active": false}';
	end if;
	return jsonb_build_object('active', true, 'kind', v.kind, 'workspace', v_ws, 'user', v.user_id,
		'scopes', coalesce((
			select jsonb_agg(s order by s)
			  from unnest(string_to_array(app.role_text(v_ws, v.role, v.role_id), ',')) as s
			 where v.scopes is null or s = any (v.scopes)), '[]'),
		'expires_at', app.ts(v.expires_at));
end
$$;
revoke all on function app.introspect(text) from public;
grant execute on function app.introspect(text) to mr_api;

-- app.operation_permission(operation) -> the permission that the operation asks for, as its own function says; null: there
--   is no such operation, or it asks for none.
create or replace function app.operation_permission(p_operation text)
returns text
language sql stable
return (select (regexp_match(f.prosrc, 'app\.need\(''([a-z_:]+)''\)'))[1]
          from pg_catalog.pg_proc f
         where f.pronamespace = 'api'::regnamespace and f.proname = p_operation);
revoke all on function app.operation_permission(text) from public;

-- app.authorize(user, resource, action) -> {allowed, role, permission}: may that member do this in the entered workspace?
--   Resource and action name an operation (workflow, execute) or a permission (workflow, write). No user: who asks.
--   Raises MR404 who isn't a member here, MR400 on action when neither is known.
create or replace function app.authorize(p_user uuid, p_resource text, p_action text)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_member     app.member;
	v_permission text := app.operation_permission(lower(p_resource) || '_' || lower(p_action));
begin
	select m.* into v_member
	  from app.member m
	  join app.user_account u on u.id = m.user_id and u.is_active
	 where m.workspace_id = app.workspace_id() and m.user_id = p_user;
	if v_member.role is null then
		raise exception using errcode = 'MR404', message = 'no such member';
	end if;
	v_permission := coalesce(v_permission, app.scope_read(p_resource || ':' || p_action), (
		select p.permission from app.role_permission p where p.permission = lower(p_resource) || ':' || lower(p_action) limit 1));
	if v_permission is null then
		perform app.fail('MR400', 'no operation and no permission is called this', 'action');
	end if;
	return jsonb_build_object(
		'role', app.role_name(v_member.workspace_id, v_member.role, v_member.role_id), 'permission', v_permission,
		'allowed', v_permission = 'session' or v_permission = any (string_to_array(
			app.role_text(v_member.workspace_id, v_member.role, v_member.role_id), ',')));
end
$$;
revoke all on function app.authorize(uuid, text, text) from public;
grant execute on function app.authorize(uuid, text, text) to mr_api;
