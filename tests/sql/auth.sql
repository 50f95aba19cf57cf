-- auth: signing up and in, sessions, refresh, tokens, and what a credential opens. CONTRACT U01 to U09, U12, U14.
begin;
set search_path = tap, pg_catalog;
select no_plan();

-- Signing up.
select t.person('ines') as ines \gset
select is(:'ines'::jsonb->'user'->'memberships'->0->>'role', 'owner', 'U01 who signs up owns a first workspace');
select is(t.refusal('auth_register', jsonb_build_object('email', 'INES@example.com', 'password_hash', t.hash('x'))),
	'MR409 email | this email address is already registered', 'U01 an address in use is a conflict, however it is written');
select matches(t.refusal('auth_register', jsonb_build_object('email', 'nobody', 'password_hash', t.hash('x'))), '^MR400 email', 'U01 a bad address is refused');
select matches(t.refusal('auth_register', '{"email":"a@b.example"}'), '^MR400 password', 'U01 no password is refused');
select matches(t.refusal('auth_register', jsonb_build_object('email', 'a@b.example', 'name', repeat('x', 256), 'password_hash', t.hash('x'))), '^MR400 name', 'U01 a long name is refused');

-- Signing in: salt, then the derived hash.
select t.enter(null);
select is(api.auth_lookup('{"email":"Ines@example.com"}')->>'password_salt', regexp_replace(t.hash('ines'), '\$[^$]*$', ''), 'U02 the salt of the address');
select is(api.auth_lookup('{"email":"no@example.com"}'), api.auth_lookup('{"email":"no@example.com"}'), 'U02 an unknown address has a salt too, always the same');
select matches(api.auth_lookup('{"email":"no@example.com"}')->>'password_salt', '^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}$', 'U02 that looks like any other');
select api.auth_open(jsonb_build_object('email', 'ines@example.com', 'password_hash', t.hash('ines'), 'kind', 'cookie')) as s \gset
select matches(:'s'::jsonb->>'secret', '^mrs_[0-9A-Za-z]{49}$', 'U02 the right hash opens a session');
select is(t.refusal('auth_open', jsonb_build_object('email', 'ines@example.com', 'password_hash', t.hash('x'))),
	t.refusal('auth_open', jsonb_build_object('email', 'no@example.com', 'password_hash', t.hash('x'))), 'U02 a wrong password and an unknown address are told alike');
select matches(t.refusal('auth_open', jsonb_build_object('email', 'ines@example.com', 'password_hash', t.hash('x'))), '^MR401', 'U02 namely as not signed in');
select is((select count(*) from app.session s where s.token_hash = sha256(convert_to(:'s'::jsonb->>'secret', 'UTF8'))), 1::bigint, 'U02 only the secret''s hash is stored');

-- Throttle: five free tries, then a wait; never a lock.
select lives_ok($$select api.auth_lookup('{"email":"slow@example.com"}') from generate_series(1, 6)$$, 'U02 the first tries are free');
select matches(t.refusal('auth_lookup', '{"email":"slow@example.com"}'), '^MR429 \| too many tries; wait 1 s', 'U02 then one waits');
select lives_ok($$select api.auth_lookup('{"email":"other@example.com"}')$$, 'U02 another account doesn''t');
update app.login_throttle set until_at = now() - interval '1 second' where key = 'account:slow@example.com';
select api.auth_lookup('{"email":"slow@example.com"}');
select matches(t.refusal('auth_lookup', '{"email":"slow@example.com"}'), 'wait 2 s', 'U02 each time longer');
update app.login_throttle set failures = 60, until_at = now() - interval '1 second' where key = 'account:slow@example.com';
select api.auth_lookup('{"email":"slow@example.com"}');
select matches(t.refusal('auth_lookup', '{"email":"slow@example.com"}'), 'wait (59|60) s', 'U02 and never longer than a minute');
insert into app.login_throttle (key, failures, until_at) values ('account:ines@example.com', 60, now()) on conflict (key) do update set failures = 60;
select api.auth_open(jsonb_build_object('email', 'ines@example.com', 'password_hash', t.hash('ines')));
select is_empty($$select 1 from app.login_throttle where key = 'account:ines@example.com'$$, 'U02 success forgets the account''s failures');
delete from app.login_throttle;
select api.auth_lookup('{"email":"n@example.com"}') from generate_series(1, 2);
select is((select t.failures from app.login_throttle t where t.key = 'address:203.0.113.0/24'), 2, 'U02 tries are counted by network, too');

