-- lint: rules about the catalog that no defect may pass. Makes the temporary view lint(rule, object): no row, no defect.
-- `millrace check tenancy` asks it of an installation, tests/sql/lint.sql of a fresh one. The path is pg_catalog.
-- The values lists at its head are the only exceptions, each with its reason.
create or replace temporary view lint as
with ours(nsp) as (values ('app'), ('api'), ('work'), ('ops'), ('report')),
global_table(rel, reason) as (values
	('app.user_account',    'a person is in several workspaces'),
	('app.session',         'a session is a person''s; it is looked up before a workspace is entered'),
	('app.refresh_token',   'belongs to a session'),
	('app.passkey',         'is a person''s; it is looked up before a workspace is entered'),
	('app.challenge',       'given to somebody who signs in'),
	('app.identity',        'is a person''s; it is looked up before a workspace is entered'),
	('app.oidc_state',      'of somebody who signs in'),
	('app.login_throttle',  'counts by account and network, before anybody is known'),
	('app.role_permission', 'one table of permissions for all'),
	('app.context_key',     'the seal of the context; one row'),
	('app.vault_ticket_key', 'what tickets to the vault are signed with; one row'),
	('app.workspace',       'is the tenant: its own id stands for workspace_id, in a policy of its own'),
	('app.erasure',         'outlives the person or workspace that it names'),
	('app.queue_mark',      'one row for the one queue'),
	('app.transition',      'one list of moves for all'),
	('app.worker',          'a worker serves all tenants'),
	('app.mail',            'mail about a person''s account is of no workspace; only app.mail_put writes, only work.* reads'),
	('app.mail_setup',      'of the installation; one row'),
	('app.plan',            'what may be used belongs to the installation'),
	('app.meter_mark',      'one row for the one roll-up'),
	('app.rate_bucket',     'keys are hashes; counted before anybody is known'),
	('app.ticket',          'half a sign-in, or a link in a mail: before anybody has entered'),
	('app.totp',            'a person''s, in whichever workspace'),
	('app.recovery_code',   'a person''s, in whichever workspace'),
	('app.migration',       'what was applied to this database')),
global_key(con, reason) as (values
	('domain_verified_key',  'a domain is one workspace''s: whoever has shown that it is theirs; who is second learns that'),
	('token_token_hash_key', 'a token is looked up before a workspace is entered; 256 random bits'),
	('trigger_token_key',    'so is a hook; 256 random bits'),
	('invitation_token_hash_key', 'so is an invitation; 256 random bits'),
	('old_slug_slug_key',    'a slug leads to one workspace, also one that was')),
wide_policy(pol, reason) as (values
	('engine', 'work.* serves all tenants: the queue is one'),
	('keep',   'ops.* keeps house for all tenants'),
	('door',   'app.* decides who somebody is before a workspace is entered'),
	('read',   'no tenant''s data')),
fn_owner(nsp, owner) as (values ('app', 'mr_owner'), ('api', 'mr_api'), ('work', 'mr_work'), ('ops', 'mr_keep'), ('report', 'mr_owner')),
login_role(r) as (values ('mr_web'), ('mr_worker'), ('mr_ops'), ('mr_migrate')),
rel as (
	select c.*, n.nspname, n.nspname || '.' || c.relname as name, pg_get_userbyid(c.relowner) as owner
	  from pg_class c join pg_namespace n on n.oid = c.relnamespace join ours on nsp = nspname),
tab as (select * from rel where relkind in ('r', 'p')),
root as (
	select t.oid, coalesce((
		select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
		 where c.oid = pg_partition_root(t.oid)), t.name) as rootname
	  from tab t),
fn as (
	select p.*, n.nspname, n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name,
	       pg_get_userbyid(p.proowner) as owner
	  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join ours on nsp = nspname),
tenant as (select t.*, r.rootname from tab t join root r using (oid) where r.rootname not in (select rel from global_table))
select 'L01 table without forced RLS' as rule, name as object from tab where not (relrowsecurity and relforcerowsecurity)
union all
select 'L02 tenant table without workspace_id uuid not null', name from tenant t
 where not exists (select from pg_attribute a where a.attrelid = t.oid and attname = 'workspace_id' and atttypid = 'uuid'::regtype and attnotnull)
union all
select 'L03 table without a policy', name from tab t where not exists (select from pg_policy where polrelid = t.oid)
union all
select 'L04 policy open to public or to a login role', name || ' ' || polname from pg_policy join rel on rel.oid = polrelid
 where 0 = any (polroles) or exists (select from pg_roles where oid = any (polroles) and rolcanlogin)
union all
select 'L05 writing policy without with check', name || ' ' || polname from pg_policy join rel on rel.oid = polrelid
 where polcmd in ('*', 'a', 'w') and polwithcheck is null
union all
select 'L06 permissive policy not in canonical form', name || ' ' || polname from pg_policy join tenant t on t.oid = polrelid
 where polpermissive and polname::text not in (select pol from wide_policy)
   and (pg_get_expr(polqual, polrelid) is distinct from '(workspace_id = ( SELECT app.workspace_id() AS workspace_id))'
        or (polcmd <> 'r' and pg_get_expr(polwithcheck, polrelid) is distinct from '(workspace_id = ( SELECT app.workspace_id() AS workspace_id))'))
union all
select 'L06 wide policy that mr_api is bound by', name || ' ' || polname from pg_policy join tenant t on t.oid = polrelid
 where polname::text in (select pol from wide_policy) and (select oid from pg_roles where rolname = 'mr_api') = any (polroles)
union all
select 'L07 table or view not owned by mr_owner', name || ' ' || owner from rel
 where relkind in ('r', 'p', 'v', 'm', 'S') and owner <> 'mr_owner'
