-- team: members, invitations, roles of a workspace, service accounts, tokens, shares, and the end of a workspace.
-- U09, U12, U13, U14, W17.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('olga') as olga \gset
select :'olga'::jsonb->>'secret' as os, :'olga'::jsonb->>'workspace_id' as ws, :'olga'::jsonb->'user'->>'id' as oid \gset
select t.member('adam', :'ws', 'admin') as adam \gset
select t.member('edda', :'ws', 'editor') as edda \gset
select t.member('vera', :'ws', 'viewer') as vera \gset
select (select u.id from app.user_account u where u.email_key = 'adam@example.com') as adam_id,
       (select u.id from app.user_account u where u.email_key = 'edda@example.com') as edda_id,
       (select u.id from app.user_account u where u.email_key = 'vera@example.com') as vera_id \gset

-- Roles of the workspace.
select t.enter(:'os', :'ws');
select api.role_create('{"name":"people","description":"Looks after members","permissions":["member:read","member:write","workflow:read"]}') as people \gset
select is(:'people'::jsonb->'permissions', '["member:read", "member:write", "workflow:read", "workspace:read"]', 'U14 a role is made of permissions; workspace:read is in each');
select matches(t.refusal('role_create', '{"name":"people","permissions":[]}'), '^MR409 name', 'U14 a name is taken once');
select matches(t.refusal('role_create', '{"name":"owner","permissions":[]}'), '^MR400 name', 'U14 the five are not made again');
select matches(t.refusal('role_create', '{"name":"boss","permissions":["workspace:delete"]}'), '^MR400 permissions\[0\]', 'U14 what owners alone may do is in no other role');
select matches(t.refusal('role_create', '{"name":"moon","permissions":["moon:walk"]}'), '^MR400 permissions\[0\]', 'U14 nor is what there isn''t');
select is(api.member_update(jsonb_build_object('user_id', :'vera_id', 'role', 'people'))->>'role', 'people', 'U14 a member is given it');
select is(t.refusal('role_delete', jsonb_build_object('id', :'people'::jsonb->>'id')), 'MR409 | members have this role; give them another one first', 'U14 a role that somebody has stays');
select t.enter(:'vera', :'ws');
select lives_ok($$select api.member_list('{}')$$, 'U14 it allows what it is made of');
select is(t.refusal('run_list'), 'MR403 | permission needed: run:read', 'U14 and nothing else');
select is(app.role(), 'people', 'U14 who asks has it by its name');
select is(api.user_me('{}')->'memberships' @> jsonb_build_array(jsonb_build_object('workspace_id', :'ws', 'role', 'people', 'permissions', :'people'::jsonb->'permissions')), true, 'U14 the person is told what it allows');
select matches(t.refusal('role_create', '{"name":"runner","permissions":["run:write"]}'), '^MR403 \| permission needed: run:write', 'U14 nobody makes a role above the own one');
select matches(t.refusal('member_update', jsonb_build_object('user_id', :'vera_id', 'role', 'admin')), '^MR403 \| permission needed: .* role admin', 'U13 nor gives one to oneself');
select matches(t.refusal('member_update', jsonb_build_object('user_id', :'edda_id', 'role', 'people')), '^MR403 .*role editor', 'U13 nor takes one from somebody above');
select matches(t.refusal('member_delete', jsonb_build_object('user_id', :'edda_id')), '^MR403', 'U13 nor removes somebody above');
select t.enter(:'os', :'ws');
select lives_ok(format($$select api.role_update('{"id":"%s","permissions":["run:read"]}')$$, :'people'::jsonb->>'id'), 'U14 a role is changed');
select matches(t.refusal('role_update', jsonb_build_object('id', :'people'::jsonb->>'id', 'name', 'x2', 'if_match', 1)), '^MR412', 'U14 under its ETag');
select t.enter(:'vera', :'ws');
select lives_ok($$select api.run_list('{}')$$, 'U14 which counts from the next request on');
select is(t.refusal('member_list'), 'MR403 | permission needed: member:read', 'U14 both ways');

