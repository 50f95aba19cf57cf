-- permission_why: says in words why something is allowed or refused: by the role, by a token's scopes, by a share.
set local role mr_owner;

-- app.permission_why(permission, workflow) -> {permission, allowed, reasons: [{by, allowed, text}]}.
--   permission: none, session or noun:verb. workflow: what it would be done to, null: nothing in particular.
--   Raises MR400 on permission for one that there isn't.
create or replace function app.permission_why(p_permission text, p_workflow app.workflow)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_role    constant text := app.role();
	v_token   app.token;
	v_member  app.member;
	v_has     text[];
	v_level   text;
	v_needs   text;
	v_reasons jsonb := '[]';
begin
	if p_permission not in ('none', 'session')
	   and not exists (select from app.role_permission g where g.permission = p_permission) then
		perform app.fail('MR400', format('there is no permission %s', left(p_permission, 64)), 'permission');
	end if;
	if p_permission = 'none' then
		v_reasons := v_reasons || app.reason('nobody', true, 'Anybody may do this, also without signing in.');
	elsif p_permission = 'session' then
		v_reasons := v_reasons || case when app.token_id() is null
			then app.reason('session', true, 'You are signed in as a person, and this needs no more.')
			else app.reason('session', false, 'This is for people who signed in; an API token can''t do it.') end;
	else
		select * into v_member from app.member m where m.workspace_id = app.workspace_id() and m.user_id = app.user_id();
		v_has := string_to_array(app.role_text(v_member.workspace_id, v_member.role, v_member.role_id), ',');
		v_reasons := v_reasons || app.reason('role', p_permission = any (v_has),
			format('The role %s %s %s.', v_role, case when p_permission = any (v_has) then 'includes' else 'doesn''t include' end,
			       p_permission)
			|| case when p_permission = any (v_has) then '' else format(' %s.', coalesce((
				select 'These do: ' || string_agg(g.role, ', ' order by array_position(
				           array['owner', 'admin', 'editor', 'operator', 'viewer'], g.role))
				  from app.role_permission g where g.permission = p_permission), 'No role does')) end);
		if app.token_id() is not null then
			select * into v_token from app.token t where t.workspace_id = app.workspace_id() and t.id = app.token_id();
			v_reasons := v_reasons || case
				when not p_permission = any (app.scope_list())
				then app.reason('scope', false, format('No API token can carry %s: it is for people.', p_permission))
				else app.reason('scope', p_permission = any (v_token.scopes), format('The token %s was %s %s.', v_token.name,
				     case when p_permission = any (v_token.scopes) then 'given' else 'not given' end, p_permission)) end;
		end if;
	end if;
	if p_workflow.id is not null and p_workflow.visibility = 'private' then
		v_level := app.share_level('workflow', p_workflow.id, p_workflow.visibility, p_workflow.created_by);
		v_needs := case p_permission when 'workflow:write' then 'edit' when 'run:write' then 'run' else 'view' end;
		v_reasons := v_reasons || app.reason('share',
			array_position(array['view', 'run', 'edit'], v_level) >= array_position(array['view', 'run', 'edit'], v_needs),
			case when p_workflow.created_by = app.user_id() then 'The workflow is private, and yours.'
			     else format('The workflow is private and shared with you to %s; this needs %s.', v_level, v_needs) end);
	end if;
	return jsonb_build_object('permission', p_permission, 'reasons', v_reasons,
		'allowed', not v_reasons @> '[{"allowed": false}]');
end
$$;
revoke all on function app.permission_why(text, app.workflow) from public;
grant execute on function app.permission_why(text, app.workflow) to mr_api;

-- app.reason(by, allowed, text) -> one reason.
create or replace function app.reason(p_by text, p_allowed boolean, p_text text)
returns jsonb
language sql immutable
return jsonb_build_object('by', p_by, 'allowed', p_allowed, 'text', p_text);
revoke all on function app.reason(text, boolean, text) from public;
