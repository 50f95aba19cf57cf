-- bootstrap: what only an administrator can make: roles, extensions, schemas, default privileges.
-- Runs at each `millrace migrate`, as the administrator, and changes nothing the second time.
-- Passwords are set by the caller afterwards; a role without one can't log in.
do $$
declare
	v_role text;
begin
	foreach v_role in array array['mr_owner', 'mr_api', 'mr_work', 'mr_keep'] loop
		if not exists (select from pg_catalog.pg_roles r where r.rolname = v_role) then
			execute format('create role %I nologin nobypassrls', v_role);
		end if;
	end loop;
	foreach v_role in array array['mr_web', 'mr_worker', 'mr_ops', 'mr_migrate'] loop
		if not exists (select from pg_catalog.pg_roles r where r.rolname = v_role) then
			execute format('create role %I login noinherit nobypassrls', v_role);
		end if;
	end loop;
end
$$;

alter role mr_web connection limit 64;
alter role mr_worker connection limit 64;
alter role mr_ops connection limit 8;
alter role mr_migrate connection limit 4;
alter role mr_web set statement_timeout = '5s';
alter role mr_web set lock_timeout = '2s';
alter role mr_web set idle_in_transaction_session_timeout = '10s';
alter role mr_worker set statement_timeout = '30s';
alter role mr_worker set idle_in_transaction_session_timeout = '30s';
-- A plan made while the tables were small, or held one workspace, reads them whole and is kept while others grow: sessions of web
-- and worker use an index wherever there is one (tests/sql/plans.sql). Where there is none the cost would look worth a compilation.
alter role mr_web set enable_seqscan = off;
alter role mr_web set jit = off;
alter role mr_worker set enable_seqscan = off;
alter role mr_worker set jit = off;
alter role mr_ops set statement_timeout = '10min';

-- api.idempotency_check answers by an error whose message is a stored answer: that must not get into the server's log.
grant set on parameter log_min_messages to mr_api;

-- `set role` only: mr_migrate doesn't inherit.
grant mr_owner, mr_api, mr_work, mr_keep to mr_migrate;

create schema if not exists ext;
create extension if not exists pgcrypto schema ext;
create extension if not exists pg_cron;

create schema if not exists app authorization mr_owner;
create schema if not exists report authorization mr_owner;
create schema if not exists api authorization mr_api;
create schema if not exists work authorization mr_work;
create schema if not exists ops authorization mr_keep;

do $$
begin
	execute format('revoke all on database %I from public', current_database());
	execute format('grant connect on database %I to mr_web, mr_worker, mr_ops, mr_migrate',
	    current_database());
end
$$;
revoke all on schema public from public;
revoke all on schema ext from public;
-- pg_cron opens its schema to everybody so that anybody may schedule. Here only the administrator does.
revoke all on schema cron from public;

grant usage on schema ext to mr_owner;
grant execute on all functions in schema ext to mr_owner;
grant usage on schema app to mr_api, mr_work, mr_keep;
grant usage on schema work to mr_api, mr_keep, mr_worker;
grant usage on schema api to mr_web;
grant usage on schema ops to mr_ops;

-- The built-in default is execute to public; only the global form takes it away, not a per-schema one.
alter default privileges for role mr_owner, mr_api, mr_work, mr_keep revoke execute on functions from public;
alter default privileges for role mr_owner, mr_api, mr_work, mr_keep revoke usage on types from public;