select t.enter(:'os', :'ws');
select api.role_create('{"name":"spare","permissions":["run:write"]}') as spare \gset
select t.enter(:'vera', :'ws');
select matches(t.refusal('role_delete', :'spare'), '^MR403 \| permission needed: member:write', 'U14 who manages no members deletes no role');
select t.enter(:'os', :'ws');
select api.invitation_create('{"email":"new@example.com","role":"spare"}') as spare_invitation \gset
select is(t.refusal('role_delete', jsonb_build_object('id', :'spare'::jsonb->>'id')), 'MR409 | somebody is invited to this role; withdraw the invitation first', 'U14 a role that somebody is invited to stays');
select api.invitation_delete(jsonb_build_object('id', :'spare_invitation'::jsonb->>'id'));
select matches(t.refusal('role_delete', jsonb_build_object('id', :'spare'::jsonb->>'id', 'if_match', 9)), '^MR412', 'U14 a role is deleted under its ETag');
select is(api.role_delete(jsonb_build_object('id', :'spare'::jsonb->>'id', 'if_match', 1)), null, 'U14 one that nobody has or is invited to goes');
select is(t.refusal('role_delete', jsonb_build_object('id', :'spare'::jsonb->>'id')), 'MR404 | no such role', 'U14 once');
select is_empty(format('select 1 from app.role where id = %L', :'spare'::jsonb->>'id'), 'U14 and for good');
select t.enter(:'vera', :'ws');

-- Why.
select is(api.permission_list('{"permission":"run:read"}')->'asked'->'allowed', 'true', 'U14 what is allowed is explained');
select is(api.permission_list('{"permission":"workflow:write"}')->'asked'->'reasons'->0->>'text',
	'The role people doesn''t include workflow:write. These do: owner, admin, editor.', 'U14 and what is refused, in words');
select matches(t.refusal('permission_list', '{"permission":"moon:walk"}'), '^MR400 permission', 'U14 an unknown permission is named');

-- Members and the last owner.
select t.enter(:'os', :'ws');
select is(jsonb_array_length(api.member_list('{}')->'items'), 4, 'U13 members are listed');
select is(t.refusal('member_update', jsonb_build_object('user_id', :'oid', 'role', 'admin')), 'MR409 role | a workspace needs an owner: make somebody else one first', 'U13 the last owner stays one');
select matches(t.refusal('workspace_leave', jsonb_build_object('id', :'ws')), '^MR409 role', 'U13 and doesn''t leave');
select matches(t.refusal('member_delete', jsonb_build_object('user_id', :'oid')), '^MR409 role', 'U13 nor is removed');
select t.enter(:'adam', :'ws');
select matches(t.refusal('member_update', jsonb_build_object('user_id', :'adam_id', 'role', 'owner')), '^MR403 .*workspace:delete', 'U13 an admin makes no owner');
select matches(t.refusal('member_update', jsonb_build_object('user_id', :'oid', 'role', 'viewer')), '^MR403', 'U13 and takes none away');
select matches(t.refusal('member_update', jsonb_build_object('user_id', :'edda_id', 'role', 'nosuch')), '^MR400 role', 'U13 a role must be there');
select t.enter(:'edda', :'ws');
select is(t.refusal('member_update', jsonb_build_object('user_id', :'vera_id', 'role', 'viewer')), 'MR403 | permission needed: member:write', 'U13 an editor changes nobody');