union all
select 'L08 login role or public holds a table, column or sequence privilege', name from rel
 where relkind in ('r', 'p', 'v', 'm', 'S') and exists (
	select from (
		select (aclexplode(relacl)).grantee
		 union all
		select (aclexplode(attacl)).grantee from pg_attribute where attrelid = rel.oid and attacl is not null) g
	  left join pg_roles r on r.oid = g.grantee
	 where g.grantee = 0 or r.rolcanlogin)
union all
select 'L09 truncate, references or trigger granted (not bound by RLS)', name from tab, lateral aclexplode(relacl) a
 where a.grantee <> relowner and a.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER')
union all
select 'L10 partition child reachable without its parent', name from tab, lateral aclexplode(relacl) a
 where relispartition and a.grantee <> relowner
union all
select 'L11 foreign key between tenant tables without workspace_id on both sides', conname::text
  from pg_constraint k join tenant t on t.oid = k.conrelid join tenant p on p.oid = k.confrelid
 where contype = 'f' and not exists (
	select from generate_subscripts(k.conkey, 1) i
	  join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[i] and a.attname = 'workspace_id'
	  join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[i] and b.attname = 'workspace_id')
union all
select 'L12 on delete/update set null or default would touch workspace_id', conname::text
  from pg_constraint k join tenant t on t.oid = k.conrelid
 where contype = 'f' and ((confdeltype in ('n', 'd') and confdelsetcols is null) or confupdtype in ('n', 'd'))
   and exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'workspace_id' and a.attnum = any (k.conkey))
union all
select 'L13 unique, primary or exclusion index not led by workspace_id', i.indexrelid::regclass::text
  from pg_index i join tenant t on t.oid = i.indrelid
 where (indisunique or indisexclusion)
   and (select attname from pg_attribute where attrelid = t.oid and attnum = i.indkey[0]) is distinct from 'workspace_id'
   and (select relname from pg_class where oid = i.indexrelid)::text not in (select con from global_key)
union all
select 'L14 view without security_invoker', name from rel
 where relkind = 'v' and not coalesce(reloptions && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
union all
select 'L15 materialized view', name from rel where relkind = 'm'
union all
select 'L16 security definer without pinned search_path (pg_catalog first, pg_temp last)', name from fn
 where prosecdef and not exists (select from unnest(proconfig) c where c ~ '^search_path=pg_catalog,.*pg_temp$')
union all
select 'L17 function not owned by the role of its schema', name || ' ' || fn.owner from fn join fn_owner f on f.nsp = nspname
 where fn.owner <> f.owner
union all
select 'L18 function executable by public', name from fn
 where proacl is null or exists (select from aclexplode(proacl) where grantee = 0)
union all
select 'L19 execute held by a login role outside its one schema', name || ' ' || r from fn, login_role
 where has_function_privilege(r, fn.oid, 'execute')
   and (r, nspname::text) not in (('mr_web', 'api'), ('mr_worker', 'work'), ('mr_ops', 'ops')) and r <> 'mr_migrate'
union all
select 'L20 function body runs dynamic SQL', name from fn where nspname in ('api', 'work') and prosrc ~* '\mexecute\M'
union all
select 'L21 role is superuser, bypassrls, createrole, createdb or replication', rolname::text from pg_roles
 where rolname like 'mr\_%' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
union all
select 'L22 owner role can log in, or login role inherits a role', rolname::text from pg_roles
 where (rolname in ('mr_owner', 'mr_api', 'mr_work', 'mr_keep') and rolcanlogin)
    or (rolname in (select r from login_role) and rolinherit)
union all
select 'L23 membership other than that of mr_migrate', pg_get_userbyid(member) || ' in ' || pg_get_userbyid(roleid) from pg_auth_members
 where pg_get_userbyid(member) like 'mr\_%' and pg_get_userbyid(member) <> 'mr_migrate'
union all
select 'L24 public holds a right on a schema or on the database', n
  from (
	select 'schema ' || nspname as n, nspacl as acl from pg_namespace
	 where nspname in ('app', 'api', 'work', 'ops', 'report', 'public', 'ext', 'cron')
	 union all
	select 'database ' || datname, coalesce(datacl, acldefault('d', datdba)) from pg_database where datname = current_database()) x,
       lateral aclexplode(acl) a
 where a.grantee = 0
union all
select 'L25 default privileges still give public execute', r
  from (values ('mr_owner'), ('mr_api'), ('mr_work'), ('mr_keep')) v (r)
 where not exists (
	select from pg_default_acl d
	 where d.defaclrole = r::regrole and defaclnamespace = 0 and defaclobjtype = 'f'
	   and not exists (select from aclexplode(defaclacl) where grantee = 0))
union all
select 'L26 indexed tenant column of an enum type (enum_eq is not leakproof: no index under RLS)', t.name || '.' || a.attname
  from tenant t join pg_index i on i.indrelid = t.oid
  join pg_attribute a on a.attrelid = t.oid and a.attnum = any (i.indkey)
  join pg_type y on y.oid = a.atttypid and y.typtype = 'e'
union all
select 'L27 row trigger function without pinned search_path', f.name
  from pg_trigger g join tab on tab.oid = tgrelid join fn f on f.oid = tgfoid
 where not tgisinternal and not exists (select from unnest(f.proconfig) c where c like 'search_path=%')
union all
select 'L28 a role can use dblink, a foreign data wrapper or an untrusted language', extname::text from pg_extension
 where extname in ('dblink', 'postgres_fdw', 'file_fdw', 'plpython3u', 'plperlu', 'adminpack', 'lo');