-- JWT sessions and refresh.
select api.auth_open(jsonb_build_object('email', 'ines@example.com', 'password_hash', t.hash('ines'), 'kind', 'jwt')) as j \gset
select t.enter('mrj_' || (:'j'::jsonb->>'sid'));
select is(api.user_me('{}')->>'email', 'ines@example.com', 'U03 the sid of a JWT session opens it');
select t.enter(null);
select api.auth_refresh(jsonb_build_object('refresh_token', :'j'::jsonb->>'refresh_token')) as k \gset
select throws_ok(format('select t.enter(%L)', 'mrj_' || (:'j'::jsonb->>'sid')), 'MR401', null, 'U05 a refresh ends the old access token');
select lives_ok(format('select t.enter(%L)', 'mrj_' || (:'k'::jsonb->>'sid')), 'U05 and gives a new one');
select t.enter(null);
select ok(api.auth_refresh(jsonb_build_object('refresh_token', :'j'::jsonb->>'refresh_token')) ? 'sid', 'U05 within ten seconds the same client may repeat itself');
select api.enter(null, '{"address":"198.51.100.1","agent":"other"}');
select is(api.auth_refresh(jsonb_build_object('refresh_token', :'j'::jsonb->>'refresh_token')), '{"ended": true}', 'U05 another client may not: the session ends');
select matches(t.refusal('auth_refresh', jsonb_build_object('refresh_token', :'k'::jsonb->>'refresh_token')), '^MR401', 'U05 with the whole family');
select matches(t.refusal('auth_refresh', '{"refresh_token":"mrr_nonsense"}'), '^MR401', 'U05 what is no token is refused');

-- Sessions.
select t.enter(:'s'::jsonb->>'secret');
select is((select count(*) from jsonb_array_elements(api.session_list('{}')->'items') i where (i->>'current')::boolean), 1::bigint, 'U06 one session is the one that asks');
select api.session_list('{"limit":1}') as p \gset
select is(jsonb_array_length(:'p'::jsonb->'items'), 1, 'U06 sessions are paged');
select isnt(api.session_list(jsonb_build_object('cursor', :'p'::jsonb->>'next_cursor', 'limit', 1))->'items'->0->>'id', :'p'::jsonb->'items'->0->>'id', 'U06 to the next one');
select is(api.session_revoke(jsonb_build_object('id', :'ines'::jsonb->>'session_id')), null, 'U06 one ends one''s own');
select throws_ok(format('select t.enter(%L)', :'ines'::jsonb->>'secret'), 'MR401', null, 'U06 at once');
select matches(t.refusal('session_revoke', jsonb_build_object('id', :'ines'::jsonb->>'session_id')), '^MR404', 'U06 a second time it isn''t there');
select api.auth_open(jsonb_build_object('email', 'ines@example.com', 'password_hash', t.hash('ines'))) as lost \gset
select t.person('otto') as otto \gset
select t.enter(:'s'::jsonb->>'secret');
select is(api.session_revoke_others('{}'), null, 'U06 one ends all one''s other sessions');
select throws_ok(format('select t.enter(%L)', :'lost'::jsonb->>'secret'), 'MR401', null, 'U06 each of them');
select lives_ok(format('select t.enter(%L)', x), 'U06 but not the one that asks, nor anybody else''s') from unnest(array[:'otto'::jsonb->>'secret', :'s'::jsonb->>'secret']) x;
update app.session set seen_at = now() - interval '2 minutes', expires_at = now() + interval '1 hour' where id = (:'s'::jsonb->>'session_id')::uuid;
select t.enter(:'s'::jsonb->>'secret');
select cmp_ok((select s.expires_at from app.session s where s.id = (:'s'::jsonb->>'session_id')::uuid), '>', now() + interval '11 hours', 'U06 use moves the idle end');
update app.session set expires_at = now() - interval '1 second' where id = (:'s'::jsonb->>'session_id')::uuid;
select throws_ok(format('select t.enter(%L)', :'s'::jsonb->>'secret'), 'MR40E', null, 'U04 a session whose time is over says so');
update app.session set expires_at = now() + interval '1 hour' where id = (:'s'::jsonb->>'session_id')::uuid;
update app.user_account set is_active = false where email_key = 'ines@example.com';
select throws_ok(format('select t.enter(%L)', :'s'::jsonb->>'secret'), 'MR401', null, 'U15 a deactivated person is let in nowhere');
update app.user_account set is_active = true where email_key = 'ines@example.com';
select throws_ok($$select t.enter('nonsense')$$, 'MR401', null, 'U04 what is no credential is refused');

