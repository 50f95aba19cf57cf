-- plans: no list and no look at one thing reads the rows of others by a plan that was made while the tables were small, and is kept
-- while they grow. Each GET of the contract, alone and with each of its filters, and what a worker asks about one run; all about
-- somebody who has one row in each table among those of 2,000 workspaces and people. CONTRACT S01, P05.
begin;
set search_path = tap, pg_catalog;
\ir ../../sql/check/table.sql
\set openapi `cat assets/openapi.json`
\set others 2000
select set_config('check.openapi', :'openapi', true) as set \gset
select no_plan();

-- Settings as a session of this role begins with them.
create function pg_temp.set_up(p_role text) returns bigint language sql as $$
	select count(set_config(split_part(s, '=', 1), split_part(s, '=', 2), true))
	  from pg_roles r, unnest(r.rolconfig) as s
	 where r.rolname = p_role and s not like '%timeout%' $$;
select pg_temp.set_up('mr_web') as set \gset

select t.person('ada') as ada \gset
select t.enter(:'ada'::jsonb->>'secret');
select :'ada'::jsonb->>'workspace_id' as ws, :'ada'::jsonb->'user'->>'id' as person \gset
select t.workflow() as workflow \gset
select api.workflow_activate(jsonb_build_object('id', :'workflow')) is not null as live \gset
select t.connection() as connection \gset
select jsonb_build_object(
	'workflows', :'workflow', 'workspaces', :'ws', 'connections', :'connection', 'run_id', x.run, 'runs', x.run, 'replays', api.replay_create(jsonb_build_object('id', :'workflow', 'run_ids', jsonb_build_array(x.run)))->>'id', 'dead-letters', x.run, 'n', '1', 'name', 'web',
	'trigger_id', (select g.id from app.trigger g limit 1), 'keys', (select k.id from app.key k limit 1),
	'tokens', api.token_create('{"name":"ci","scopes":["run:read"]}')->>'id',
	'token', api.invitation_create('{"email":"eve@example.com","role":"viewer"}')->>'token',
	-- of filters, those that are no time, no word of an enum and no free text
	'user', :'person', 'user_id', :'person', 'created_by', :'person', 'actor', :'person', 'workflow_id', :'workflow', 'status', 'failed',
	'permission', 'run:read', 'operation', 'run_list', 'resource', 'workflow', 'action', 'read') as told
  from (select api.run_create(jsonb_build_object('workflow_id', :'workflow', 'input', '{}'::jsonb))->>'id' as run) x \gset
insert into app.run_outcome (workspace_id, run_id, workflow_id, status, error) values (:'ws', (:'told'::jsonb->>'runs')::uuid, :'workflow', 'failed', '{"code":"BOOM"}');

-- Copies of a made-up row, each with ids and words of its own: grow(table, row, how many, what all have).
create function pg_temp.grow(p_rel regclass, p_row jsonb, p_n integer, p_all jsonb) returns bigint language plpgsql as $$
declare
	v_names text := (select string_agg(quote_ident(k), ', ') from jsonb_object_keys(p_row) as k);
	v_types jsonb := (
		select coalesce(jsonb_object_agg(a.attname, format_type(a.atttypid, null)), '{}')
		  from pg_attribute a
		 where a.attrelid = p_rel and p_row->>a.attname is not null
		   and (p_row->>a.attname ~ '^check' or format_type(a.atttypid, null) in ('uuid', 'bytea') and not pg_temp.row_of(p_rel::text) ? a.attname));
	v_n bigint;
begin
	execute format($sql$
		insert into %1$s (%2$s)
		select %2$s
		  from generate_series(1, $3) as n,
		       lateral jsonb_populate_record(null::%1$s, $1 || (
			select coalesce(jsonb_object_agg(k.key, case k.value
			           when 'uuid' then app.uuid7()::text
			           when 'bytea' then '\x' || md5(random()::text || n) || md5(random()::text)
			           else replace($1->>k.key, 'check', 'check' || n) end), '{}')
			  from jsonb_each_text($2) as k) || $4)
		    on conflict do nothing$sql$, p_rel, v_names)
	  using p_row, v_types, p_n, p_all;
	get diagnostics v_n = row_count;
	return v_n;
end $$;

-- One row of the caller's in each table, and nobody else's. Made-up rows refer to nothing; and a change of this setting forgets
-- all plans, so it stays.
set local session_replication_role = replica;
create temporary table made as
select c.oid::regclass as rel, pg_temp.row_make(c.oid, :'ws') - case when a.attname is null then 'workspace_id' else '' end as row
  from pg_class c
  left join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
 where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   -- the installation's own, with a row or a few
   and c.relname not in ('migration', 'role_permission', 'plan', 'queue_mark', 'transition', 'meter_mark', 'mail_setup', 'context_key', 'vault_ticket_key', 'worker');
select sum(pg_temp.grow(m.rel, m.row, 1, case when m.row->>'workspace_id' is null then '{}' else jsonb_build_object('workspace_id', :'ws') end)) as own
  from made m \gset
