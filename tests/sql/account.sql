-- account: what SQL itself decides about links, the second factor and sign-ups. CONTRACT U01, U08, Z26.
begin;
set search_path = tap, pg_catalog;
select no_plan();

-- Sign-ups from one network are slowed down; this machine itself isn't.
select t.enter(null);
select lives_ok($$select api.auth_register_count('{}') from generate_series(1, 31)$$, 'U01 the first sign-ups are free');
select matches(t.refusal('auth_register_count'), '^MR429 \| too many tries; wait 1 s', 'U01 then a network waits');
select api.enter(null, '{"address":"198.51.100.9"}');
select is(t.refusal('auth_register_count'), 'none', 'U01 another network doesn''t');
select api.enter(null, '{"address":"127.0.0.1"}');
select lives_ok($$select api.auth_register_count('{}') from generate_series(1, 60)$$, 'U01 nor does this machine');
select t.enter(null);
select lives_ok($$select app.throttle_count(array['mail:a@b.example']) from generate_series(1, 6)$$, 'Z26 some mails are free');
select matches(t.refusal('auth_mail_count', '{"email":"a@b.example"}'), '^MR429', 'Z26 nobody is flooded with them');
delete from app.login_throttle;
select is(api.auth_mail_count('{"email":"B@b.example"}'), null, 'Z26 the next one is free again');
select is((select failures from app.login_throttle where key = 'mail:b@b.example'), 1, 'Z26 which counts, however the address is written');

-- A bcrypt hash: the salt goes out, the rest stays.
select t.person('bea') as bea \gset
update app.user_account set password_hash = '$2b$06$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234' where email_key = 'bea@example.com';
select t.enter(null);
select is(api.auth_lookup('{"email":"bea@example.com"}')->>'password_salt', '$2b$06$abcdefghijklmnopqrstuu', 'U08 of a bcrypt hash only cost and salt are given out');
select is(t.refusal('auth_open', '{"email":"bea@example.com","password_hash":"$2b$06$abcdefghijklmnopqrstuu"}'),
	'MR401 | the email address or the password is wrong', 'U08 and they open nothing');

-- Who can only call api functions can't pass the second step: the vault must have said that the code holds.
insert into app.vault_ticket_key (key) values ('shared');
select t.person('tom') as tom \gset
select :'tom'::jsonb->'user'->>'id' as tom_id, app.totp_step() as step \gset
select t.enter(:'tom'::jsonb->>'secret');
select api.totp_begin(jsonb_build_object('password_hash', t.hash('tom'), 'sealed', encode('sealed', 'base64')));
select matches(t.refusal('totp_confirm', '{"code":"123456"}'), '^MR400 code', 'Z26 a code is good by the vault''s word alone');
select matches(t.refusal('totp_confirm', t.word(:'tom_id', :step, 'another')), '^MR400 code', 'Z26 and by nobody else''s');
select matches(t.refusal('totp_confirm', t.word(app.uuid7()::text, :step)), '^MR400 code', 'Z26 not for another person');
select matches(t.refusal('totp_confirm', t.word(:'tom_id', :step) || jsonb_build_object('step', :step + 1)), '^MR400 code', 'Z26 nor another step');
select matches(t.refusal('totp_confirm', t.word(:'tom_id', :step - 9)), '^MR400 code', 'Z26 nor one that is long over');
select matches(t.refusal('totp_confirm', t.word(:'tom_id', :step + 9)), '^MR400 code', 'Z26 or far ahead');
select is(jsonb_array_length(api.totp_confirm(t.word(:'tom_id', :step - 1))->'recovery_codes'), 10, 'Z26 the right one gives ten recovery codes');
select is((select count(*) from app.recovery_code where user_id = (:'tom'::jsonb->'user'->>'id')::uuid and octet_length(code_hash) = 32), 10::bigint, 'Z26 of which the hashes are kept');
select t.enter(null);
select api.auth_open(jsonb_build_object('email', 'tom@example.com', 'password_hash', t.hash('tom'), 'kind', 'cookie')) as half \gset
select is(:'half'::jsonb ? 'secret', false, 'Z26 the password alone opens no session');
select is((select s.mfa_at from app.session s where s.user_id = (:'tom'::jsonb->'user'->>'id')::uuid and s.mfa_at is null limit 1), null, 'Z26 nor one by another way');
select is(t.refusal('second_factor_lookup'), 'MR401 | sign in first', 'Z26 the sealed secret is for who has a ticket or a session');
select is(t.refusal('second_factor_lookup', '{"ticket":"mrv_x"}'), 'MR401 | sign in anew: the time for the second step is over', 'Z26 and a ticket that is one');
update app.ticket set expires_at = now() - interval '1 s' where kind = 'mfa';
select matches(t.refusal('auth_second_factor', jsonb_build_object('ticket', :'half'::jsonb->>'mfa_ticket', 'code', '000000')), '^MR401', 'Z26 its time ends');
select ops.retention();
select is_empty('select 1 from app.ticket', 'Z26 and then it goes');