-- Before a password is changed, it is asked for.
select t.enter(null);
select is(t.refusal('password_lookup'), 'MR401 | sign in first', 'U08 the salt of one''s own password is for who is signed in');
select t.enter(:'s'::jsonb->>'secret');
select is(api.password_lookup('{}'), api.auth_lookup('{"email":"ines@example.com"}') || jsonb_build_object('user_id', :'ines'::jsonb->'user'->'id', 'email', 'ines@example.com'),
	'U08 it is the one that signing in tells of, with whose it is');
select is((select failures from app.login_throttle where key = 'account:ines@example.com'), 2, 'U08 and tries are counted as there');
update app.login_throttle set until_at = now() + interval '1 hour' where key = 'account:ines@example.com';
select matches(t.refusal('password_lookup'), '^MR429 \| too many tries', 'U08 until one waits');
delete from app.login_throttle;

-- Profile.
select t.enter(:'s'::jsonb->>'secret');
select is(api.user_update('{"name":"I. M.","preferences":{"theme":"dark"}}')->>'name', 'I. M.', 'U07 name and preferences change');
select is(api.user_me('{}')->'preferences', '{"theme": "dark"}', 'U07 and stay');
select ok(not api.user_me('{}')::text ~ 'argon2', 'U07 the hash never shows');
select matches(t.refusal('user_update', jsonb_build_object('name', repeat('x', 256))), '^MR400 name', 'U07 a long name is refused');
select matches(t.refusal('user_update', jsonb_build_object('preferences', repeat('x', 17000))), '^MR400 preferences', 'U07 so are large preferences');

-- Workspaces.
select api.workspace_create('{"name":"Second one","domain":"example.com"}') as w \gset
select is(:'w'::jsonb->>'slug', 'second-one', 'U12 a slug is made of the name');
select is(api.workspace_list('{}')->'items' @> jsonb_build_array(jsonb_build_object('id', :'w'::jsonb->>'id')), true, 'U12 it is on the list');
select t.enter(:'s'::jsonb->>'secret', 'second-one');
select is(api.user_me('{}')->>'workspace_id', :'w'::jsonb->>'id', 'U12 and is chosen by slug');
select t.enter(:'s'::jsonb->>'secret', :'ines'::jsonb->>'workspace_id');
select is(api.user_me('{}')->>'workspace_id', :'ines'::jsonb->>'workspace_id', 'U12 or by id');
select t.enter(:'s'::jsonb->>'secret');
select is(api.user_me('{}')->>'workspace_id', :'ines'::jsonb->>'workspace_id', 'U12 without either it is the one last used');
select throws_ok(format('select t.enter(%L, %L)', :'s'::jsonb->>'secret', 'no-such-one'), 'MR404', null, 'U12 one that isn''t one''s own is not found');
select matches(t.refusal('workspace_create', '{"name":"x y","slug":"second-one"}'), '^MR409 slug', 'U12 a slug is taken once');
select matches(t.refusal('workspace_create', '{"name":"x y","domain":"example.com"}'), '^MR409 domain', 'U12 so is a domain');
select matches(t.refusal('workspace_create', '{"name":" "}'), '^MR400 name', 'U12 a name is needed');
select matches(t.refusal('workspace_update', jsonb_build_object('id', :'w'::jsonb->>'id', 'slug', 'Not One')), '^MR400 slug', 'U12 a slug has its form');
select is(api.workspace_update(jsonb_build_object('id', :'w'::jsonb->>'id', 'name', 'New', 'domain', null, 'if_match', 1))->>'name', 'New', 'U12 a workspace is changed');
select matches(t.refusal('workspace_update', jsonb_build_object('id', :'w'::jsonb->>'id', 'name', 'Late', 'if_match', 1)), '^MR412', 'U12 under its ETag');
select t.enter(:'s'::jsonb->>'secret');
select t.member('adam', (:'w'::jsonb->>'id')::uuid, 'admin') as adam \gset
select t.enter(:'adam', :'w'::jsonb->>'id');
select is(t.refusal('workspace_delete', jsonb_build_object('id', :'w'::jsonb->>'id')), 'MR403 | permission needed: workspace:delete', 'U14 an admin doesn''t delete it');
select is(api.workspace_update(jsonb_build_object('id', :'w'::jsonb->>'id', 'name', 'By Adam'))->>'role', 'admin', 'U14 but changes it');
select t.enter(:'s'::jsonb->>'secret');
select is(api.workspace_delete(jsonb_build_object('id', :'w'::jsonb->>'id')), null, 'U12 the owner deletes it');
select throws_ok(format('select t.enter(%L, %L)', :'s'::jsonb->>'secret', :'w'::jsonb->>'id'), 'MR404', null, 'U12 then it is gone');