-- Invitations.
select t.enter(:'adam', :'ws');
select api.invitation_create('{"email":"New@Example.com","role":"editor"}') as inv \gset
select matches(:'inv'::jsonb->>'token', '^mri_[0-9A-Za-z]{49}$', 'U13 an invitation shows its link once where no mail is sent');
select ok(not exists (select from app.invitation x where x::text like '%' || (:'inv'::jsonb->>'token') || '%'), 'U13 only its hash is stored');
select is(api.invitation_list('{}')->'items'->0->>'email', 'New@Example.com', 'U13 it is listed');
select ok(not api.invitation_list('{}')::text like '%mri_%', 'U13 without its token');
select matches(t.refusal('invitation_create', '{"email":"x@example.com","role":"owner"}'), '^MR403 .*workspace:', 'U13 an admin invites no owner');
select matches(t.refusal('invitation_create', '{"email":"nonsense","role":"editor"}'), '^MR400 email', 'U13 an address must be one');
select matches(t.refusal('invitation_create', '{"email":"EDDA@example.com","role":"editor"}'), '^MR409 email', 'U13 a member is invited no more');
select matches(t.refusal('invitation_create', '{"email":"y@example.com","role":"editor","expires_at":"2099-01-01T00:00:00Z"}'), '^MR400 expires_at', 'U13 an invitation waits 30 days at most');
select api.invitation_create('{"email":"new@example.com","role":"viewer"}') as again \gset
select t.enter(null);
select matches(t.refusal('invitation_preview', jsonb_build_object('token', :'inv'::jsonb->>'token')), '^MR404', 'U13 a second invitation ends the first');
select is(api.invitation_preview(jsonb_build_object('token', :'again'::jsonb->>'token')) - 'expires_at',
	'{"role":"viewer","email":"new@example.com","workspace":"olga''s workspace","invited_by":"adam"}', 'U13 who has the link sees what it is about');
select t.person('new') as newbie \gset
select t.enter(:'edda');
select is(t.refusal('invitation_accept', jsonb_build_object('token', :'again'::jsonb->>'token')), 'MR403 | this invitation is for new@example.com; sign in with that address', 'U13 it is for that address alone');
select t.enter(:'newbie'::jsonb->>'secret');
select is(api.invitation_accept(jsonb_build_object('token', :'again'::jsonb->>'token'))->>'role', 'viewer', 'U13 who was invited is a member with that role');
select is(jsonb_array_length(api.workspace_list('{}')->'items'), 2, 'U13 beside the own workspace');
select matches(t.refusal('invitation_accept', jsonb_build_object('token', :'again'::jsonb->>'token')), '^MR404', 'U13 a link is good once');
select t.enter(:'adam', :'ws');
select api.invitation_create('{"email":"late@example.com","role":"editor"}') as late \gset
select api.invitation_create('{"email":"gone@example.com","role":"editor"}') as gone \gset
update app.invitation i set expires_at = now() - interval '1 second' where i.email = 'late@example.com';
select is(api.invitation_delete(jsonb_build_object('id', :'gone'::jsonb->>'id')), null, 'U13 one is withdrawn');
select matches(t.refusal('invitation_delete', jsonb_build_object('id', :'gone'::jsonb->>'id')), '^MR404', 'U13 once');
select t.person('late') as late_person \gset
select t.enter(:'late_person'::jsonb->>'secret');
select matches(t.refusal('invitation_accept', jsonb_build_object('token', :'late'::jsonb->>'token')), '^MR404', 'U13 one whose time is over is not found');
select matches(t.refusal('invitation_accept', jsonb_build_object('token', :'gone'::jsonb->>'token')), '^MR404', 'U13 nor one that was withdrawn');
select t.enter(:'adam', :'ws');
select api.invitation_create('{"email":"late@example.com","role":"admin"}') as late \gset
select t.enter(:'os', :'ws');
select api.member_update(jsonb_build_object('user_id', :'adam_id', 'role', 'viewer'));
select t.enter(:'late_person'::jsonb->>'secret');
select matches(t.refusal('invitation_accept', jsonb_build_object('token', :'late'::jsonb->>'token')), '^MR404', 'U13 an invitation gives no more than who made it may still give');
select t.enter(:'os', :'ws');
select api.member_update(jsonb_build_object('user_id', :'adam_id', 'role', 'admin'));

