-- forge: who speaks SQL as mr_web opens no workspace without the credential that leads to it. Security: sealed context.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ines') as ines \gset
select t.person('bob') as bob \gset
select t.enter(:'ines'::jsonb->>'secret');
select t.workflow() as wf \gset
select current_setting('app.ctx') as sealed \gset
select :'ines'::jsonb->>'workspace_id' as ws \gset
-- Everything below is what a web process that was taken over can do.
set local session authorization mr_web;

select is((api.workflow_list('{}')->'items'->0)->>'id', :'wf', 'the truth: her workspace has one workflow');
select throws_ok('select * from app.workflow', '42501', null, 'mr_web reads no table');
select throws_ok('select app.workspace_id()', '42501', null, 'nor executes what seals or opens a context');
select throws_ok('select app.context_seal(null, null, null, null, null, null)', '42501', null, 'nor makes a seal');
select throws_ok('create temporary table workflow (id int)', '42501', null, 'nor plants a temporary table');
select throws_ok('set local role mr_api', '42501', null, 'nor becomes another role');
select throws_ok('set local role mr_owner', '42501', null, 'nor the owner');

select set_config('app.ctx', '', true);
select throws_ok($$select api.workflow_list('{}')$$, 'MR401', null, 'no context opens nothing');
select set_config('app.ctx', overlay(:'sealed' placing 'f' from 1 for 1), true) where left(:'sealed', 1) <> 'f';
select set_config('app.ctx', overlay(:'sealed' placing '0' from 1 for 1), true) where left(:'sealed', 1) = 'f';
select throws_ok($$select api.workflow_list('{}')$$, 'MR401', null, 'a wrong seal opens nothing');
select set_config('app.ctx', left(:'sealed', 33) || replace(substr(:'sealed', 34), :'ws', :'bob'::jsonb->>'workspace_id'), true);
select throws_ok($$select api.workflow_list('{}')$$, 'MR401', null, 'nor does another workspace under a true seal');
select set_config('app.ctx', replace(:'sealed', ',session,', ',session,workspace:delete,x,'), true);
select throws_ok($$select api.workflow_list('{}')$$, 'MR401', null, 'nor do more permissions under it');
select set_config('app.ctx', 'x', true);
select throws_ok($$select api.workflow_list('{}')$$, 'MR401', null, 'nor a text that is no context');
select set_config('app.ctx', '|' || substr(:'sealed', 34), true);
select throws_ok($$select api.workflow_list('{}')$$, 'MR401', null, 'nor an empty seal');
select set_config('app.ctx', :'sealed', true);
select is((api.workflow_list('{}')->'items'->0)->>'id', :'wf', 'and the true one is still good in its transaction');

-- Whoever asks for the hash of a password gets its salt, and a session opens for the hash alone.
select is(api.auth_lookup('{"email":"ines@example.com"}'), '{"password_salt": "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA"}',
	'no function gives out a password''s hash');
select throws_ok($$select api.auth_open('{"email":"ines@example.com","password_hash":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$x"}')$$,
	'MR401', null, 'and no session opens without it');
select throws_ok($$select api.auth_open('{"email":"ines@example.com"}')$$, 'MR401', null, 'nor for none at all');
reset session authorization;
select * from finish();
rollback;

-- A context that was true in one transaction is worth nothing in the next, nor on another connection.
begin;
select set_config('app.ctx', :'sealed', true) \g /dev/null
set search_path = tap, pg_catalog;
select plan(1);
select throws_ok($$select api.workflow_list('{}')$$, 'MR401', null, 'a replayed context opens nothing');
rollback;
