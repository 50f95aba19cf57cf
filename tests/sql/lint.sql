-- lint: the catalog keeps the rules of sql/check/lint.sql, and each rule speaks when its defect is planted.
begin;
set search_path = tap, pg_catalog;
\ir ../../sql/check/lint.sql
select no_plan();

select is_empty('select rule, object from pg_temp.lint', 'the catalog has no defect');

-- Plants a defect, looks, and takes it back; what comes back is which rules spoke.
create function t.speaks(p_defect text) returns text language plpgsql as $$
declare
	v_rules text;
begin
	begin
		execute p_defect;
		select string_agg(distinct left(l.rule, 3), ' ') into v_rules from pg_temp.lint l;
		raise exception using errcode = 'ZZ000', message = coalesce(v_rules, 'none');
	exception when sqlstate 'ZZ000' then
		v_rules := sqlerrm;
	end;
	return v_rules;
end $$;

select matches(t.speaks(d.defect), d.rule, d.rule || ' speaks: ' || left(d.defect, 70))
  from (values
	('L01', 'alter table app.run no force row level security'),
	('L01', 'alter table app.user_account disable row level security'),
	('L02', 'create table app.planted (id uuid primary key); alter table app.planted owner to mr_owner; alter table app.planted enable row level security; alter table app.planted force row level security'),
	('L03', 'drop policy tenant on app.version; drop policy engine on app.version'),
	('L04', 'create policy planted on app.run using (true)'),
	('L04', 'create policy planted on app.run to mr_web using (true)'),
	('L05', 'create policy planted on app.run for update to mr_api using (workspace_id = (select app.workspace_id()))'),
	('L06', 'create policy planted on app.run to mr_api using (true) with check (true)'),
	('L06', 'create policy engine on app.token to mr_api using (true) with check (true)'),
	('L07', 'create view app.planted with (security_invoker = true) as select 1 as a'),
	('L08', 'grant select on app.workflow to mr_web'),
	('L08', 'grant select (name) on app.workflow to mr_worker'),
	('L09', 'grant truncate on app.run to mr_api'),
	('L11', 'alter table app.version add constraint planted unique (workspace_id, id, workflow_id); create table app.planted (workspace_id uuid not null, w uuid, constraint planted_fk foreign key (w) references app.trigger (id))'),
	('L13', 'create unique index planted on app.workflow (name)'),
	('L14', 'create view app.planted as select * from app.run; alter view app.planted owner to mr_owner'),
	('L15', 'create materialized view app.planted as select 1 as a'),
	('L16', 'alter function api.run_get(jsonb) reset search_path'),
	('L16', 'alter function api.run_get(jsonb) set search_path = app'),
	('L17', 'alter function api.run_get(jsonb) owner to mr_owner'),
	('L18', 'grant execute on function app.ctx() to public'),
	('L19', 'grant usage on schema app to mr_web; grant execute on function app.ctx() to mr_web'),
	('L20', 'create function api.planted() returns void language plpgsql as ''begin execute ''''select 1''''; end'''),
	('L21', 'alter role mr_api bypassrls'),
	('L22', 'alter role mr_owner login'),
	('L23', 'grant mr_owner to mr_api'),
	('L24', 'grant usage on schema app to public'),
	('L25', 'alter default privileges for role mr_api grant execute on functions to public'),
	('L26', 'create type app.planted as enum (''a''); alter table app.workflow add column planted app.planted; create index on app.workflow (workspace_id, planted)'),
	('L27', 'alter function app.transition_refuse() reset search_path'),
	('L28', 'create extension dblink')) as d (rule, defect)
 where d.rule <> 'L11';
select matches(t.speaks('alter table app.workflow add constraint planted unique (id);
	alter table app.version add constraint planted_fk foreign key (workflow_id) references app.workflow (id)'), 'L11',
	'L11 speaks: a foreign key by id alone');
select matches(t.speaks('alter table app.trigger drop constraint trigger_workflow_id_fkey;
	alter table app.trigger add constraint planted foreign key (workspace_id, workflow_id) references app.workflow (workspace_id, id) on delete set null'),
	'L12', 'L12 speaks: a reference whose end would clear the workspace');
select matches(t.speaks(format('grant select on app.%I to mr_api', (
	select c.relname from pg_class c join pg_inherits i on i.inhrelid = c.oid where i.inhparent = 'app.step'::regclass limit 1))),
	'L10', 'L10 speaks: a right on a partition itself');

-- What an operation needs is said twice: in the function and in the contract. They must say the same.
\set openapi `cat assets/openapi.json`
select set_config('check.openapi', :'openapi', true) as set \gset
\ir ../../sql/check/need.sql
select is_empty('select object, what from pg_temp.need', 'each function needs the permission that the contract names');
create function t.asks(p_defect text) returns text language plpgsql as $$
declare
	v_what text;
begin
	begin
		execute p_defect;
		select string_agg(n.object || ' ' || n.what, '; ') into v_what from pg_temp.need n;
		raise exception using errcode = 'ZZ000', message = coalesce(v_what, 'none');
	exception when sqlstate 'ZZ000' then
		v_what := sqlerrm;
	end;
	return v_what;
end $$;
select matches(t.asks(d.defect), d.what, 'it speaks: ' || d.what)
  from (values
	('create or replace function api.run_get(p jsonb) returns json language sql as ''select null::json''', 'api.run_get does not ask for run:read'),
	('create or replace function api.run_get(p jsonb) returns json language plpgsql as ''begin perform app.need(''''run:read''''); perform app.need(''''run:data''''); end''', 'api.run_get asks for run:data'),
	('create function api.planted() returns void language sql as ''select null::void''', 'api.planted is no operation'),
	('drop function api.run_get(jsonb)', 'run_get has no function'),
	('delete from app.role_permission where permission = ''run:write''', 'run_create needs run:write, which no role has')) as d (defect, what);

-- A volatile function takes a snapshot of its own: called by a stable one, the two would read different states.
select is_empty(
	$$select n.nspname, p.proname, f.proname
	    from pg_proc p
	    join pg_namespace n on n.oid = p.pronamespace
	    join pg_proc f on f.pronamespace = 'app'::regnamespace and f.provolatile = 'v' and p.prosrc ~ ('\mapp\.' || f.proname || '\(')
	   where n.nspname in ('app', 'api') and p.provolatile <> 'v'$$,
	'what only reads sees one state: no stable function calls a volatile one');

select * from finish();
rollback;
