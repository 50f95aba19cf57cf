-- invitation: asking people into the workspace. app/invitation.sql has the rules.
set local role mr_api;

-- api.invitation_create({email, role, expires_at?}) -> the invitation with `token`, `url` and `is_mailed`. Where mail is sent
--   token and url are null: having the link shows that the mailbox is one's own. Else they are shown this once, to be
--   copied. One that is open for the same address ends. Needs member:write, and all that the role holds.
--   Raises MR400 on email, role or expires_at, MR403, MR409 on email for a member.
create or replace function api.invitation_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_role    record;
	v_until   timestamptz := now() + app.invitation_life();
	v_token   text := app.token_make('i');
	v_mailed  boolean;
	v         app.invitation;
	v_ws_name text;
begin
	perform app.need('member:write');
	if coalesce(p->>'email', '') !~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' or length(p->>'email') > 254 then
		perform app.fail('MR400', 'this is not an email address', 'email');
	end if;
	v_role := app.role_find(p->>'role');
	perform app.role_within(v_role.role, v_role.role_id);
	if p->>'expires_at' is not null then
		v_until := app.instant_read(p->>'expires_at', 'expires_at');
		if v_until <= now() or v_until > now() + app.invitation_most() then
			perform app.fail('MR400', 'the end must lie within the next 30 days', 'expires_at');
		end if;
	end if;
	if app.is_member(p->>'email') then
		perform app.fail('MR409', 'this person is a member already', 'email');
	end if;
	update app.invitation i
	   set revoked_at = now()
	 where i.email_key = lower(p->>'email') and i.accepted_at is null and i.revoked_at is null;
	insert into app.invitation (workspace_id, email, email_key, role, role_id, token_hash, invited_by, expires_at)
	values (app.workspace_id(), p->>'email', lower(p->>'email'), v_role.role, v_role.role_id, app.secret_hash(v_token),
	        app.user_id(), v_until)
	returning * into v;
	select w.name into v_ws_name from app.workspace w where w.id = v.workspace_id;
	v_mailed := app.mail_put(v.workspace_id, v.email, 'invitation', format('Join %s on Millrace', v_ws_name), format(
		E'%s invites you to work in "%s" on Millrace, as %s.\n\nTo accept, follow this link and sign in or sign up with this '
		'address:\n\n%s\n\nIt is good until %s. If you did not expect it, do nothing.\n',
		app.user_name(v.invited_by), v_ws_name, p->>'role', app.mail_link('/invite/' || v_token), app.ts(v_until)));
	return app.invitation_json(v) || jsonb_build_object(
		'token', case when not v_mailed then v_token end,
		'url', case when not v_mailed then '/invite/' || v_token end, 'is_mailed', v_mailed);
end
$$;
revoke all on function api.invitation_create(jsonb) from public;
grant execute on function api.invitation_create(jsonb) to mr_web;

-- api.invitation_list({limit?, cursor?}) -> the open invitations, newest first. Needs member:read.
create or replace function api.invitation_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit integer;
	v_after uuid;
	v_rows  jsonb;
begin
	perform app.need('member:read');
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('invitation_list', p->>'cursor')->>0;
	select coalesce(jsonb_agg(app.invitation_json(i) order by i.id desc), '[]')
	  into v_rows
	  from (
		select * from app.invitation i
		 where i.accepted_at is null and i.revoked_at is null and i.expires_at > now() and (v_after is null or i.id < v_after)
		 order by i.id desc
		 limit v_limit + 1) i;
	return app.page('invitation_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.invitation_list(jsonb) from public;
grant execute on function api.invitation_list(jsonb) to mr_web;

-- api.invitation_delete({id}) -> null: its link is good no more. Needs member:write. Raises MR404 for any but an open one.
create or replace function api.invitation_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('member:write');
	update app.invitation i
	   set revoked_at = now()
	 where i.id = app.uuid_read(p->>'id') and i.accepted_at is null and i.revoked_at is null;
	if not found then
		raise exception using errcode = 'MR404', message = 'no such invitation';
	end if;
	return null;
end
$$;
revoke all on function api.invitation_delete(jsonb) from public;
grant execute on function api.invitation_delete(jsonb) to mr_web;

-- api.invitation_preview({token}) -> {workspace, email, role, invited_by, expires_at}: what the link is about; nobody needs to be
--   signed in. Raises MR404.
create or replace function api.invitation_preview(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.invitation_preview(coalesce(p->>'token', ''));
end
$$;
revoke all on function api.invitation_preview(jsonb) from public;
grant execute on function api.invitation_preview(jsonb) to mr_web;

-- api.invitation_accept({token}) -> the workspace, which I am a member of now. Needs a session. Raises MR404, MR403 when I am
--   signed in with another address.
create or replace function api.invitation_accept(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.workspace;
begin
	perform app.need('session');
	perform app.workspace_switch(app.invitation_accept(coalesce(p->>'token', ''))::text);
	select * into v from app.workspace w where w.id = app.workspace_id();
	return app.workspace_json(v, app.role());
end
$$;
revoke all on function api.invitation_accept(jsonb) from public;
grant execute on function api.invitation_accept(jsonb) to mr_web;
