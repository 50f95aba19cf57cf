-- invitation: asking somebody into a workspace by address. The link's token (mri_…) is stored as its hash; it is good for a
-- person signed in with that address, once, until its end. Who follows the link isn't in the workspace yet, so what they
-- do is done here and names the workspace itself.
set local role mr_owner;

-- app.invitation_life() -> how long an invitation waits unless told otherwise; app.invitation_most(): the longest.
create or replace function app.invitation_life() returns interval
language sql immutable parallel safe
return interval '7 days';
create or replace function app.invitation_most() returns interval
language sql immutable parallel safe
return interval '30 days';
revoke all on function app.invitation_life(), app.invitation_most() from public;
grant execute on function app.invitation_life(), app.invitation_most() to mr_api;

-- app.invitation_json(invitation) -> an invitation as lists show it; never its hash.
create or replace function app.invitation_json(p app.invitation)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'email', p.email, 'role', app.role_name(p.workspace_id, p.role, p.role_id),
		'invited_by', p.invited_by, 'invited_by_name', app.user_name(p.invited_by),
		'created_at', app.ts(p.created_at), 'expires_at', app.ts(p.expires_at));
end
$$;
revoke all on function app.invitation_json(app.invitation) from public;
grant execute on function app.invitation_json(app.invitation) to mr_api;

-- app.is_member(email) -> whether somebody with that address is in the entered workspace.
create or replace function app.is_member(p_email text)
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return exists (
		select from app.user_account u
		  join app.member m on m.workspace_id = app.workspace_id() and m.user_id = u.id
		 where u.email_key = lower(p_email));
end
$$;
revoke all on function app.is_member(text) from public;
grant execute on function app.is_member(text) to mr_api;

-- app.invitation_open(token) -> the invitation, if it can still be accepted. Raises MR404, the same for one that never
--   was, that was accepted or withdrawn, whose time is over or whose workspace is deleted.
create or replace function app.invitation_open(p_token text)
returns app.invitation
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.invitation;
begin
	select i.* into v
	  from app.invitation i
	  join app.workspace w on w.id = i.workspace_id and w.deleted_at is null
	 where i.token_hash = app.secret_hash(p_token) and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
	   for update of i;
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'this invitation is not, or no longer, good';
	end if;
	return v;
end
$$;
revoke all on function app.invitation_open(text) from public;

-- app.invitation_preview(token) -> {workspace, email, role, invited_by, expires_at} for who holds the link. Raises MR404.
create or replace function app.invitation_preview(p_token text)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v constant app.invitation := app.invitation_open(p_token);
begin
	return jsonb_build_object(
		'workspace', (select w.name from app.workspace w where w.id = v.workspace_id),
		'email', v.email, 'role', app.role_name(v.workspace_id, v.role, v.role_id),
		'invited_by', (select coalesce(nullif(u.name, ''), u.email) from app.user_account u where u.id = v.invited_by),
		'expires_at', app.ts(v.expires_at));
end
$$;
revoke all on function app.invitation_preview(text) from public;
grant execute on function app.invitation_preview(text) to mr_api;

-- app.invitation_accept(token) -> the id of the workspace, which the person of the context is a member of now. Whom it was
--   made by must still hold all that it gives. Raises MR404, MR403 for another address, MR42Q where the plan has no room.
create or replace function app.invitation_accept(p_token text)
returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v       constant app.invitation := app.invitation_open(p_token);
	v_email text;
	v_may   text[];
begin
	select u.email_key into v_email from app.user_account u where u.id = app.user_id();
	if v_email is distinct from v.email_key then
		raise exception using errcode = 'MR403',
			message = format('this invitation is for %s; sign in with that address', v.email);
	end if;
	select string_to_array(app.role_text(m.workspace_id, m.role, m.role_id), ',') into v_may
	  from app.member m
	  join app.user_account u on u.id = m.user_id and u.is_active
	 where m.workspace_id = v.workspace_id and m.user_id = v.invited_by;
	if not coalesce('member:write' = any (v_may)
	       and string_to_array(app.role_text(v.workspace_id, v.role, v.role_id), ',') <@ v_may, false) then
		raise exception using errcode = 'MR404', message = 'this invitation is not, or no longer, good';
	end if;
	perform app.member_add(v.workspace_id, app.user_id(), v.role, v.role_id);
	update app.invitation i
	   set accepted_at = now(), accepted_by = app.user_id()
	 where i.workspace_id = v.workspace_id and i.id = v.id;
	return v.workspace_id;
end
$$;
revoke all on function app.invitation_accept(text) from public;
grant execute on function app.invitation_accept(text) to mr_api;
