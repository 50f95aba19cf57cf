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
select is(api.passkey_update(jsonb_build_object('id', :'k'::jsonb->>'id', 'name', 'Old phone'))->>'name', 'Old phone', 'Z26 one''s own is');
select t.enter(:'otto'::jsonb->>'secret');
select is(t.refusal('passkey_update', jsonb_build_object('id', :'k'::jsonb->>'id', 'name', 'x')), 'MR404 | no such passkey', 'Z26 somebody else''s isn''t there');
select is((select name from app.passkey where id = (:'k'::jsonb->>'id')::uuid), 'Old phone', 'Z26 and keeps its name');

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

-- Mail tells of each, and a passkey is a second factor where a workspace asks its members for one.
update app.mail_setup set is_on = true, url = 'https://m.example';
select :'ines'::jsonb->>'secret' as pass, :'ines'::jsonb->>'workspace_id' as ws \gset
create function t.new_passkey(p_id text) returns text language plpgsql as $$
begin
	return api.passkey_create(t.add(api.passkey_options('{}')->>'challenge', p_id))->>'id';
end $$;
select t.new_passkey('03') as k3 \gset
select is(t.mails('ines'), 'passkey_added', 'Z26 a mail tells of a new passkey');
select matches((select body from app.mail where kind = 'passkey_added'), '“Phone” .* from 203[.]0[.]113[.]7, .*https://m[.]example/settings', 'Z26 which one, from where, and what to do');
update app.workspace set settings = '{"require_2fa":true}' where id = :'ws';
select t.enter(:'pass', :'ws');
select matches(t.refusal('workflow_list'), '^MR403 .*second factor', 'Z26 the password alone opens nothing in a workspace that asks for a second factor');
select is(api.user_me('{}')->'memberships'->0->>'second_factor_missing', 'true', 'Z26 which is told');
select api.auth_passkey('{"credential_id":"03","sign_count":5}') as by_key \gset
select is(:'by_key'::jsonb->'user'->'memberships'->0->>'second_factor_missing', 'false', 'Z26 who signs in with a passkey has shown one');
select :'by_key'::jsonb->>'secret' as key \gset
select t.enter(:'key', :'ws');
select is(t.refusal('workflow_list'), 'none', 'Z26 and works there');
select t.enter(:'pass', :'ws');
select unnest(array[
	matches(t.refusal('passkey_options'), '^MR403 .*log in with your passkey', 'Z26 the password alone adds no passkey there'),
	matches(t.refusal('passkey_delete', jsonb_build_object('id', :'k3')), '^MR403 .*log in with your passkey', 'Z26 nor removes one'),
	matches(t.refusal('totp_begin', jsonb_build_object('password_hash', t.hash('ines'), 'sealed', 'AA==', 'secret_hash', '00')), '^MR403 .*log in with your passkey', 'Z26 nor begins with an app')]);
select t.enter(:'key', :'ws');
select t.new_passkey('04') as k4 \gset
select is(api.passkey_delete(jsonb_build_object('id', :'k4')), null, 'Z26 who showed a passkey does');
select is(t.mails('ines'), 'passkey_added passkey_added passkey_removed', 'Z26 and a mail tells of it');
select t.enter(:'key', :'ws');
select is(t.refusal('workflow_list'), 'none', 'Z26 with one left, what was shown counts');
savepoint cloned;
select api.auth_passkey('{"credential_id":"03","sign_count":5}');
select t.enter(:'key', :'ws');
select matches(t.refusal('workflow_list'), '^MR403 .*second factor', 'Z26 a passkey that was copied shows nothing, sessions that it opened neither');
rollback to cloned;
select api.passkey_delete(jsonb_build_object('id', :'k3'));
select t.enter(:'key', :'ws');
select matches(t.refusal('workflow_list'), '^MR403 .*second factor', 'Z26 without any, what was shown is void');

-- A first password comes by mail.
update app.workspace set settings = '{}' where id = :'ws';
select t.enter(:'pass', :'ws');
select matches(t.refusal('password_link'), '^MR409', 'Z26 who has a password gets no link for a first one');
update app.user_account set password_hash = null where email_key = 'ines@example.com';
delete from app.mail;
select is(api.user_me('{}')->>'has_password', 'false', 'Z26 who came by a provider has none');
select matches(t.refusal('password_change', jsonb_build_object('new_hash', t.hash('new'))), '^MR409 .*link', 'Z26 a session alone sets none');
select is(t.refusal('password_link'), 'none', 'Z26 a mail has the link');
select is(t.mails('ines'), 'reset', 'Z26 as for a forgotten one');
select t.link('ines', 'reset') as link \gset
update app.user_account set mfa_at = now() where email_key = 'ines@example.com';
select matches(t.refusal('password_link'), '^MR40M', 'Z26 who has a second factor shows it first');
select t.enter(null);
select api.auth_reset_confirm(jsonb_build_object('new_hash', t.hash('first')) || :'link'::jsonb);
select is((select password_hash from app.user_account where email_key = 'ines@example.com'), t.hash('first'), 'Z26 the link sets it');
select is(t.mails('ines'), 'reset password_changed', 'Z26 and a mail tells of it');
update app.mail_setup set is_on = false;
select t.person('nomail') as nomail \gset
select t.enter(:'nomail'::jsonb->>'secret');
update app.user_account set password_hash = null where email_key = 'nomail@example.com';
select matches(t.refusal('password_link'), '^MR409 .*sends no mail', 'Z26 without mail there is no link');
select is(t.refusal('password_change', jsonb_build_object('new_hash', t.hash('new'))), 'none', 'Z26 and it is set at once');

select * from finish();
rollback;