-- Tokens.
select t.enter(:'s'::jsonb->>'secret');
select api.token_create('{"name":"Shop","scopes":["runs:create","workflows:read"]}') as tok \gset
select is(:'tok'::jsonb->'scopes', '["run:write", "workflow:read"]', 'U09 plural scopes are read');
select ok(not exists (select from app.token x where x::text like '%' || (:'tok'::jsonb->>'token') || '%'), 'U09 only the hash is kept');
select is(api.token_get(jsonb_build_object('id', :'tok'::jsonb->>'id'))->'used_at', 'null', 'U09 it wasn''t used yet');
select is(t.refusal('token_create', '{"name":"x","scopes":["run:read","moon:walk"]}'), 'MR400 scopes[1] | moon:walk is no scope of a token', 'U09 an unknown scope is named');
select matches(t.refusal('token_create', '{"name":"x","scopes":["member:write"]}'), '^MR400 scopes\[0\]', 'U09 what only people may do is no scope');
select matches(t.refusal('token_create', '{"name":"x","scopes":["run:read"],"expires_at":"2001-01-01T00:00:00Z"}'), '^MR400 expires_at', 'U09 a time that is past is refused');
select matches(t.refusal('token_create', '{"name":"x","scopes":["run:read"],"expires_at":"tomorrow"}'), '^MR400 expires_at', 'U09 so is what is no time');
select t.enter(:'tok'::jsonb->>'token');
select lives_ok($$select api.workflow_list('{}')$$, 'U09 a token opens its scopes');
select is(t.refusal('workflow_create', '{}'), 'MR403 | permission needed: workflow:write', 'U09 and no more');
select is(t.refusal('token_create', '{"name":"x","scopes":["run:read"]}'), 'MR403 | permission needed: session', 'U09 tokens make no tokens');
select is(t.refusal('user_me'), 'MR403 | permission needed: session', 'U09 and are no person');
select throws_ok(format('select t.enter(%L, %L)', :'tok'::jsonb->>'token', 'second-one'), 'MR404', null, 'U09 its workspace is fixed');
update app.member set role = 'viewer' where user_id = (:'ines'::jsonb->'user'->>'id')::uuid;
select t.enter(:'tok'::jsonb->>'token');
select is(t.refusal('run_create', '{}'), 'MR403 | permission needed: run:write', 'U09 a demotion of its maker works at once');
select t.enter(:'s'::jsonb->>'secret');
select is(t.refusal('token_create', '{"name":"x","scopes":["workflow:write"]}'), 'MR403 | permission needed: workflow:write', 'U09 scopes stay within the role');
select is(t.refusal('workspace_update', jsonb_build_object('id', :'ines'::jsonb->>'workspace_id', 'name', 'x')), 'MR403 | permission needed: workspace:admin', 'U14 a viewer changes no workspace');
update app.token set expires_at = now() - interval '1 second' where id = (:'tok'::jsonb->>'id')::uuid;
select throws_ok(format('select t.enter(%L)', :'tok'::jsonb->>'token'), 'MR40E', null, 'U09 an expired token says so');
select is(api.token_delete(jsonb_build_object('id', :'tok'::jsonb->>'id')), null, 'U09 one deletes one''s token');
select throws_ok(format('select t.enter(%L)', :'tok'::jsonb->>'token'), 'MR401', null, 'U09 which opens nothing from then on');
select matches(t.refusal('token_delete', jsonb_build_object('id', :'tok'::jsonb->>'id')), '^MR404', 'U09 a second time it isn''t there');