-- Service accounts and tokens.
select t.enter(:'adam', :'ws');
select api.service_account_create('{"name":"Shop","role":"operator"}') as sa \gset
select matches(t.refusal('service_account_create', '{"name":"Root","role":"owner"}'), '^MR400 role', 'U13 a service account owns nothing');
select api.token_create(jsonb_build_object('name', 'shop', 'scopes', '["run:read","run:write"]'::jsonb, 'user_id', :'sa'::jsonb->>'id', 'addresses', '["203.0.113.0/24","2001:db8::7"]'::jsonb)) as tok \gset
select is(:'tok'::jsonb->'addresses', '["203.0.113.0/24", "2001:db8::7/128"]', 'U09 a token has networks');
select is(t.refusal('token_create', jsonb_build_object('name', 'x', 'scopes', '["workflow:write"]'::jsonb, 'user_id', :'sa'::jsonb->>'id')), 'MR403 | permission needed: workflow:write', 'U09 scopes stay within the account''s role');
select matches(t.refusal('token_create', jsonb_build_object('name', 'x', 'scopes', '["run:read"]'::jsonb, 'user_id', :'edda_id')), '^MR404 \| no such service account', 'U09 nobody makes another person''s tokens');
select matches(t.refusal('token_create', '{"name":"x","scopes":["run:read"],"addresses":["all"]}'), '^MR400 addresses\[0\]', 'U09 a network must be one');
select lives_ok(format('select t.enter(%L)', :'tok'::jsonb->>'token'), 'U09 a token works from its network');
select throws_ok(format('select api.enter(%L, %L)', :'tok'::jsonb->>'token', '{"address":"198.51.100.9"}'), 'MR403', 'this token may not be used from 198.51.100.9', 'U09 and from nowhere else');
select throws_ok(format('select api.enter(%L, %L)', :'tok'::jsonb->>'token', '{}'), 'MR403', null, 'U09 also when nothing is known of where from');
select lives_ok(format('select api.enter(%L, %L)', :'tok'::jsonb->>'token', '{"address":"::ffff:203.0.113.8"}'), 'U09 an IPv4 address may come as an IPv6 one');
select is((select k.used_address from app.token k where k.id = (:'tok'::jsonb->>'id')::uuid), '203.0.113.7', 'U09 where it was used from is kept');
select t.enter(:'tok'::jsonb->>'token');
select is(t.refusal('user_me'), 'MR403 | permission needed: session', 'U13 a service account is no person');
select lives_ok($$select api.run_list('{}')$$, 'U13 but does what its role and scopes allow');
select t.enter(:'adam', :'ws');
select is(jsonb_array_length(api.token_list(jsonb_build_object('user_id', :'sa'::jsonb->>'id'))->'items'), 1, 'U09 its tokens are listed');
select api.token_rotate(jsonb_build_object('id', :'tok'::jsonb->>'id', 'overlap_s', 60)) as rot \gset
select is(:'rot'::jsonb->>'replaces', :'tok'::jsonb->>'id', 'U09 a rotated token names the old one');
select is(:'rot'::jsonb->'addresses', :'tok'::jsonb->'addresses', 'U09 and has its networks');
select lives_ok(format('select t.enter(%L)', :'rot'::jsonb->>'token'), 'U09 the new one works');
select lives_ok(format('select t.enter(%L)', :'tok'::jsonb->>'token'), 'U09 and so does the old one for a while');
update app.token k set expires_at = k.expires_at - interval '61 seconds' where k.id = (:'tok'::jsonb->>'id')::uuid;
select throws_ok(format('select t.enter(%L)', :'tok'::jsonb->>'token'), 'MR40E', null, 'U09 then it is refused');
select t.enter(:'adam', :'ws');
select matches(t.refusal('token_rotate', jsonb_build_object('id', :'tok'::jsonb->>'id')), '^MR404', 'U09 what has ended isn''t rotated');
select is(api.token_update(jsonb_build_object('id', :'rot'::jsonb->>'id', 'addresses', '[]'::jsonb))->'addresses', '[]', 'U09 networks are changed');
select t.enter(:'adam', :'ws');
select is(t.refusal('service_account_update', jsonb_build_object('id', :'sa'::jsonb->>'id', 'role', 'owner')), 'MR403 | permission needed: workspace:delete, which the role owner has and yours has not', 'U13 a service account is given no role above one''s own');
select is(t.refusal('service_account_update', jsonb_build_object('id', :'sa'::jsonb->>'id', 'role', 'x')), 'MR400 role | the workspace has no role x', 'U13 nor one that isn''t there');
select is(t.refusal('service_account_update', jsonb_build_object('id', :'sa'::jsonb->>'id', 'name', ' ')), 'MR400 name | the name must be 1 to 255 characters long', 'U13 it keeps a name');
select matches(t.refusal('service_account_update', jsonb_build_object('id', :'edda_id', 'name', 'x')), '^MR404', 'U13 a person is no service account');
select is(api.service_account_update(jsonb_build_object('id', :'sa'::jsonb->>'id', 'name', 'Till', 'role', 'viewer')) - array['tokens', 'used_at'], :'sa'::jsonb - array['tokens', 'used_at'] || '{"name":"Till","role":"viewer"}', 'U13 it gets another name and role');
select t.enter(:'rot'::jsonb->>'token');
select matches(t.refusal('run_create'), '^MR403 .*run:write', 'U13 which count at once, whatever its tokens say');
select t.enter(:'os', :'ws');
select is(t.refusal('service_account_update', jsonb_build_object('id', :'sa'::jsonb->>'id', 'role', 'owner')), 'MR400 role | a service account can''t own a workspace', 'U13 an owner makes it none either');
select t.enter(:'edda', :'ws');
select matches(t.refusal('token_update', jsonb_build_object('id', :'rot'::jsonb->>'id')), '^MR404', 'U09 by nobody else');
select matches(t.refusal('token_list', jsonb_build_object('user_id', :'sa'::jsonb->>'id')), '^MR403 .*member:write', 'U09 nor seen');
select is(t.refusal('service_account_update', jsonb_build_object('id', :'sa'::jsonb->>'id', 'name', 'x')), 'MR403 | permission needed: member:write', 'U13 who manages no members manages no service accounts');
select t.enter(:'adam', :'ws');
select is(api.service_account_delete(jsonb_build_object('id', :'sa'::jsonb->>'id')), null, 'U13 a service account is removed');
select throws_ok(format('select t.enter(%L)', :'rot'::jsonb->>'token'), 'MR401', null, 'U13 with its tokens');

