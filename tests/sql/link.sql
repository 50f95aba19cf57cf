-- link: what a link in a mail is good for: a first sign-in, a new password, a new address. CONTRACT U01, U08, Z26.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('ines') as ines \gset
select t.enter(null);
select is(t.refusal('auth_reset', '{"email":"ines@example.com"}'), 'MR409 | this installation sends no mail: ask its administrator for a link to set a new password', 'Z26 without mail nobody waits for a link');
select work.mail_setup(true, 'https://m.example');
create function t.register(p_name text, p_password text default 'first', p jsonb default '{}') returns jsonb language sql as
$$ select api.auth_register(jsonb_build_object('email', p_name || '@example.com', 'name', p_name, 'password_hash', t.hash(p_password)) || p) $$;
create function t.known(p_name text) returns bigint language sql as $$ select count(*) from app.user_account where email_key = p_name || '@example.com' $$;

-- The link that makes the account.
select is(t.register('nora'), '{"mailed": true}', 'U01 with mail, signing up sends a link');
select is(t.known('nora'), 0::bigint, 'U01 and makes nobody yet');
select t.link('nora', 'verify') as early \gset
select is(api.auth_resend('{"email":"NORA@example.com"}'), null, 'U01 the link is sent again');
select is(t.mails('nora'), 'verify verify', 'U01 by another mail');
select isnt(t.link('nora', 'verify'), :'early'::jsonb, 'U01 with a link of its own');
select is(api.auth_resend('{"email":"nobody@example.com"}'), null, 'U01 who never signed up is told alike');
select is(t.mails('nobody'), null, 'U01 and gets none');
select t.register('nora', 'second');
select api.auth_verify(t.link('nora', 'verify')) as nora \gset
select is(:'nora'::jsonb->'user'->'memberships'->0->>'role', 'owner', 'U01 who follows it owns a first workspace');
select isnt((select email_verified_at from app.user_account where email_key = 'nora@example.com'), null, 'U01 and the address is known to be theirs');
select is((select password_hash from app.user_account where email_key = 'nora@example.com'), t.hash('second'), 'U01 the password is the one that was sent for this link');
select t.enter(:'nora'::jsonb->>'secret');
select is(api.user_me('{}')->>'email', 'nora@example.com', 'U01 and is signed in');
select t.enter(null);
select is(t.refusal('auth_verify', :'early'), 'MR400 token | this link was used before, or its time is over; ask for another', 'U01 the address''s other links are void');
select is(api.auth_resend('{"email":"nora@example.com"}'), null, 'U01 who has an account is told alike');
select is(t.mails('nora'), 'verify verify verify', 'U01 and gets no other link');
select t.register('ines', 'x');
select is(t.mails('ines'), 'email_taken', 'U01 an address with an account gets no link to make one');
select t.register('paul');
update app.user_account set email = 'paul@example.com', email_key = 'paul@example.com' where email_key = 'nora@example.com';
select is(t.refusal('auth_verify', t.link('paul', 'verify')), 'MR400 token | this address has an account by now; log in with it', 'U01 one that has an account by now makes no second one');
select t.register('late');
update app.ticket set expires_at = now() where email = 'late@example.com';
select api.auth_resend('{"email":"late@example.com"}');
select is(t.mails('late'), 'verify', 'U01 a sign-up whose time is over isn''t sent again');
select matches(t.refusal('auth_verify', t.link('late', 'verify')), '^MR400 token', 'U01 and its link is void');
select is(t.known('late'), 0::bigint, 'U01 and makes nobody');
select t.register('otto', p => '{"next":"/join?a=b&c=d%#~x"}');
select matches((select body from app.mail where mail_to = 'otto@example.com'), 'https://m[.]example/verify[?]next=/join%3Fa%3Db%26c%3Dd%25%23~x#mrv_', 'U01 where to go then is one value of the link''s query');
select is(app.query_text('/a b?c'), '/a%20b%3Fc', 'U01 whatever is in it');

-- The link for a forgotten password.
select is(api.auth_reset('{"email":"nobody@example.com"}'), null, 'Z26 a new password for somebody unknown is told as for anybody');
select is(t.mails('nobody'), null, 'Z26 and mailed to nobody');
update app.user_account set is_active = false where email_key = 'ines@example.com';
select api.auth_reset('{"email":"ines@example.com"}');
select is(t.mails('ines'), 'email_taken', 'Z26 nor to who is deactivated');
update app.user_account set is_active = true where email_key = 'ines@example.com';
select is(api.auth_reset('{"email":"Ines@Example.com"}'), null, 'Z26 who has an account gets a link');
select is(t.mails('ines'), 'email_taken reset', 'Z26 by mail alone');
select is((select resource_id::text from app.audit where action = 'user.reset_ask'), :'ines'::jsonb->'user'->>'id', 'Z26 that it was asked for is in the audit log');
select matches(t.refusal('email_confirm', t.link('ines', 'reset')), '^MR400 token', 'Z26 it confirms no address');
select is(api.auth_reset_confirm(t.link('ines', 'reset') || jsonb_build_object('new_hash', t.hash('new'))), null, 'Z26 it sets a password');
select throws_ok(format('select t.enter(%L)', :'ines'::jsonb->>'secret'), 'MR401', null, 'Z26 and ends all sessions');

-- The link for a new address.
select t.enter(null);
select api.auth_open(jsonb_build_object('email', 'ines@example.com', 'password_hash', t.hash('new'))) as s \gset
create function t.move(p_name text) returns jsonb language sql as
$$ select api.email_change(jsonb_build_object('email', p_name || '@example.com', 'password_hash', t.hash('new'))) $$;
select t.enter(:'s'::jsonb->>'secret');
select is(t.move('taken'), '{"confirm": true}', 'Z26 with mail a new address must answer first');
select is(t.known('taken'), 0::bigint, 'Z26 and is nobody''s until then');
select t.link('taken', 'email') as taken \gset
update app.user_account set email = 'taken@example.com', email_key = 'taken@example.com' where email_key = 'paul@example.com';
select t.enter(null);
select is(t.refusal('email_confirm', :'taken'), 'MR409 email | this email address is already registered', 'Z26 nor if it became somebody else''s');
select t.enter(:'s'::jsonb->>'secret');
select t.move('ines-2');
select t.enter(null);
select matches(t.refusal('email_confirm', :'taken'), '^MR400 token', 'Z26 asking for another one voids the link to the one before');
select t.link('ines-2', 'email') as moved \gset
select is(api.email_confirm(:'moved'), null, 'Z26 the link confirms it, wherever it is opened');
select is((select email from app.user_account where id = (:'ines'::jsonb->'user'->>'id')::uuid and email_verified_at is not null), 'ines-2@example.com', 'Z26 from then on it is known to be theirs');
select matches(t.mails('ines'), ' email_changed$', 'Z26 the old one is told');
select matches(t.refusal('email_confirm', :'moved'), '^MR400 token', 'Z26 and the link is used up');
select * from finish();
rollback;
