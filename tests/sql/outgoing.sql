-- outgoing: where a workspace's calls may go. CONTRACT S18.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ada') as ada \gset
select t.person('eve') as eve \gset
select :'ada'::jsonb->>'workspace_id' as ws \gset
select t.enter(:'ada'::jsonb->>'secret');

select is(api.outgoing_get(jsonb_build_object('id', :'ws')), '{"hosts":null,"networks":[],"proxy":null,"proxy_user":null,"proxy_password_set":false,"etag":0}'::jsonb, 'S18 without settings: every public host, directly');
select is(api.outgoing_set(jsonb_build_object('id', :'ws') || '{"hosts":["API.example.com","*.example.org:8443","[2606::1]"],"networks":["10.1.0.0/16:443","[fd00::/8]"],"proxy":"http://proxy.example.com:3128"}') - 'etag',
	'{"hosts":["api.example.com","*.example.org:8443","[2606::1]"],"networks":["10.1.0.0/16:443","[fd00::/8]"],"proxy":"http://proxy.example.com:3128","proxy_user":null,"proxy_password_set":false}'::jsonb, 'S18 a workspace restricts its hosts');
select results_eq($$select settings::jsonb from work.outgoing_list(0)$$,
	$$values ('{"hosts":["api.example.com","*.example.org:8443","[2606::1]"],"allow":["10.1.0.0/16:443","[fd00::/8]"],"proxy":"http://proxy.example.com:3128","proxy_asks":false}'::jsonb)$$, 'S18 and workers are told so');
select is_empty($$select from work.outgoing_list((extract(epoch from now()) * 1000)::bigint + 1000)$$, 'S18 once');
select is((api.outgoing_set(jsonb_build_object('id', :'ws') || '{"hosts":[]}'))->'hosts', '[]'::jsonb, 'S18 an empty list is none, which is not the same as no list');
select is(api.outgoing_set(jsonb_build_object('id', :'ws')) - 'etag', '{"hosts":null,"networks":[],"proxy":null,"proxy_user":null,"proxy_password_set":false}'::jsonb, 'S18 and what is absent is as without settings');
select is((select count(*) from app.audit a where a.kind = 'outgoing'), 3::bigint, 'S16 each change is an entry');

select matches(t.refusal('outgoing_set', jsonb_build_object('id', :'ws', h.field, case h.field when 'proxy' then to_jsonb(h.bad) else jsonb_build_array(h.bad) end)),
	'^MR400 ' || case h.field when 'proxy' then 'proxy' else h.field || '\[0\]' end, 'S18 refused as ' || h.field || ': ' || h.bad)
  from (values ('hosts', 'http://a'), ('hosts', 'a/b'), ('hosts', '*'), ('hosts', '*.1'), ('hosts', 'a:0'), ('hosts', 'a:65536'), ('hosts', 'a b'), ('hosts', 'ü.test'), ('hosts', '[::1'),
               ('networks', '10.0.0.1/8'), ('networks', '10.0.0.0/33'), ('networks', '::1'), ('networks', '[::1/64]'), ('networks', 'host'), ('networks', '10.0.0.0/8:0'), ('networks', '010.0.0.0/8'), ('networks', '10.0.0/8'),
               ('proxy', 'https://p:1'), ('proxy', 'http://u:p@p:1'), ('proxy', 'http://p:1/x'), ('proxy', 'p:1'), ('proxy', 'http://p:99999')) as h (field, bad);

-- A password for the proxy: as web sends it, sealed.
select jsonb_build_object('id', :'ws', 'proxy', 'http://p.test:3128', 'proxy_user', 'mill') as login \gset
select jsonb_build_object('sealed', encode(decode('0200000007' || repeat('ab', 70), 'hex'), 'base64'), 'version', 1,
	'key', jsonb_build_object('id', app.uuid7(), 'kek', 7, 'wrapped', encode(decode(repeat('03', 65), 'hex'), 'base64'))) as sealed \gset