-- Shares. Edda's private workflow, its run, version and trigger.
select t.enter(:'edda', :'ws');
select t.workflow('Private one', 'webhook', '{"method":"POST","path":"private"}') as wf \gset
select api.workflow_activate(jsonb_build_object('id', :'wf'));
select api.run_create(jsonb_build_object('workflow_id', :'wf'))->>'id' as run \gset
select is(api.workflow_share(jsonb_build_object('id', :'wf', 'visibility', 'private'))->>'access', 'edit', 'W17 its maker makes it private and goes on with it');
create function t.private_sees(p_who text, p_ws text, p_wf text, p_run text) returns text language plpgsql as $$
declare
	v text := '';
	o record;
begin
	perform t.enter(p_who, p_ws);
	for o in select * from (values
		('workflow_get', 'id', 'w'), ('workflow_share_list', 'id', 'w'), ('version_list', 'id', 'w'), ('trigger_list', 'id', 'w'),
		('workflow_logs', 'id', 'w'), ('workflow_run_list', 'id', 'w'), ('run_list', 'workflow_id', 'w'), ('permission_list', 'workflow_id', 'w'),
		('run_get', 'id', 'r'), ('run_status', 'id', 'r'), ('step_list', 'id', 'r'), ('run_logs', 'id', 'r'), ('log_get', 'run_id', 'r')) as x (op, param, what)
	loop
		v := v || ' ' || split_part(t.refusal(o.op, jsonb_build_object(o.param, case o.what when 'w' then p_wf else p_run end)), ' ', 1);
	end loop;
	return trim(v);
