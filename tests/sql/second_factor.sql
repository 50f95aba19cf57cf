-- second_factor: signing in and confirming by a code, recovery codes, and taking the app off. What makes a code good is in account.sql.
-- CONTRACT Z26.
begin;
set search_path = tap, pg_catalog;
select no_plan();
insert into app.vault_ticket_key (key) values ('shared');
select t.person('tom') as tom \gset
select t.person('bea') as bea \gset
select :'tom'::jsonb->'user'->>'id' as tom_id, :'tom'::jsonb->>'secret' as pass, app.totp_step() as step \gset
select work.mail_setup(true, 'https://m.example');
create function t.ticket(p_kind text default 'cookie') returns jsonb language sql as
$$ select jsonb_build_object('ticket', api.auth_open(jsonb_build_object('email', 'tom@example.com', 'password_hash', t.hash('tom'), 'kind', p_kind))->>'mfa_ticket') $$;
create function t.code(p_codes jsonb, p_n integer) returns jsonb language sql as $$ select jsonb_build_object('code', p_codes->'recovery_codes'->>p_n) $$;

select t.enter(:'pass');
select is(t.refusal('recovery_code_renew'), 'MR409 | no authenticator app is set up', 'Z26 without an app there are no recovery codes');
select api.totp_begin(jsonb_build_object('password_hash', t.hash('tom'), 'sealed', encode('sealed', 'base64')));
select api.totp_confirm(t.word(:'tom_id', :step - 1)) as codes \gset

-- Signing in.
select t.enter(null);
select t.ticket() as half \gset
select api.second_factor_lookup(:'half');
select isnt((select failures from app.login_throttle where key = 'mfa:' || :'tom_id'), null, 'Z26 tries at the second step are counted');
select is(t.refusal('auth_second_factor', '{"ticket":"mrv_x","code":"123456"}'), 'MR401 | sign in anew: the time for the second step is over', 'Z26 the second step needs the first one''s ticket');
select is(t.refusal('auth_second_factor', t.word(:'tom_id', :step)), 'MR401 | sign in anew: the time for the second step is over', 'Z26 a code without one opens nothing');
select is(t.refusal('auth_second_factor', :'half'::jsonb || t.word(:'tom_id', :step, 'another')), 'MR400 code | this code is wrong, or was used already; wait for the next one', 'Z26 a wrong code is told');
select is(t.refusal('auth_second_factor', :'half'::jsonb || '{"code":"abcd-efgh-jkmn-pqrs"}'), 'MR400 code | this is neither a code of six digits nor an unused recovery code', 'Z26 so is what is no code');
update app.user_account set is_active = false where id = :'tom_id';
select matches(t.refusal('auth_second_factor', :'half'::jsonb || t.word(:'tom_id', :step)), '^MR401', 'Z26 who was deactivated meanwhile stays out');
update app.user_account set is_active = true where id = :'tom_id';
select api.auth_second_factor(:'half'::jsonb || t.word(:'tom_id', :step)) as whole \gset
select is(:'whole'::jsonb->>'kind', 'cookie', 'Z26 ticket and code open the session that was asked for');
select is((select user_id::text from app.session where id = (:'whole'::jsonb->>'session_id')::uuid and mfa_at is not null), :'tom_id', 'Z26 which has shown the second factor');
select is_empty(format('select 1 from app.login_throttle where key = %L', 'mfa:' || :'tom_id'), 'Z26 and the tries are forgotten');
select matches(t.refusal('auth_second_factor', :'half'::jsonb || t.code(:'codes', 0)), '^MR401', 'Z26 a ticket is good once');
select t.ticket('jwt') as half \gset
select matches(t.refusal('auth_second_factor', :'half'::jsonb || t.word(:'tom_id', :step)), '^MR400 code', 'Z26 and so is a code');
select api.auth_second_factor(:'half'::jsonb || jsonb_build_object('code', upper(replace(t.code(:'codes', 0)->>'code', '-', ' ')))) as jwt \gset
select is(array[:'jwt'::jsonb->>'kind', left(:'jwt'::jsonb->>'refresh_token', 4)], array['jwt', 'mrr_'], 'Z26 a recovery code does it, too, however it is written');
select t.enter('mrj_' || (:'jwt'::jsonb->>'sid'));
select is(api.user_me('{}')->>'id', :'tom_id', 'Z26 for a token as for a cookie');
select is((select count(*) from app.audit where action = 'user.recovery_code' and actor_id = :'tom_id'), 1::bigint, 'Z26 its use is in the audit log');
select matches((select body from app.mail where mail_to = 'tom@example.com' and kind = 'recovery_code'), '; 9 are left', 'Z26 and mailed, with how many are left');
select t.enter(null);
select matches(t.refusal('auth_second_factor', t.ticket() || t.code(:'codes', 0)), '^MR400 code', 'Z26 it is good once');