analyze;

create temporary table asked as
with op as (
	select o.value->>'operationId' as op, p.key as path, coalesce(o.value->'parameters', '[]') as parameters
	  from jsonb_each(current_setting('check.openapi')::jsonb->'paths') as p, jsonb_each(p.value) as o
	 where o.key = 'get' and to_regprocedure(format('api.%I(jsonb)', o.value->>'operationId')) is not null
	   and o.value->>'x-permission' <> 'installation:admin'  -- these are about others
	   and o.value->>'operationId' not in ('oidc_start', 'oidc_callback',                   -- steps of a sign-in
	                                       'readyz', 'health_get', 'health_service_get')),  -- of the installation, and at most 10,000 rows
filter as (
	select op.op, q->>'name' as name, (q->>'required')::boolean as required, case
	           when :'told'::jsonb ? (q->>'name') then :'told'::jsonb->(q->>'name')
	           when q->'schema' ? 'enum' then q->'schema'->'enum'->0
	           when q->'schema'->>'type' = 'boolean' then 'true'
	           when q->'schema'->>'type' = 'integer' then '1'
	           when q->'schema'->>'format' = 'date-time' then to_jsonb(now() - interval '1 hour')
	           else to_jsonb('check'::text) end as value
	  from op, jsonb_array_elements(op.parameters) as q
	 where q->>'in' = 'query'),
plain as (
	select op.op, coalesce((
	           select jsonb_object_agg(m[1], :'told'::jsonb->(case m[1] when 'id' then split_part(op.path, '/', 4) else m[1] end))
	             from regexp_matches(op.path, '\{(\w+)\}', 'g') as m), '{}')
	       || coalesce((select jsonb_object_agg(f.name, f.value) from filter f where f.op = op.op and f.required), '{}') as p
	  from op)
select l.op, 'alone' as by, l.p from plain l
 union all
select f.op, 'by ' || f.name, l.p || jsonb_build_object(f.name, f.value) from filter f join plain l using (op) where f.required is not true;

-- What this transaction has read so far: rows of sequential scans, and entries of indexes.
create function pg_temp.rows_read() returns table (rel regclass, n bigint) language sql as $$
	select coalesce(i.indrelid, c.oid)::regclass, sum(pg_stat_get_xact_tuples_returned(c.oid))::bigint
	  from pg_class c
	  left join pg_index i on i.indexrelid = c.oid
	 where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'i')
	 group by 1 $$;

create temporary table before (rel regclass, n bigint);
create function pg_temp.reads(p_credential text, p_op text, p jsonb, out got text, out n bigint, out most text) language plpgsql as $$
begin
	truncate before;
	insert into before select * from pg_temp.rows_read();
	if p_credential is null then
		execute p_op;
	else
		perform t.enter(p_credential);
		got := t.refusal(p_op, p);
	end if;
	select sum(r.n - b.n), string_agg(format('%s %s', r.rel, r.n - b.n), ', ' order by r.n - b.n desc) filter (where r.n - b.n > 100)
	  into n, most
	  from pg_temp.rows_read() r
	  join before b using (rel);
end $$;

-- The plans are made now, for any parameters, and all are kept.
set local plan_cache_mode = force_generic_plan;
select count(*) as asked from asked a, pg_temp.reads(:'ada'::jsonb->>'secret', a.op, a.p) \gset

-- What a worker asks about one run or workspace.
set local enable_seqscan = default;
select pg_temp.set_up('mr_worker') as set \gset
create temporary table worked as
select format('select count(*) from work.' || x.call, :'ws', x.a, x.b) as call
  from (select :'told'::jsonb->>'runs' as run, :'told'::jsonb->>'connections' as connection, (
		select v.id::text from app.version v where v.workflow_id = :'workflow') as version) i,
	lateral (values
	('version_load(%L, %L)', i.version, null),
	('run_load(%L, %L)', i.run, null),
	('delivery_answer(%L, %L)', i.run, null),
	('connection_check(%L, %L, array[%L], ''{bearer}'')', i.version, i.connection),
	('connection_open(%L, %L, %L)', i.version, i.connection)) as x (call, a, b);
select count(*) as asked from worked w, pg_temp.reads(null, w.call, null) \gset

select cmp_ok(min(g.n), '>', :others * 9 / 10::bigint, 'there are many others, in every table')
  from made m, lateral (select pg_temp.grow(m.rel, m.row, :others, '{}') as n) g;
select ok(r.got = 'none' and r.n < :others / 4, format('%s %s reads what is its own: %s rows (%s), %s', a.op, a.by, r.n, r.most, r.got))
  from asked a, pg_temp.reads(:'ada'::jsonb->>'secret', a.op, a.p) r;
select ok(r.n < :others / 4, format('%s reads what is its own: %s rows (%s)', w.call, r.n, r.most))
  from worked w, pg_temp.reads(null, w.call, null) r;
select cmp_ok(count(distinct a.op), '>', 40::bigint, 'these are the lists and looks of the contract') from asked a;
select * from finish();
rollback;
