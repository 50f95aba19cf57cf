-- admin: the people of the installation, for its administrators. CONTRACT U15.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('ada') as ada \gset
select t.person('gil') as gil \gset
select :'ada'::jsonb->>'secret' as ada_s, :'gil'::jsonb->'user'->>'id' as gil_id, jsonb_build_object('id', :'gil'::jsonb->'user'->>'id') as gil_ref,
       '$2b$06$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234' as bcrypt \gset
update app.user_account set is_superuser = true where email_key = 'ada@example.com';
insert into app.user_account (kind, name) values ('service', 'Gilbert the robot') returning id as robot \gset

select t.enter(:'gil'::jsonb->>'secret');
select is(t.refusal(o, :'gil_ref'), 'MR403 | permission needed: installation:admin', 'U15 who owns a workspace alone may not: ' || o)
  from unnest(array['admin_user_list', 'admin_user_create', 'admin_user_get', 'admin_user_reset']) o;

-- Who is there.
select t.enter(:'ada_s');
select api.admin_user_get(:'gil_ref') as seen \gset
select is(:'seen'::jsonb - array['id', 'created_at', 'updated_at', 'seen_at'], '{"email":"gil@example.com","name":"gil","is_active":true,"is_superuser":false,"second_factor":false,"has_password":true,"workspace_count":1}',
	'U15 an administrator sees an account, and nothing of what is in it');
select is(t.refusal('admin_user_get', jsonb_build_object('id', x)), 'MR404 | no such person', 'U15 a service account, or nobody, is no person') from unnest(array[:'robot', app.uuid7()::text, 'x']) x;
select api.admin_user_list('{"limit":1}') as page \gset
select is(:'page'::jsonb->'items', jsonb_build_array(:'seen'::jsonb), 'U15 people are listed, the newest first');
select is(api.admin_user_list(jsonb_build_object('limit', 1, 'cursor', :'page'::jsonb->>'next_cursor'))->'items'->0->>'email', 'ada@example.com', 'U15 page by page');
select is((select string_agg(i->>'name', ' ') from jsonb_array_elements(api.admin_user_list(jsonb_build_object('q', q))->'items') i), name, 'U15 and found: ' || q)
  from (values ('GIL', 'gil'), ('ada@ex', 'ada'), ('robot', null)) as f (q, name);

-- Who is brought from elsewhere.
select api.admin_user_create(jsonb_build_object('email', 'Mia@example.com', 'name', 'Mia', 'password_hash', :'bcrypt')) as mia \gset
select is(:'mia'::jsonb, api.admin_user_get(:'mia'), 'U15 an account is made');
select is(array[:'mia'::jsonb->>'email', :'mia'::jsonb->>'has_password', :'mia'::jsonb->>'workspace_count'], array['Mia@example.com', 'true', '1'], 'U15 with a first workspace');
select is((select password_hash from app.user_account where email_key = 'mia@example.com'), :'bcrypt', 'U08 and the password that they had');
select is(t.refusal('admin_user_create', '{"email":"mia@example.com","name":"x"}'), 'MR409 email | this email address is already registered', 'U15 an address is somebody''s once');
select matches(t.refusal('admin_user_create', '{"email":"nobody","name":"x"}'), '^MR400 email', 'U15 and is one');
select is(t.refusal('admin_user_create', jsonb_build_object('email', 'x@example.com', 'password_hash', h)), 'MR400 password_hash | must be bcrypt ($2b$, cost 4 to 14) or argon2id with a hash of 32 bytes', 'U08 no such hash: ' || h)
  from unnest(array['secret', replace(:'bcrypt', '$06$', '$31$'), '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$c2hvcnQ']) h;
select is(api.admin_user_create('{"email":"ned@example.com"}')->>'has_password', 'false', 'U15 one may come without a password');

-- A link for a new password.
select api.admin_user_reset(:'gil_ref') as link \gset
select is((select resource_id::text || actor_id::text from app.audit where action = 'user.reset_link'), :'gil_id' || (:'ada'::jsonb->'user'->>'id'), 'U15 who gave out a link for whose password is in the audit log');
select t.enter(null);
select api.auth_reset_confirm(:'link'::jsonb || jsonb_build_object('new_hash', t.hash('new')));
select is((select password_hash from app.user_account where id = :'gil_id'), t.hash('new'), 'U15 the link sets it');
select t.enter(:'ada_s');
select is(t.refusal('admin_user_reset', jsonb_build_object('id', :'robot')), 'MR404 | no such person', 'U15 a service account has none');
update app.user_account set is_active = false where id = :'gil_id';
select is(t.refusal('admin_user_reset', :'gil_ref'), 'MR404 | no such person', 'U15 nor has who is deactivated');

-- A second factor is taken off for who lost it; who takes it off shows the own one.
insert into app.totp (user_id, sealed) values (:'gil_id', 'sealed');
insert into app.recovery_code (user_id, code_hash) values (:'gil_id', sha256('code'));
update app.user_account set mfa_at = now() where id = :'gil_id';
select is(api.admin_user_update(:'gil_ref'::jsonb || '{"second_factor":false}')->>'second_factor', 'false', 'Z26 an administrator takes a second factor off');
select is_empty(format('select user_id from app.totp where user_id = %1$L union all select user_id from app.recovery_code where user_id = %1$L', :'gil_id'), 'Z26 with the recovery codes');
update app.user_account set mfa_at = now() where email_key = 'ada@example.com';
select t.enter(:'ada_s');
select is(t.refusal(o, :'gil_ref'), 'MR40M | confirm with your second factor first', 'Z26 an administrator with a second factor shows it first: ' || o)
  from unnest(array['admin_user_create', 'admin_user_reset', 'admin_user_update']) o;
select * from finish();
rollback;
