-- outgoing: where a workspace's calls may go. CONTRACT S18.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ada') as ada \gset
select t.person('eve') as eve \gset
select :'ada'::jsonb->>'workspace_id' as ws \gset
select t.enter(:'ada'::jsonb->>'secret');

select is(api.outgoing_get(jsonb_build_object('id', :'ws')), '{"hosts":null,"networks":[],"proxy":null,"etag":0}'::jsonb, 'S18 without settings: every public host, directly');
select is(api.outgoing_set(jsonb_build_object('id', :'ws') || '{"hosts":["API.example.com","*.example.org:8443","[2606::1]"],"networks":["10.1.0.0/16:443","[fd00::/8]"],"proxy":"http://proxy.example.com:3128"}') - 'etag',
	'{"hosts":["api.example.com","*.example.org:8443","[2606::1]"],"networks":["10.1.0.0/16:443","[fd00::/8]"],"proxy":"http://proxy.example.com:3128"}'::jsonb, 'S18 a workspace restricts its hosts');
select results_eq($$select settings::jsonb from work.outgoing_list(0)$$,
	$$values ('{"hosts":["api.example.com","*.example.org:8443","[2606::1]"],"allow":["10.1.0.0/16:443","[fd00::/8]"],"proxy":"http://proxy.example.com:3128"}'::jsonb)$$, 'S18 and workers are told so');
select is_empty($$select from work.outgoing_list((extract(epoch from now()) * 1000)::bigint + 1000)$$, 'S18 once');
select is((api.outgoing_set(jsonb_build_object('id', :'ws') || '{"hosts":[]}'))->'hosts', '[]'::jsonb, 'S18 an empty list is none, which is not the same as no list');
select is(api.outgoing_set(jsonb_build_object('id', :'ws')) - 'etag', '{"hosts":null,"networks":[],"proxy":null}'::jsonb, 'S18 and what is absent is as without settings');
select is((select count(*) from app.audit a where a.kind = 'outgoing'), 3::bigint, 'S16 each change is an entry');

select matches(t.refusal('outgoing_set', jsonb_build_object('id', :'ws', h.field, case h.field when 'proxy' then to_jsonb(h.bad) else jsonb_build_array(h.bad) end)),
	'^MR400 ' || case h.field when 'proxy' then 'proxy' else h.field || '\[0\]' end, 'S18 refused as ' || h.field || ': ' || h.bad)
  from (values ('hosts', 'http://a'), ('hosts', 'a/b'), ('hosts', '*'), ('hosts', '*.1'), ('hosts', 'a:0'), ('hosts', 'a:65536'), ('hosts', 'a b'), ('hosts', 'ü.test'), ('hosts', '[::1'),
               ('networks', '10.0.0.1/8'), ('networks', '10.0.0.0/33'), ('networks', '::1'), ('networks', '[::1/64]'), ('networks', 'host'), ('networks', '10.0.0.0/8:0'), ('networks', '010.0.0.0/8'), ('networks', '10.0.0/8'),
               ('proxy', 'https://p:1'), ('proxy', 'http://u:p@p:1'), ('proxy', 'http://p:1/x'), ('proxy', 'p:1'), ('proxy', 'http://p:99999')) as h (field, bad);

select t.member('vic', :'ws', 'viewer') is not null as entered \gset
select matches(t.refusal('outgoing_set', jsonb_build_object('id', :'ws')), '^MR403', 'S18 whoever only reads changes nothing');
select isnt(api.outgoing_get(jsonb_build_object('id', :'ws')), null, 'S18 but sees it');
select t.enter(:'eve'::jsonb->>'secret');
select matches(t.refusal('outgoing_get', jsonb_build_object('id', :'ws')), '^MR404', 'S02 another workspace''s settings are not found');
select matches(t.refusal('outgoing_set', jsonb_build_object('id', :'ws')), '^MR404', 'S02 nor changed');

select * from finish();
rollback;