end $$;
select is(t.private_sees(:'os', :'ws', :'wf', :'run'), trim(repeat('MR404 ', 13)), 'W17 for anybody else it isn''t there, in no operation, also for the owner');
select unnest(array[is(t.refusal(o.op, o.more || jsonb_build_object(o.param, x.id)), t.refusal(o.op, o.more || jsonb_build_object(o.param, app.uuid7())),
	'W17 ' || o.op || ' refuses it like an id that never was')])
  from (values ('workflow_update', 'id', '{"name":"x"}'::jsonb, 'w'), ('workflow_delete', 'id', '{}', 'w'), ('workflow_activate', 'id', '{}', 'w'),
	('workflow_share', 'id', '{"visibility":"workspace"}', 'w'), ('workflow_execute', 'id', '{}', 'w'), ('workflow_run_create', 'id', '{}', 'w'),
	('trigger_create', 'id', '{"type":"webhook"}', 'w'), ('run_cancel', 'id', '{}', 'r'), ('run_pause', 'id', '{}', 'r'), ('run_resume', 'id', '{}', 'r'), ('run_retry', 'id', '{}', 'r')) as o (op, param, more, what)
  cross join lateral (select case o.what when 'w' then :'wf' else :'run' end as id) x;
select is((select count(*) from json_array_elements(api.run_list('{}')->'items') i where i->>'id' = :'run'), 0::bigint, 'W17 its runs are on no list');
select is((select count(*) from json_array_elements(api.workflow_list('{}')->'items') i where i->>'id' = :'wf'), 0::bigint, 'W17 nor is it');
select matches((api.live_read(jsonb_build_object('rooms', jsonb_build_array(jsonb_build_object('room', 'run:' || :'run'), jsonb_build_object('room', 'workflow:' || :'wf')),
	'runs', jsonb_build_array(:'run'))))::text, '^\{"workspace_id" : "[^"]+", "rooms" : \[\{"room" : "run:[^"]+", "error" : \{"code" : "NOT_FOUND"[^]]+"workflow:[^]]+NOT_FOUND[^]]+\], "runs" : \[\]\}$', 'W17 no room tells of it');
select is((select i.n from (select count(*) as n from app.workflow w where w.id = :'wf') i), 1::bigint, 'W17 though it is there');
select t.enter(:'edda', :'ws');
select is(t.refusal('workflow_share', jsonb_build_object('id', :'wf', 'shares', jsonb_build_array(jsonb_build_object('user_id', app.uuid7(), 'level', 'view')))),
	'MR400 shares[0].user_id | shares[0].user_id is no member of the workspace', 'W17 it is shared with members only');
select api.workflow_share(jsonb_build_object('id', :'wf', 'shares', jsonb_build_array(jsonb_build_object('user_id', :'adam_id', 'level', 'view'))));
select is(t.private_sees(:'adam', :'ws', :'wf', :'run'), trim(repeat('none ', 13)), 'W17 shared to view, it is seen');
select is(api.workflow_get(jsonb_build_object('id', :'wf'))->>'access', 'view', 'W17 and says how far');
select is(t.refusal('workflow_run_create', jsonb_build_object('id', :'wf')), 'MR403 | share needed: run; this private workflow is shared with you to view', 'W17 not run');
select matches(t.refusal('run_cancel', jsonb_build_object('id', :'run')), '^MR403 .*share needed: run', 'W17 its runs not cancelled');
select is(array_agg(t.refusal(o, jsonb_build_object('id', :'run')) ~ '^MR403 .*share needed: run'), '{t,t}', 'W17 nor paused, nor resumed')
  from unnest(array['run_pause', 'run_resume']) as o;
select is(api.run_bulk(jsonb_build_object('action', 'cancel', 'run_ids', jsonb_build_array(:'run'))), '{"changed": 0, "skipped": 1, "next_cursor": null}', 'W17 nor cancelled with others');
select matches(t.refusal('workflow_update', jsonb_build_object('id', :'wf', 'name', 'x')), '^MR403 .*share needed: edit', 'W17 nor changed');
select matches(t.refusal('workflow_share', jsonb_build_object('id', :'wf', 'visibility', 'workspace')), '^MR403 .*share needed: edit', 'W17 nor opened');
select is(api.permission_list(jsonb_build_object('permission', 'run:write', 'workflow_id', :'wf'))->'asked'->'reasons'->1,
	'{"by":"share","allowed":false,"text":"The workflow is private and shared with you to view; this needs run."}', 'W17 the share that is missing is explained');
