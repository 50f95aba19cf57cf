-- domain: a domain is proven by a record, once; who has shown an address there joins. CONTRACT U12, U13.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('olga') as olga \gset
select t.person('rita') as rita \gset
select :'olga'::jsonb->>'secret' as os, :'olga'::jsonb->>'workspace_id' as ws, :'rita'::jsonb->>'secret' as rs, :'rita'::jsonb->>'workspace_id' as rws \gset
select t.member('adam', :'ws', 'admin') as adam \gset
select t.member('edda', :'ws', 'editor') as edda \gset

-- What a worker does when it is due: found, not found (false), nobody could tell (null).
create function pg_temp.look(p_domain uuid, p_found boolean, p_problem text default 'none') returns void language sql as $$
	select work.domain_done(d.workspace_id, d.id, d.proof, p_found, p_problem) from app.domain d where d.id = p_domain $$;
-- Signs somebody up whose address is verified, as the mailed link or a provider does; {secret, …}.
create function pg_temp.shown(p_email text, p_verified boolean default true) returns jsonb language plpgsql as $$
declare
	v jsonb;
begin
	perform t.enter(null);
	v := api.auth_register(jsonb_build_object('email', p_email, 'name', 'x', 'password_hash', t.hash('x')));
	update app.user_account u set email_verified_at = case when p_verified then now() end where u.id = (v->'user'->>'id')::uuid;
	return pg_temp.again(p_email);
end $$;
create function pg_temp.again(p_email text) returns jsonb language plpgsql as $$
begin
	perform t.enter(null);
	return api.auth_open(jsonb_build_object('email', p_email, 'password_hash', t.hash('x'), 'kind', 'cookie'));
end $$;
create function pg_temp.role_at(p_session jsonb, p_ws uuid) returns text language sql as $$
	select m->>'role' from jsonb_array_elements(p_session->'user'->'memberships') m where m->>'workspace_id' = p_ws::text $$;

-- Names.
select t.enter(:'os', :'ws');
select matches(t.refusal('domain_create', jsonb_build_object('domain', d.bad)), '^MR400 domain', 'U13 no domain: ' || d.bad)
  from (values ('acme'), ('bücher.example'), ('https://acme.test'), ('ann@acme.test'), ('-a.test'), ('a..test'), ('1.2.3.4'), ('a b.test'), ('*.acme.test'), (repeat('a.', 120) || 'test')) as d (bad);
select matches(t.refusal('domain_create', jsonb_build_object('domain', d.bad)), '^MR400 domain \| anybody', 'U13 anybody''s: ' || d.bad)
  from (values ('gmail.com'), ('GMail.com.'), ('outlook.com'), ('gmx.de'), ('qq.com'), ('yahoo.co.jp'), ('proton.me')) as d (bad);