select is(api.outgoing_seal(jsonb_build_object('id', :'ws')) - 'key', jsonb_build_object('workspace', :'ws', 'owner', :'ws', 'field', 'secret', 'version', 1), 'S18 S03 a password is sealed for its workspace');
select is(t.refusal('outgoing_set', :'login'::jsonb), 'MR400 proxy_password | give the password of this user', 'S18 a user without a password is refused');
select is((api.outgoing_set(:'login'::jsonb || :'sealed'))->'proxy_password_set', 'true'::jsonb, 'S18 a password is stored');
select is_empty($$select from jsonb_each_text(api.outgoing_get(jsonb_build_object('id', app.workspace_id()))) s (k, v) where s.k ~ 'sealed' or s.v ~ 'abab|q6ur'$$, 'S18 and not shown, sealed or not');
select results_eq($$select settings->>'proxy_asks' from work.outgoing_list(0)$$, $$values ('true')$$, 'S18 workers are told that the proxy asks, and no more');
select is((select array[o.config->>'proxy', o.config->>'user', o.secret_version::text, o.workspace_id::text] from work.outgoing_open(:'ws') o), array['http://p.test:3128', 'mill', '1', :'ws'], 'S18 a worker gets the sealed one, with where it goes');
select is((api.outgoing_set(:'login'::jsonb || '{"hosts":["a.test"]}'))->'proxy_password_set', 'true'::jsonb, 'S18 it stays for the same user of the same proxy');
select is(t.refusal('outgoing_set', :'login'::jsonb || changed), 'MR400 proxy_password | give the password again: where it goes can''t be changed without knowing it', 'S18 S03 but not for ' || changed::text)
  from (values ('{"proxy":"http://q.test:3128"}'::jsonb), ('{"proxy_user":"other"}')) as c (changed);
select matches(t.refusal('outgoing_set', jsonb_build_object('id', :'ws') || bad), '^MR400 ' || field || ' ', 'S18 refused as ' || field || ': ' || bad::text)
  from (values ('proxy_user', '{"proxy_user":"mill"}'::jsonb), ('proxy_user', '{"proxy":"http://p.test:3128","proxy_user":"a:b"}'),
               ('proxy_password', '{"proxy":"http://p.test:3128","sealed":"AA==","version":2}')) as c (field, bad);
select is(t.refusal('outgoing_set', :'login'::jsonb || :'sealed'), 'MR409 | another password was stored meanwhile; try again', 'S18 two passwords at once: one is told');
-- Rotation takes it along.
select results_eq($$select kind, field, place->>'version' from ops.record_stale(8, '', '00000000-0000-0000-0000-000000000000', '', 9)$$, $$values ('proxy', 'secret', '1')$$, 'S05 a proxy''s password is found by a rotation');
select is((select count(*) from ops.record_stale(8, '', '00000000-0000-0000-0000-000000000000', '', 9) s
	where ops.record_resealed(s.kind, s.workspace_id, s.owner, s.field, s.sealed, encode('\x0100000001' || decode(repeat('cd', 40), 'hex'), 'base64'))), 1::bigint, 'S05 and sealed anew');
select is_empty($$select from ops.record_stale(8, '', '00000000-0000-0000-0000-000000000000', '', 9)$$, 'S05 which ends it');
select lives_ok($$select work.outgoing_resealed(o.workspace_id, o.workspace_id, o.proxy_sealed, '\x01') from app.outgoing o$$, 'S05 a worker writes back what the vault sealed anew');
select is((select count(*) from app.audit a where a.kind = 'outgoing'), 5::bigint, 'S16 which is no news of the audit log');
select is((select count(*) from app.audit_detail d where d.what::text ~ 'abab|q6ur|cdcd'), 0::bigint, 'S15 S18 whose entries don''t hold it');
select is(api.outgoing_set(jsonb_build_object('id', :'ws') || '{"proxy":"http://p.test:3128"}')->'proxy_password_set', 'false'::jsonb, 'S18 without a user it is forgotten');
select is((select count(*) from work.outgoing_open(:'ws')), 0::bigint, 'S18 for workers too');
select is(api.outgoing_seal(jsonb_build_object('id', :'ws'))->>'version', '2', 'S18 and an older one never opens in the place of the next');

select t.member('vic', :'ws', 'viewer') is not null as entered \gset
select matches(t.refusal('outgoing_set', jsonb_build_object('id', :'ws')), '^MR403', 'S18 whoever only reads changes nothing');
select matches(t.refusal('outgoing_seal', jsonb_build_object('id', :'ws')), '^MR403', 'S18 nor stores a password');
select isnt(api.outgoing_get(jsonb_build_object('id', :'ws')), null, 'S18 but sees it');
select t.enter(:'eve'::jsonb->>'secret');
select matches(t.refusal('outgoing_get', jsonb_build_object('id', :'ws')), '^MR404', 'S02 another workspace''s settings are not found');
select matches(t.refusal('outgoing_set', jsonb_build_object('id', :'ws')), '^MR404', 'S02 nor changed');
select matches(t.refusal('outgoing_seal', jsonb_build_object('id', :'ws')), '^MR404', 'S02 nor sealed for');

select * from finish();
rollback;
