-- passkey: challenges, counters, ways in. Signatures are web's (tests/api/passkeys.test.mjs). Issue 4.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ines') as ines \gset
select t.person('otto') as otto \gset
create function t.hashed(p_hex text) returns text language sql as $$ select encode(sha256(decode(p_hex, 'hex')), 'hex') $$;
create function t.add(p_challenge text, p_id text) returns jsonb language sql as $$
	select jsonb_build_object('challenge_hash', t.hashed(p_challenge), 'credential_id', p_id, 'public_key', '00', 'algorithm', -7, 'sign_count', 1, 'name', 'Phone') $$;

select t.enter(:'ines'::jsonb->>'secret');
select api.passkey_options('{}')->>'challenge' as c1 \gset
select is((select count(*) from app.challenge c where c.challenge_hash = decode(:'c1', 'hex')), 0::bigint, 'a challenge is stored as its hash only');
select t.enter(:'otto'::jsonb->>'secret');
select matches(t.refusal('passkey_create', t.add(:'c1', '01')), '^MR400 client_data', 'somebody else''s challenge adds nothing');
select t.enter(:'ines'::jsonb->>'secret');
select api.passkey_create(t.add(:'c1', '01')) as k \gset
select is(:'k'::jsonb->>'name', 'Phone', 'a passkey is added');
select matches(t.refusal('passkey_create', t.add(:'c1', '02')), '^MR400 client_data', 'a challenge is good once');
select api.passkey_options('{}') as o \gset
select is(:'o'::jsonb->'exclude', '["01"]', 'what is there is excluded');
select matches(t.refusal('passkey_create', t.add(:'o'::jsonb->>'challenge', '01')), '^MR409', 'one passkey belongs to one person');
select is(jsonb_array_length(api.passkey_list('{}')->'items'), 1, 'it is on the list');
select matches(t.refusal('passkey_update', '{"id":"nonsense","name":"x"}'), '^MR404', 'an unknown one isn''t renamed');

select t.enter(null);
select api.auth_passkey_options('{}')->>'challenge' as c2 \gset
select is(api.passkey_find(jsonb_build_object('challenge_hash', t.hashed(:'c2'), 'credential_id', '09')), null, 'an unknown passkey is nobody''s');
select matches(t.refusal('passkey_find', jsonb_build_object('challenge_hash', t.hashed(:'c2'), 'credential_id', '01')), '^MR400 client_data', 'and has used its challenge up');
select matches(t.refusal('passkey_find', jsonb_build_object('challenge_hash', t.hashed(:'o'::jsonb->>'challenge'), 'credential_id', '01')), '^MR400 client_data', 'a challenge for adding opens nothing');
select is(api.auth_passkey('{"credential_id":"01","sign_count":2}')->'user'->>'email', 'ines@example.com', 'a growing counter opens a session');
select is(api.auth_passkey('{"credential_id":"01","sign_count":2}'), '{"cloned": true}', 'one that stands still ends the passkey');
select matches(t.refusal('auth_passkey', '{"credential_id":"01","sign_count":9}'), '^MR401', 'for good');
update app.passkey set cloned_at = null, sign_count = 0;
select ok(api.auth_passkey('{"credential_id":"01","sign_count":0}') ? 'secret', 'one without a counter stays good');
select t.enter(:'ines'::jsonb->>'secret');
update app.user_account set password_hash = null where email_key = 'ines@example.com';
select matches(t.refusal('passkey_delete', jsonb_build_object('id', :'k'::jsonb->>'id')), '^MR409', 'the only way in stays');
update app.user_account set password_hash = t.hash('ines') where email_key = 'ines@example.com';
select is(api.passkey_delete(jsonb_build_object('id', :'k'::jsonb->>'id')), null, 'another may go');

select * from finish();
rollback;