select t.enter(:'edda', :'ws');
select api.workflow_share(jsonb_build_object('id', :'wf', 'shares', jsonb_build_array(jsonb_build_object('user_id', :'adam_id', 'level', 'run'))));
select t.enter(:'adam', :'ws');
select is(t.refusal('workflow_run_create', jsonb_build_object('id', :'wf')), 'none', 'W17 shared to run, it is run');
select matches(t.refusal('workflow_update', jsonb_build_object('id', :'wf', 'name', 'x')), '^MR403', 'W17 and not changed');
select t.enter(:'edda', :'ws');
select api.workflow_share(jsonb_build_object('id', :'wf', 'shares', jsonb_build_array(jsonb_build_object('user_id', :'vera_id', 'level', 'edit'), jsonb_build_object('user_id', :'adam_id', 'level', 'edit'))));
select t.enter(:'adam', :'ws');
select is(t.refusal('workflow_update', jsonb_build_object('id', :'wf', 'name', 'By Adam')), 'none', 'W17 shared to edit, it is changed');
select t.enter(:'vera', :'ws');
select matches(t.refusal('workflow_update', jsonb_build_object('id', :'wf', 'name', 'x')), '^MR403 .*workflow:write', 'W17 a share gives no more than the role does');
select (select x.token from app.trigger x where x.workflow_id = :'wf') as hook \gset
select t.enter(:'hook');
select is(t.refusal('workflow_execute', jsonb_build_object('id', :'wf')), 'none', 'W17 its own webhook starts it as before');

-- Who may go on listening.
create function t.alive(p_credential text, p_ws text, p_address text default '203.0.113.7') returns text language sql as
$$ select api.live_alive(array[p_credential], array[p_ws], array[p_address])->>0 $$;
select t.enter(:'adam', :'ws');
select api.token_create('{"name":"ears","scopes":["run:read"],"addresses":["203.0.113.7"]}') as ears \gset
select api.token_create('{"name":"deaf","scopes":["workflow:read"]}')->>'token' as deaf \gset
select is(t.alive(:'edda', :'ws'), 'true', 'L01 a member with run:read goes on listening');
select is(t.alive(:'ears'::jsonb->>'token', :'ws'), 'true', 'L01 so does a token with that scope');
select is(t.alive(:'deaf', :'ws'), 'false', 'L01 but none without');
select is(t.alive(:'ears'::jsonb->>'token', :'ws', '198.51.100.1'), 'false', 'L01 nor from where the token may not be used');
select is(t.alive(:'newbie'::jsonb->>'secret', :'newbie'::jsonb->>'workspace_id'), 'true', 'L01 a person listens in the own workspace');
select is(t.alive(:'edda', :'newbie'::jsonb->>'workspace_id'), 'false', 'L01 and in nobody else''s');
select t.enter(:'os', :'ws');
select api.role_update(jsonb_build_object('id', :'people'::jsonb->>'id', 'permissions', '["member:read"]'::jsonb));
select is(t.alive(:'vera', :'ws'), 'false', 'L01 a role that loses run:read ends it');
update app.workspace w set deleted_at = now() where w.id = :'ws';
select is(t.alive(:'edda', :'ws'), 'false', 'L01 as does the end of the workspace');
update app.workspace w set deleted_at = null where w.id = :'ws';

-- Who leaves hands over.
select t.enter(:'edda', :'ws');
select api.token_create('{"name":"mine","scopes":["run:read"]}')->>'token' as mine \gset
select is(api.workspace_leave(jsonb_build_object('id', :'ws')), null, 'U13 a member leaves');
select throws_ok(format('select t.enter(%L)', :'mine'), 'MR401', null, 'U13 and the tokens made there end');
select throws_ok(format('select t.enter(%L, %L)', :'edda', :'ws'), 'MR404', null, 'U13 the workspace isn''t found any more');
select is(t.alive(:'edda', :'ws'), 'false', 'L01 and nobody listens there who has left');
select t.enter(:'os', :'ws');
select is(api.workflow_get(jsonb_build_object('id', :'wf'))->>'access', 'edit', 'W17 what was private is the owners'' to edit');
insert into app.member (workspace_id, user_id, role) values (:'ws', :'edda_id', 'viewer');
select throws_ok(format('select t.enter(%L)', :'mine'), 'MR401', null, 'U13 who comes back has no old tokens');
delete from app.member m where m.user_id = :'edda_id' and m.workspace_id = :'ws';