-- What is good once.
select is(app.totp_check(:'tom_id', c.step, t.word(:'tom_id', c.step)->>'word'), c.good, 'Z26 a code of the app is good ' || c.word)
  from (values (:step, true, 'at first'), (:step, false, 'but not again'), (:step - 1, false, 'nor an older one')) as c (step, good, word);
select t.enter(:'tom'::jsonb->>'secret');
select api.second_factor_lookup('{}') as asked \gset
select is(:'asked'::jsonb - array['step', 'ticket'], jsonb_build_object('owner', :'tom_id', 'field', 'totp', 'version', 1, 'record', encode('sealed', 'base64')),
	'Z26 S03 the vault is asked about the record of who asks');
select is((:'asked'::jsonb->>'ticket'), app.vault_ticket('totp', null, :'tom_id', (:'asked'::jsonb->>'step')::integer), 'Z26 with a ticket for this step');
select app.reset_ticket((:'bea'::jsonb->'user'->>'id')::uuid) as token \gset
select t.enter(null);
select lives_ok(format('select app.ticket_take(%L, ''reset'')', :'token'), 'Z26 a link is good at first');
select throws_ok(format('select app.ticket_take(%L, ''reset'')', :'token'), 'MR400', null, 'Z26 but not again');

-- Who is deactivated is out, also once let in again.
select t.person('ada') as ada \gset
select t.person('gil') as gil \gset
update app.user_account set is_superuser = true where email_key = 'ada@example.com';
select t.enter(:'ada'::jsonb->>'secret');
select api.admin_user_update(jsonb_build_object('id', :'gil'::jsonb->'user'->>'id', 'is_active', false));
select throws_ok(format('select t.enter(%L)', :'gil'::jsonb->>'secret'), 'MR401', null, 'U15 a session of who is deactivated is over');
select t.enter(:'ada'::jsonb->>'secret');
select api.admin_user_update(jsonb_build_object('id', :'gil'::jsonb->'user'->>'id', 'is_active', true));
select throws_ok(format('select t.enter(%L)', :'gil'::jsonb->>'secret'), 'MR401', null, 'U15 and stays so');
select t.person('pia') as pia \gset
update app.user_account set is_active = false where email_key = 'pia@example.com';
select throws_ok(format('select t.enter(%L)', :'pia'::jsonb->>'secret'), 'MR401', null, 'U15 who isn''t active is out with a session that nobody ended');

-- A provider's word is a first factor.
insert into app.identity (user_id, provider, issuer, subject) values ((:'tom'::jsonb->'user'->>'id')::uuid, 'p', 'https://p.example', '9');
select t.enter(null);
select is(app.oidc_open('{"provider":"p","issuer":"https://p.example","subject":"9"}') ?| '{secret}', false, 'U16 a provider alone opens no session of who has a second factor');

-- Without a mail server a new address is nobody's yet: who signs in elsewhere with it must not land in this account.
select t.person('eve') as eve \gset
update app.user_account set email_verified_at = now() where email_key = 'eve@example.com';
select t.enter(:'eve'::jsonb->>'secret');
select is(api.email_change(jsonb_build_object('email', 'victim@example.com', 'password_hash', t.hash('eve'))), '{"confirm": false}', 'Z26 without mail an address changes at once');
select is((select email_verified_at from app.user_account where email_key = 'victim@example.com'), null, 'Z26 but is not known to be theirs');
select is(app.oidc_open('{"provider":"p","issuer":"https://p.example","subject":"1","email":"victim@example.com","email_verified":true}'),
	'{"problem": "account_unverified"}', 'Z26 so that its owner is not let into somebody else''s account');
select * from finish();
rollback;
