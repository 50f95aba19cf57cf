-- need: what the functions of api ask for beside what the contract says, both ways. Makes the temporary view
-- need(object, what): no row, no difference. The contract is the setting check.openapi.
create or replace temporary view need as
with operation as (
	select o->>'operationId' as name, o->>'x-permission' as permission
	  from jsonb_path_query(current_setting('check.openapi')::jsonb, '$.paths.*.*') as o
	 where o ? 'operationId'),
fn as (
	select p.proname::text as name, array(
		select distinct m[1] from regexp_matches(p.prosrc, 'app\.need\(''([a-z_:]+)''\)', 'g') as m) as needs, p.prosrc
	  from pg_proc p
	 where p.pronamespace = 'api'::regnamespace),
-- web answers these itself, and asks api.permit first: the matrix of roles sees whether it does
answered(name) as (values ('node_type_list'), ('connector_list'), ('workflow_validate'), ('schedule_preview'), ('ws'), ('run_stream'), ('workspace_stream')),
-- more than one permission, or one that depends on the request
several(name, permission, reason) as (
	values ('token_list', 'member:write', 'those of somebody else, beside one''s own')),
-- functions that are no operation
inner_fn(name, reason) as (values
	('enter',             'opens the context, before each operation'),
	('wake',              'tells the workers; says nothing'),
	('permit',            'asks app.need for what web answers itself'),
	('idempotency_check', 'before an operation, by the key of its caller'),
	('idempotency_keep',  'after an operation, by the key of its caller'),
	('auth_lookup',       'the first half of a sign-in: a salt, and nothing that tells who is known'),
	('auth_open',         'its second half: the credential is the password''s hash'),
	('passkey_find',      'the first half of a sign-in by passkey: a public key, for a challenge that is used up'),
	('rate_lease',        'tokens of rate buckets, by hashes that web made'),
	('queue_pressure',    'two numbers of the queue, nothing of a tenant'),
	('oidc_take',         'the first half of a sign-in at a provider: uses its state up'),
	('connection_seal',   'the first half of storing a secret: asks for connection:write and says what to bind it to'),
	('trigger_seal',      'the same for a webhook''s secret: asks for workflow:write'),
	('outgoing_seal',     'the same for the password of a proxy: asks for workspace:admin'),
	('connection_tested', 'how a test went: asks for connection:use'),
	('key_next',          'the first half of making a key: asks for key:write and says which version'),
	('auth_register_count', 'before a sign-up: counts it'),
	('auth_mail_count',   'before a mail that a stranger causes: counts it'),
	('password_lookup',   'the salt of who is signed in, before the password is compared'),
	('second_factor_lookup', 'the sealed secret, for the vault, before the code is compared'),
	('live_read',         'what an open socket may see, with the credential that opened it'),
	('live_tell',         'tells the sockets of the entered workspace an id'),
	('live_alive',        'which credentials have ended: says so of those that are presented'),
	('audit_refused',     'a refusal by web: an entry for the credential that was refused, and no answer'),
	('delivery_answer',   'to the request that brought the delivery, which knows its run''s id'),
	('delivery_refused',  'a refusal by web: an entry for the trigger that was called, and no answer'))
select 'api.' || f.name as object, 'asks for ' || n || ', the contract says ' || o.permission as what
  from fn f join operation o using (name), unnest(f.needs) as n
 where n <> o.permission and not exists (select from several s where s.name = f.name and s.permission = n)
union all
select 'api.' || o.name, 'does not ask for ' || o.permission
  from operation o join fn f using (name)
 where o.permission <> 'none' and o.permission <> all (f.needs)
union all
select o.name, 'has no function, and is not told to be answered by web'
  from operation o
 where o.permission <> 'none' and not exists (select from fn f where f.name = o.name)
   and o.name not in (select a.name from answered a)
union all
select 'api.' || f.name, 'is no operation of the contract, and has no entry here'
  from fn f
 where not exists (select from operation o where o.name = f.name) and f.name not in (select i.name from inner_fn i)
union all
select o.name, 'needs ' || o.permission || ', which no role has'
  from operation o
 where o.permission like '%:%' and o.permission <> 'installation:admin'  -- that is a superuser's
   and not exists (select from app.role_permission r where r.permission = o.permission);