-- Confirming, for what is dear.
select is(t.refusal('second_factor_confirm', t.code(:'codes', 1)), 'MR401 | sign in first', 'Z26 a session confirms');
select t.enter(:'bea'::jsonb->>'secret');
select matches(t.refusal('second_factor_confirm', t.code(:'codes', 1)), '^MR400 code', 'Z26 with one''s own codes only');
update app.session set mfa_at = now() - interval '11 minutes' where id = (:'tom'::jsonb->>'session_id')::uuid;
select t.enter(:'pass');
select is(t.refusal('recovery_code_renew'), 'MR40M | confirm with your second factor first', 'Z26 what was shown long ago is asked for again');
select api.second_factor_confirm(t.code(:'codes', 1)) as state \gset
select is(:'state'::jsonb->>'recovery_codes_left', '8', 'Z26 confirming by a recovery code uses it up');
select is(:'state'::jsonb->>'confirmed_until', app.ts(now() + interval '10 minutes'), 'Z26 and holds for ten minutes');
select api.recovery_code_renew('{}') as fresh \gset
select is(jsonb_array_length(:'fresh'::jsonb->'recovery_codes'), 10, 'Z26 then there are new recovery codes');
select matches(t.refusal('second_factor_confirm', t.code(:'codes', 2)), '^MR400 code', 'Z26 the earlier ones are void');
select is(api.second_factor_confirm(t.code(:'fresh', 0))->>'recovery_codes_left', '9', 'Z26 the new ones are good');

-- No second factor any more.
create function t.off(p jsonb, p_password text default 'tom') returns jsonb language sql as $$ select p || jsonb_build_object('password_hash', t.hash(p_password)) $$;
select matches(t.refusal('totp_disable', t.off(t.code(:'fresh', 1), 'x')), '^MR400 password', 'Z26 taking the app off takes the password');
select matches(t.refusal('totp_disable', t.off('{"code":"000000"}')), '^MR400 code', 'Z26 and a code');
select is(t.mails('tom'), 'second_factor_on recovery_code recovery_code recovery_code', 'Z26 until then nothing is told');
select is(api.totp_disable(t.off(t.word(:'tom_id', :step + 1))), null, 'Z26 with both it is off');
select is_empty(format('select user_id from app.totp where user_id = %1$L union all select user_id from app.recovery_code where user_id = %1$L', :'tom_id'), 'Z26 its secret and the recovery codes are gone');
select is((select count(*) from app.session where user_id = :'tom_id' and mfa_at is not null), 0::bigint, 'Z26 what sessions have shown of it is void');
select is(api.second_factor_get('{}')->>'is_on', 'false', 'Z26 as the person sees');
select matches(t.mails('tom'), ' second_factor_off$', 'Z26 and is told by mail');
select t.enter(null);
select ok(api.auth_open(jsonb_build_object('email', 'tom@example.com', 'password_hash', t.hash('tom'))) ? 'secret', 'Z26 the password alone opens a session again');
select * from finish();
rollback;
