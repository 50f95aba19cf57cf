-- tenancy: no row of another tenant, generated from the catalog by what `millrace check tenancy` asks. CONTRACT S01, S02.
begin;
set search_path = tap, pg_catalog;
\ir ../../sql/check/table.sql
\ir ../../sql/check/world.sql
select no_plan();
select count(*) as sessions from app.session \gset

select pg_temp.check_workspace(pg_temp.check_user('ann', null, null), 'ann') as a \gset
select pg_temp.check_workspace(pg_temp.check_user('bob', null, null), 'bob') as b \gset
select pg_temp.check_session((select w.created_by from app.workspace w where w.id = :'a'), 'cookie')->>'secret' as ann \gset
select pg_temp.check_session((select w.created_by from app.workspace w where w.id = :'b'), 'cookie')->>'secret' as bob \gset

create temporary table cell as select * from pg_temp.tenancy(:'ann', :'a', :'b');
select ok(c.ok, format('%s, %s: wanted %s, got %s', c.object, c.what, c.want, c.got)) from cell c;
select is(count(distinct c.object), (select count(*) from pg_temp.tenant_tables()) + 1, 'the matrix has all tenant tables')
  from cell c where c.kind = 'tables';
select cmp_ok(count(*), '>=', 15::bigint, 'and there are some') from pg_temp.tenant_tables();

-- Plants a defect, looks, and takes it back: what speaks.
create function pg_temp.speaks(p_defect text, p_credential text, p_a uuid, p_b uuid) returns text language plpgsql as $$
declare
	v_cells text;
begin
	begin
		execute p_defect;
		select string_agg(distinct concat(c.object, ' ', c.what), '; ') into v_cells
		  from pg_temp.tenancy(p_credential, p_a, p_b) c where not c.ok;
		raise exception using errcode = 'ZZ000', message = coalesce(v_cells, 'none');
	exception when sqlstate 'ZZ000' then
		v_cells := sqlerrm;
	end;
	return v_cells;
end $$;
select matches(pg_temp.speaks(d.defect, :'ann', :'a', :'b'), d.cell, 'it speaks: ' || d.defect)
  from (values
	('app.workflow rows of B seen', 'create policy planted on app.workflow for select to mr_api using (true)'),
	('app.run rows of B updated', 'create policy planted on app.run to mr_api using (true) with check (true)'),
	('app.timer rows of B deleted', 'create policy planted on app.timer to mr_api using (true)'),
	('app.workflow a row of B inserted', 'create policy planted on app.workflow for insert to mr_api with check (true)'),
	('app.workflow a row of A moved', 'drop policy tenant on app.workflow; create policy tenant on app.workflow to mr_api using (workspace_id = (select app.workspace_id())) with check (true)'),
	('app.token rows seen by nobody', 'drop policy tenant on app.token; create policy tenant on app.token to mr_api using (app.workspace_id() is null)'),
	('app.workspace B''s own row', 'create policy planted on app.workspace for select to mr_api using (true)'),
	('app.planted no row of it could be made', 'create table app.planted (workspace_id uuid not null, n integer not null constraint planted_check check (n > 5))'),
	('app.run read by mr_worker', 'grant usage on schema app to mr_worker; grant select on app.run to mr_worker'),
	('app.planted rows of B seen', 'create view app.planted as select * from app.run; grant select on app.planted to mr_api'),
	('app.ctx\(\) called by mr_worker', 'grant execute on function app.ctx() to mr_worker'),
	('app.worker_id_seq used by mr_api', 'grant usage on sequence app.worker_id_seq to mr_api'),
	('the channel it notifies', 'create function app.planted(p text) returns void language sql as ''select pg_notify(p, p)''')
  ) as d (cell, defect);

-- A cursor of another tenant is none.
savepoint before;
select t.enter(:'bob');
select t.workflow('first') as first \gset
select t.workflow('second');
select api.workflow_list('{"limit":1}')->>'next_cursor' as cursor \gset
select is((api.workflow_list(jsonb_build_object('limit', 1, 'cursor', :'cursor'))->'items'->0)->>'id', :'first', 'a cursor goes on where the page ended');
select t.enter(:'ann');
select matches(t.refusal('workflow_list', jsonb_build_object('cursor', :'cursor')), '^MR400 cursor', 'and is refused in another workspace');
select matches(t.refusal('run_list', jsonb_build_object('cursor', :'cursor')), '^MR400 cursor', 'or another list');
rollback to before;

-- What a check made goes whole.
select is(pg_temp.check_clear(), 4, 'two workspaces and two people are removed');
select is((select count(*) from app.workspace w where w.slug like 'millrace-check-%') + (select count(*) from app.session), :sessions::bigint, 'and their sessions');
create function pg_temp.rows_of(p_rel regclass, p_ws uuid) returns bigint language plpgsql as $$
declare
	v bigint;
begin
	execute format('select count(*) from %s where workspace_id = $1', p_rel) into v using p_ws;
	return v;
end $$;
select is(sum(pg_temp.rows_of(t.rel, w.id)), 0::numeric, 'and every row of theirs')
  from pg_temp.tenant_tables() t, (values (:'a'::uuid), (:'b')) as w (id);
select * from finish();
rollback;
