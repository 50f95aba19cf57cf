-- oidc: a sign-in at a provider, from its beginning to whose account it opens. What a provider sends is web's (tests/api/oidc.test.mjs).
-- CONTRACT U16.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('ines') as ines \gset
select t.person('otto') as otto \gset
create function t.go(p_state text, p jsonb default '{}') returns jsonb language sql as $$
	select jsonb_build_object('provider', 'acme', 'next', '/runs', 'state_hash', encode(sha256(convert_to(p_state, 'UTF8')), 'hex'), 'browser_hash', '0b') || p $$;
create function t.says(p_subject text, p jsonb default '{}') returns jsonb language sql as $$
	select jsonb_build_object('provider', 'acme', 'issuer', 'https://acme.example', 'subject', p_subject, 'email', p_subject || '@acme.example', 'email_verified', true) || p $$;

-- There and back.
select t.enter(null);
select is(api.oidc_start(t.go('s1')), null, 'U16 a sign-in begins');
select is((select expires_at from app.oidc_state), now() + app.oidc_life(), 'U16 and must end in its time');
select is(t.refusal('oidc_start', t.go('s2', jsonb_build_object('next', n))), 'MR400 next | this is no path of ours', 'U16 it leads nowhere else: ' || left(n, 20))
  from unnest(array['https://evil.example', '//evil.example', '/\evil.example', E'/a\nb', 'a', '/' || repeat('x', 500)]) n;
select is(api.oidc_take(t.go('s1')), '{"next":"/runs","user_id":null}', 'U16 who comes back goes on where they wanted');
select is(api.oidc_take(t.go('s1')), null, 'U16 once');
select api.oidc_start(t.go(s)) from unnest(array['s3', 's4', 's5']) s;
update app.oidc_state set expires_at = now() where state_hash = sha256('s5');
select is(api.oidc_take(t.go(s, p::jsonb)), null, 'U16 ' || why)
  from (values ('s3', '{"browser_hash":"0c"}', 'not in another browser'), ('s3', '{}', 'which uses it up'), ('s4', '{"provider":"other"}', 'nor from another provider'),
               ('s5', '{}', 'nor too late'), ('s6', '{}', 'nor for what never began')) as f (s, p, why);
insert into app.oidc_state (state_hash, browser_hash, provider, next, network, expires_at)
select sha256(convert_to('n' || i, 'UTF8')), '\x0b', 'acme', '/', app.network_key('203.0.113.7'), now() + case when i > 499 then interval '-1 s' else interval '1 minute' end from generate_series(1, 520) i;
select api.oidc_start(t.go('s7'));
select is((select count(*) from app.oidc_state), 500::bigint, 'U16 those whose time is over go');
select is(t.refusal('oidc_start', t.go('s8')), 'MR429 | too many sign-ins have begun and not ended; wait a little', 'U16 a network begins so many at once');
select api.enter(null, '{"address":"198.51.100.9"}');
select is(t.refusal('oidc_start', t.go('s8')), 'none', 'U16 another one isn''t held up');

-- Whose account it opens.
select t.enter(null);
select api.oidc_callback(t.says('nora', '{"name":"Nora"}')) as nora \gset
select is(:'nora'::jsonb->'user'->>'name', 'Nora', 'U16 somebody new gets an account');
select is(api.oidc_callback(t.says('nora', '{"email":"moved@acme.example"}'))->'user'->'id', :'nora'::jsonb->'user'->'id', 'U16 and is the same person again, whatever the address');
select is(api.oidc_callback(t.says('paul', '{"email_verified":false}')), '{"problem":"email_unverified"}', 'U16 an address that the provider has not checked makes nobody');
select is(api.oidc_callback(t.says('paul', '{"email":"ines@example.com"}')), '{"problem":"account_unverified"}', 'U16 nor opens an account that never showed it is theirs');

-- Linking one to an account.
select is(t.refusal('identity_start', t.go('l1')), 'MR401 | sign in first', 'U16 who links an account is signed in');
select t.enter(:'ines'::jsonb->>'secret');
select :'ines'::jsonb->'user'->>'id' as ines_id \gset
select api.enter(:'ines'::jsonb->>'secret', '{"address":"198.51.100.9"}');
select is(api.identity_start(t.go('l1')), null, 'U16 linking begins');
select is(api.oidc_take(t.go('l1')), jsonb_build_object('next', '/runs', 'user_id', :'ines_id'), 'U16 for who began it');
select is(api.oidc_callback(t.says('nora', jsonb_build_object('link', :'ines_id'))), '{"problem":"taken"}', 'U16 what is somebody else''s already isn''t linked');
select is(api.oidc_callback(t.says('ines', jsonb_build_object('link', :'ines_id'))), '{"linked":true}', 'U16 another one is');
select api.identity_list('{}')->'items'->0->>'id' as linked \gset
select t.enter(:'otto'::jsonb->>'secret');
select is(api.oidc_callback(t.says('otto', jsonb_build_object('link', :'ines_id'))), '{"problem":"state"}', 'U16 nobody links to another person');
select is(t.refusal('identity_delete', jsonb_build_object('id', :'linked')), 'MR404 | no such linked account', 'U16 nor takes another''s off');
select t.enter(:'ines'::jsonb->>'secret');
update app.user_account set password_hash = null where id = :'ines_id';
select is(t.refusal('identity_delete', jsonb_build_object('id', :'linked')), 'MR409 | this is the only way you can sign in: set a password or add a passkey first', 'U16 the only way in stays');
update app.user_account set password_hash = t.hash('ines') where id = :'ines_id';
select is(api.identity_delete(jsonb_build_object('id', :'linked')), null, 'U16 with a password it may go');
select is(api.identity_list('{}')->'items', '[]', 'U16 and is gone');
select * from finish();
rollback;