-- Roles, each against the operations that tell them apart.
select t.enter(:'s'::jsonb->>'secret');
select is(jsonb_array_length(api.role_list('{}')->'items'), 5, 'U14 the table of roles is served');
create table t.role_test (role text, credential text);
insert into t.role_test select r, t.member('role-' || r, (:'ines'::jsonb->>'workspace_id')::uuid, r) from unnest(array['owner', 'admin', 'editor', 'operator', 'viewer']) r;
create function t.may(p_credential text, p_workspace text, p_operation text, p jsonb) returns boolean language plpgsql as $$
begin
	perform t.enter(p_credential, p_workspace);
	return t.refusal(p_operation, p) !~ '^MR403';
end $$;
select is(t.may(x.credential, :'ines'::jsonb->>'workspace_id', o.op, o.p), x.role = any (o.roles), format('U14 %s %s %s', x.role, case when x.role = any (o.roles) then 'may' else 'may not' end, o.op))
  from t.role_test x, (values
	('workflow_create', '{"name":""}'::jsonb, '{owner,admin,editor}'::text[]), ('workflow_delete', '{"id":"x"}', '{owner,admin,editor}'),
	('trigger_create', '{"id":"x"}', '{owner,admin,editor}'),
	('run_create', '{"workflow_id":"x"}', '{owner,admin,editor,operator}'), ('run_cancel', '{"id":"x"}', '{owner,admin,editor,operator}'), ('run_pause', '{"id":"x"}', '{owner,admin,editor,operator}'),
	('dead_letter_replay', '{"id":"x"}', '{owner,admin,editor,operator}'), ('dead_letter_discard', '{"id":"x"}', '{owner,admin,editor,operator}'),
	('dead_letter_bulk', '{"action":"replay"}', '{owner,admin,editor,operator}'), ('dead_letter_list', '{}', '{owner,admin,editor,operator,viewer}'),
	('run_resume', '{"id":"x"}', '{owner,admin,editor,operator}'), ('run_bulk', '{"action":"cancel"}', '{owner,admin,editor,operator}'),
	('workflow_list', '{}', '{owner,admin,editor,operator,viewer}'), ('run_list', '{}', '{owner,admin,editor,operator,viewer}'),
	('step_list', '{"id":"x"}', '{owner,admin,editor,operator,viewer}'), ('health_get', '{}', '{owner,admin,editor,operator,viewer}')) o (op, p, roles);

-- The form of tokens, and idempotency.
select is(app.base62(61, 2) || app.base62(62, 2), '0z10', 'base62 counts 0-9, A-Z, a-z');
select is(app.crc32('123456789'), 3421780262, 'the CRC-32 is the common one');
select api.idempotency_check('k1', 'run_create', '\x01');
select is(api.idempotency_keep('k1', '{"id":1}'), '{"id": 1}', 'an answer is given and kept');
select throws_ok($$select api.idempotency_check('k1', 'run_create', '\x01')$$, 'MR2R0', '{"id": 1}', 'the same request gets it again');
select throws_ok($$select api.idempotency_check('k1', 'run_create', '\x02')$$, 'MR409', null, 'another one under the key is a conflict');
select api.idempotency_check('k2', 'token_create', '\x01'), api.idempotency_keep('k2', '{"id":1,"token":"mrt_secret"}');
select throws_ok($$select api.idempotency_check('k2', 'token_create', '\x01')$$, 'MR2R0', '{"id": 1}', 'a secret shown once isn''t kept');
update app.idempotency set created_at = now() - interval '25 hours';
select lives_ok($$select api.idempotency_check('k1', 'run_create', '\x02')$$, 'after a day a key is new again');
select throws_ok($$select api.idempotency_check('', 'run_create', '\x02')$$, 'MR400', null, 'an empty key is none');
select * from finish();
rollback;
