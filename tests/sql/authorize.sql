-- authorize: what a credential is good for, and what a member may do. CONTRACT U10, U11.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ines') as ines \gset
select t.person('otto') as otto \gset
select t.member('vera', (:'ines'::jsonb->>'workspace_id')::uuid, 'viewer') as vera \gset
select t.enter(:'ines'::jsonb->>'secret');
select api.token_create('{"name":"one","scopes":["run:read"]}') as tok \gset
select is(api.token_introspect(jsonb_build_object('token', :'tok'::jsonb->>'token'))->'scopes', '["run:read"]', 'U10 the scopes of a token');
update app.member set role = 'viewer' where user_id = (:'ines'::jsonb->'user'->>'id')::uuid;
select is(api.token_introspect(jsonb_build_object('token', :'vera'))->>'kind', 'session', 'U10 a member''s session');
update app.user_account set is_active = false where email_key = 'vera@example.com';
select is(api.token_introspect(jsonb_build_object('token', :'vera')), '{"active": false}', 'U10 of who was deactivated nothing is active');
update app.user_account set is_active = true where email_key = 'vera@example.com';
select is(api.token_introspect(jsonb_build_object('token', :'otto'::jsonb->>'secret')), '{"active": false}', 'U10 nor of who is no member');
select is(api.token_introspect('{"token":""}'), '{"active": false}', 'U10 nor of nothing');

select is(api.auth_authorize('{"resource":"workflow","action":"execute"}')->>'permission', 'run:write', 'U11 the permission is the one in the operation''s own function');
select is(api.auth_authorize('{"resource":"runs","action":"cancel"}')->>'allowed', 'false', 'U11 plural nouns and common verbs are read');
select is(api.auth_authorize('{"resource":"session","action":"list"}')->>'allowed', 'true', 'U11 what a person may, each member may');
select matches(t.refusal('auth_authorize', '{"resource":"workflow","action":"fly"}'), '^MR400 action', 'U11 what there is not is named');
select matches(t.refusal('auth_authorize', jsonb_build_object('user', :'otto'::jsonb->'user'->>'id', 'resource', 'run', 'action', 'read')), '^MR404', 'U11 who is no member isn''t found');
select t.enter(null);
select matches(t.refusal('auth_authorize', '{"resource":"run","action":"read"}'), '^MR401', 'U11 nobody is told nothing');
select matches(t.refusal('token_introspect', '{"token":"x"}'), '^MR401', 'U10 nobody is told nothing');

select * from finish();
rollback;