-- Slugs, and the end of a workspace.
select t.enter(:'os', :'ws');
select api.workspace_get(jsonb_build_object('id', :'ws'))->>'slug' as slug \gset
select api.workspace_update(jsonb_build_object('id', :'ws', 'slug', 'olga-new'));
select is((select d.verdict from work.delivery_accept(array[null::text], array[:'slug'], array['private'], array['POST'], array[app.uuid7()], array[app.uuid7()],
	array[null::text], array['{}'::json], array[''], array[''], array[''::bytea], array['203.0.113.7'], array[null::text], false) d), 'accepted', 'U12 webhooks of the old slug arrive');
select is((select d.verdict from work.delivery_accept(array[null::text], array['olga-new'], array['private'], array['POST'], array[app.uuid7()], array[app.uuid7()],
	array[null::text], array['{}'::json], array[''], array[''], array[''::bytea], array['203.0.113.7'], array[null::text], false) d), 'accepted', 'U12 as do those of the new one');
select t.enter(:'edda');
select matches(t.refusal('workspace_create', jsonb_build_object('name', 'Thief', 'slug', :'slug')), '^MR409 slug', 'U12 nobody else takes an old slug');
select t.enter(:'os', :'ws');
select lives_ok(format($$select api.workspace_update('{"id":"%s","slug":"%s"}')$$, :'ws', :'slug'), 'U12 its own workspace takes it back');
select is(api.workspace_transfer(jsonb_build_object('id', :'ws', 'user_id', :'adam_id'))->>'role', 'admin', 'U12 an owner hands over and is an admin');
select t.enter(:'os', :'ws');
select is(t.refusal('workspace_delete', jsonb_build_object('id', :'ws')), 'MR403 | permission needed: workspace:delete', 'U12 from then on');
select t.enter(:'adam', :'ws');
select api.token_create('{"name":"kept","scopes":["run:read"]}')->>'token' as kept \gset
select api.workspace_delete(jsonb_build_object('id', :'ws'));
select throws_ok(format('select t.enter(%L, %L)', :'adam', :'ws'), 'MR404', null, 'U12 a deleted workspace is entered by nobody');
select throws_ok(format('select t.enter(%L)', :'kept'), 'MR401', null, 'U12 also with a token');
select is((select r.status from app.run r where r.id = :'run'), 'cancelled', 'U12 what ran is cancelled and on record, also what was private to others');
select is((select d.verdict from work.delivery_accept(array[:'hook'], array[null::text], array[null::text], array['POST'], array[app.uuid7()], array[app.uuid7()],
	array[null::text], array['{}'::json], array[''], array[''], array[''::bytea], array['203.0.113.7'], array[null::text], false) d), 'not_found', 'U12 webhooks are refused');
select t.enter(:'os');
select matches(t.refusal('workspace_restore', jsonb_build_object('id', :'ws')), '^MR404', 'U12 an admin doesn''t have it back');
select is(jsonb_array_length(api.workspace_list('{"deleted":true}')->'items'), 0, 'U12 nor see it');
select t.enter(:'adam');
select is(api.workspace_list('{"deleted":true}')->'items'->0->>'id', :'ws', 'U12 its owner does');
select is(api.workspace_restore(jsonb_build_object('id', :'ws'))->>'slug', :'slug', 'U12 and has it back, with its slug');
select lives_ok(format('select t.enter(%L)', :'kept'), 'U12 its tokens');
select t.enter(:'adam', :'ws');
select is((select w.state from app.workflow w where w.id = :'wf'), 'paused', 'U12 and its workflows, paused');
select api.workspace_delete(jsonb_build_object('id', :'ws'));
update app.workspace w set deleted_at = now() - interval '31 days' where w.id = :'ws';
select t.enter(:'adam');
select matches(t.refusal('workspace_restore', jsonb_build_object('id', :'ws')), '^MR404', 'U12 after 30 days it is too late');

select * from finish();
rollback;