select matches(t.refusal('domain_create', '{"domain":"acme.test","role":"owner"}'), '^MR400 role', 'U13 nobody becomes an owner by an address');
select api.domain_create('{"domain":"Acme.Test.","role":"editor"}') as d \gset
select :'d'::jsonb->>'id' as id \gset
select is(:'d'::jsonb->>'domain', 'acme.test', 'U13 a domain is kept in lower case');
select is(:'d'::jsonb#>>'{record,name}', '_millrace-challenge.acme.test', 'U13 its record has a name of its own');
select matches(:'d'::jsonb#>>'{record,value}', '^millrace-verify=[0-9a-f]{40}$', 'U13 and says 160 random bits');
select is(:'d'::jsonb->>'state', 'pending', 'U13 it isn''t verified yet');
select matches(t.refusal('domain_create', '{"domain":"acme.test"}'), '^MR409 domain', 'U13 a workspace has a domain once');
select matches(t.refusal('domain_update', jsonb_build_object('id', :'id', 'is_capturing', true)), '^MR409 is_capturing', 'U13 nobody joins before it is verified');

-- Who may.
select t.enter(:'edda', :'ws');
select is(jsonb_array_length(api.domain_list('{}')->'items'), 1, 'U13 members see the domains');
select is(t.refusal('domain_create', '{"domain":"b.test"}'), 'MR403 | permission needed: member:write', 'U13 an editor adds none');
select matches(t.refusal('domain_verify', jsonb_build_object('id', :'id')), '^MR403', 'U13 nor has one checked');
select t.enter(:'rs', :'rws');
select is(jsonb_array_length(api.domain_list('{}')->'items'), 0, 'S02 another workspace''s domains aren''t listed');
select is(t.refusal(o.op, jsonb_build_object('id', :'id')), 'MR404 | no such domain', 'S02 nor found by ' || o.op)
  from (values ('domain_verify'), ('domain_update'), ('domain_delete')) as o (op);
select api.domain_create('{"domain":"acme.test"}') as rd \gset
select :'rd'::jsonb->>'id' as rid \gset
select isnt(:'rd'::jsonb#>>'{record,value}', :'d'::jsonb#>>'{record,value}', 'U13 two that claim the same domain prove different things');

-- A worker looks.
select is_empty($$select * from work.domain_take(10, 1000)$$, 'U13 nobody looks before it is asked for');
select t.enter(:'os', :'ws');
select is(api.domain_verify(jsonb_build_object('id', :'id'))->'is_checking', 'true', 'U13 a look is asked for');
select results_eq($$select record, proof from work.domain_take(10, 60000)$$,
	format($$values ('_millrace-challenge.acme.test', %L)$$, :'d'::jsonb#>>'{record,value}'), 'U13 a worker takes it');
select is_empty($$select * from work.domain_take(10, 60000)$$, 'U13 for a while nobody else does');
select api.domain_verify(jsonb_build_object('id', :'id'));
select is_empty($$select * from work.domain_take(10, 60000)$$, 'U13 also when it is asked for again meanwhile');
select pg_temp.look(:'id', false, 'there is no record');
select results_eq($$select j->>'state', j->>'problem', j->'is_checking' from (select api.domain_list('{}')->'items'->0 as j) x$$,
	$$values ('pending', 'there is no record', 'false'::jsonb)$$, 'U13 what was wrong is said');
select work.domain_done(:'ws', :'id', 'millrace-verify=' || repeat('0', 40), true, null);
select is(api.domain_list('{}')->'items'->0->>'state', 'pending', 'U13 an answer about another proof counts for nothing');
select pg_temp.look(:'id', true);
select is(api.domain_list('{}')->'items'->0->>'state', 'verified', 'U13 the record verifies it');
select is((select d.due_at > now() + interval '6 days' from app.domain d where d.id = :'id'), true, 'U13 it is looked at again in a week');

-- One domain, one workspace.
select t.enter(:'rs', :'rws');
select is(t.refusal('domain_verify', jsonb_build_object('id', :'rid')), 'MR409 domain | another workspace has proven that this domain is its own', 'U13 another workspace can''t verify it, and isn''t told whose it is');
select pg_temp.look(:'rid', true);
select results_eq($$select j->>'state', j->>'problem' from (select api.domain_list('{}')->'items'->0 as j) x$$,
	$$values ('pending', 'another workspace has proven that this domain is its own')$$, 'U13 not even with its record in place');
select lives_ok(format($$select api.domain_delete('{"id":"%s"}')$$, :'rid'), 'U13 a domain is removed');
select matches(t.refusal('domain_create', '{"domain":"acme.test"}'), '^MR409 domain', 'U13 and not added again while it is another''s');

-- Capture.
select ok(pg_temp.role_at(pg_temp.shown('early@acme.test'), :'ws') is null, 'U13 nobody joins while capture is off');
select t.enter(:'os', :'ws');
select matches(t.refusal('domain_update', jsonb_build_object('id', :'id', 'is_capturing', true, 'if_match', 1)), '^MR412', 'U13 a change is under its ETag');
select is(api.domain_update(jsonb_build_object('id', :'id', 'is_capturing', true))->'is_capturing', 'true', 'U13 capture is switched on');
select pg_temp.shown('ann@acme.test') as ann \gset
select is(pg_temp.role_at(:'ann', :'ws'), 'editor', 'U13 who has shown an address there joins with the role chosen');
select is(pg_temp.role_at(pg_temp.again('early@acme.test'), :'ws'), 'editor', 'U13 who was there before joins when they sign in');
select ok(pg_temp.role_at(pg_temp.shown('fake@acme.test', false), :'ws') is null, 'U13 an address that nobody has verified captures nobody');
select ok(pg_temp.role_at(pg_temp.shown('sub@mail.acme.test'), :'ws') is null, 'U13 nor does one at a subdomain');
select ok(pg_temp.role_at(pg_temp.shown('end@notacme.test'), :'ws') is null, 'U13 nor one that ends alike');
select is((select count(*) from app.audit a where a.workspace_id = :'ws' and a.action = 'domain.join'), 2::bigint, 'S16 each join is an entry');
select is((select count(*) from app.audit a where a.workspace_id = :'ws' and a.action = 'member.create' and a.actor_id = (:'ann'::jsonb#>>'{user,id}')::uuid), 1::bigint, 'S16 beside that of the member');

-- Who left stays away.
select t.enter(:'os', :'ws');
select api.member_delete(jsonb_build_object('user_id', :'ann'::jsonb#>>'{user,id}'));
select ok(pg_temp.role_at(pg_temp.again('ann@acme.test'), :'ws') is null, 'U13 who was removed isn''t captured again');

-- The role that is given.
select t.enter(:'adam', :'ws');
select lives_ok(format($$select api.domain_update('{"id":"%s","role":"admin"}')$$, :'id'), 'U14 an admin chooses a role up to the own one');
select t.enter(:'os', :'ws');
select api.member_update(jsonb_build_object('user_id', (select u.id from app.user_account u where u.email_key = 'adam@example.com'), 'role', 'viewer'));
select matches(api.domain_list('{}')->'items'->0->>'warning', 'choose it again', 'U14 when who chose it may not give it any more, that is said');
select ok(pg_temp.role_at(pg_temp.shown('bob@acme.test'), :'ws') is null, 'U14 and nobody joins with it');
select t.enter(:'os', :'ws');
select api.role_create('{"name":"people","permissions":["member:read","member:write"]}') as people \gset
select api.member_update(jsonb_build_object('user_id', (select u.id from app.user_account u where u.email_key = 'edda@example.com'), 'role', 'people'));
select t.enter(:'edda', :'ws');
select matches(t.refusal('domain_update', jsonb_build_object('id', :'id', 'role', 'viewer')), '^MR403 .*role admin', 'U14 nobody changes what gives more than they have');
select matches(t.refusal('domain_create', '{"domain":"c.test","role":"editor"}'), '^MR403 .*role editor', 'U14 nor chooses it');
select t.enter(:'os', :'ws');
select is(api.domain_update(jsonb_build_object('id', :'id', 'role', 'people'))->>'role', 'people', 'U14 a role of the workspace is given');
select is(pg_temp.role_at(pg_temp.again('bob@acme.test'), :'ws'), 'people', 'U14 to who joins');
select t.enter(:'os', :'ws');
select api.role_create('{"name":"guest","permissions":[]}') as guest \gset
select api.domain_update(jsonb_build_object('id', :'id', 'role', 'guest'));
select is(t.refusal('role_delete', jsonb_build_object('id', :'guest'::jsonb->>'id')), 'MR409 | people join with this role by a domain; choose another one there first', 'U14 such a role stays');

-- Asked first.
select t.enter(:'os', :'ws');
select is(api.domain_update(jsonb_build_object('id', :'id', 'asks_first', true, 'role', 'guest'))->'asks_first', 'true', 'U13 a workspace asks first');
select pg_temp.shown('dora@acme.test') as dora \gset
select ok(pg_temp.role_at(:'dora', :'ws') is null, 'U13 then nobody joins by signing in');
select t.enter(:'dora'::jsonb->>'secret');
select is(api.join_offer_list('{}')->'items', jsonb_build_array(jsonb_build_object('id', :'ws', 'workspace', (select w.name from app.workspace w where w.id = :'ws'), 'domain', 'acme.test', 'role', 'guest')), 'U13 they are offered to');
select matches(t.refusal('join_offer_answer', jsonb_build_object('id', i.id, 'accept', true)), '^MR404', 'U13 S02 and nothing else is: ' || i.id)
  from (values (:'rws'), ('none')) as i (id);
insert into app.workspace_plan (workspace_id, plan_id, limits) select :'ws', p.id, jsonb_build_object('members', app.quota_count(:'ws', 'members')) from app.plan p where p.is_default
    on conflict (workspace_id) do update set limits = excluded.limits;
select matches(t.refusal('join_offer_answer', jsonb_build_object('id', :'ws', 'accept', true)), '^MR42Q', 'S23 nobody joins a workspace without room, and is told');
update app.workspace_plan p set limits = '{}' where p.workspace_id = :'ws';
select is(api.join_offer_answer(jsonb_build_object('id', :'ws', 'accept', true)), jsonb_build_object('id', :'ws', 'is_member', true), 'U13 who says yes joins');
select is(pg_temp.role_at(pg_temp.again('dora@acme.test'), :'ws'), 'guest', 'U13 with the role chosen');
select t.enter(:'dora'::jsonb->>'secret');
select is(api.join_offer_list('{}')->'items', '[]', 'U13 and is asked no more');
select pg_temp.shown('nora@acme.test') as nora \gset
select t.enter(:'nora'::jsonb->>'secret');
select is(api.join_offer_answer(jsonb_build_object('id', :'ws', 'accept', false))->'is_member', 'false', 'U13 who says no stays out');
select matches(t.refusal('join_offer_answer', jsonb_build_object('id', :'ws', 'accept', true)), '^MR404', 'U13 and has answered');
select ok(pg_temp.role_at(pg_temp.again('nora@acme.test'), :'ws') is null, 'U13 for good');
select is((select array_agg(a.action order by a.action) from app.audit a where a.workspace_id = :'ws' and a.action in ('domain.join', 'domain.decline') and a.actor_id in ((:'dora'::jsonb#>>'{user,id}')::uuid, (:'nora'::jsonb#>>'{user,id}')::uuid)),
	array['domain.decline', 'domain.join'], 'S16 both answers are entries');
select t.enter((pg_temp.shown('forged@acme.test', false))->>'secret');
select is(api.join_offer_list('{}')->'items', '[]', 'U13 an address that nobody has verified is offered nothing');
select t.enter((pg_temp.shown('far@notacme.test'))->>'secret');
select is(array[api.join_offer_list('{}')->>'items', left(t.refusal('join_offer_answer', jsonb_build_object('id', :'ws', 'accept', true)), 5)], array['[]', 'MR404'], 'U13 nor is one elsewhere');
select t.enter(:'os', :'ws');
select api.domain_update(jsonb_build_object('id', :'id', 'asks_first', false));
select ok(pg_temp.role_at(pg_temp.again('nora@acme.test'), :'ws') is null, 'U13 who said no isn''t captured later');

-- The plan's room.
insert into app.workspace_plan (workspace_id, plan_id, limits) select :'ws', p.id, jsonb_build_object('members', app.quota_count(:'ws', 'members')) from app.plan p where p.is_default
    on conflict (workspace_id) do update set limits = excluded.limits;
select ok(pg_temp.role_at(pg_temp.shown('carl@acme.test'), :'ws') is null, 'S23 nobody joins a workspace without room');
select t.enter(:'os', :'ws');
select matches(api.domain_list('{}')->'items'->0->>'warning', '^somebody could not join: .*members', 'S23 which its domain says');
select is((select count(*) from app.audit a where a.workspace_id = :'ws' and a.action = 'domain.join_refused'), 1::bigint, 'S16 and an entry');
update app.workspace_plan p set limits = '{}' where p.workspace_id = :'ws';
select is(pg_temp.role_at(pg_temp.again('carl@acme.test'), :'ws'), 'guest', 'S23 with room they join at their next sign-in');
select t.enter(:'os', :'ws');
select is(api.domain_list('{}')->'items'->0->'warning', 'null', 'S23 and the warning is gone');

-- The proof is lost.
update app.mail_setup s set is_on = true, url = 'https://mill.test';
create function pg_temp.age(p_domain uuid, p_by interval) returns void language sql as $$
	update app.domain d set proven_at = d.proven_at - p_by, lost_at = d.lost_at - p_by where d.id = p_domain $$;
select pg_temp.look(:'id', null, 'no answer');
select is(api.domain_list('{}')->'items'->0->>'state', 'verified', 'U13 when no name server answers nothing is lost');
select ok((select d.due_at < now() + interval '2 hours' from app.domain d where d.id = :'id'), 'U13 but looked for again within hours');
select pg_temp.look(:'id', false, 'gone');
select is(api.domain_list('{}')->'items'->0->>'state', 'lost', 'U13 when the record is gone the domain is lost');
select is((select array_agg(m.mail_to) from app.mail m where m.kind = 'domain'), array['olga@example.com'], 'U13 its owners are told');
select is(api.domain_list('{}')->'items'->0->'is_capturing', 'true', 'U13 people join during the grace time');
select pg_temp.age(:'id', interval '1 day');
select pg_temp.look(:'id', false, 'gone');
select is((select count(*) from app.mail m where m.kind = 'domain'), 1::bigint, 'U13 the owners aren''t told each day');
select pg_temp.look(:'id', true);
select is(api.domain_list('{}')->'items'->0->>'state', 'verified', 'U13 a record that is back ends that');
select pg_temp.look(:'id', false, 'gone');
select pg_temp.age(:'id', interval '7 days');
select pg_temp.look(:'id', false, 'gone');
select results_eq($$select j->>'state', j->'is_capturing' from (select api.domain_list('{}')->'items'->0 as j) x$$, $$values ('pending', 'false'::jsonb)$$, 'U13 after it nobody joins any more');
select is((select count(*) from app.mail m where m.kind = 'domain'), 3::bigint, 'U13 and the owners are told');
update app.mail_setup s set is_on = false;
select ok(pg_temp.role_at(pg_temp.shown('late@acme.test'), :'ws') is null, 'U13 nobody does');
select t.enter(:'rs', :'rws');
select lives_ok($$select api.domain_create('{"domain":"acme.test"}')$$, 'U13 and the domain is free for another workspace');
select pg_temp.look((api.domain_list('{}')->'items'->0->>'id')::uuid, true);
select is(api.domain_list('{}')->'items'->0->>'state', 'verified', 'U13 which verifies it');

select * from finish();
rollback;
