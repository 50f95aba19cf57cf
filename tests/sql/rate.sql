-- rate: buckets that all web processes lease from. CONTRACT S12.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ines') as ines \gset
select :'ines'::jsonb->>'workspace_id' as ws \gset
create function t.lease(p_key text, p_size integer, p_want integer, p_debt integer default 0) returns text language sql as $$
	select format('%s of %s, %s left', r.granted, r.size, floor(r.tokens))
	  from api.rate_lease(array[p_key::bytea], array['address'], array[null::uuid], array[p_size], array[p_want], array[p_debt]) r $$;

select is(t.lease('a', 60, 40), '40 of 60, 20 left', 'S12 a lease is taken from the bucket');
select is(t.lease('a', 60, 40), '20 of 60, 0 left', 'S12 no more is granted than it holds');
select is(t.lease('a', 60, 40), '0 of 60, 0 left', 'S12 then nothing');
select is(t.lease('a', 60, 0, -10), '0 of 60, 10 left', 'S12 what is given back is there');
select is(t.lease('a', 60, 5, 30), '0 of 60, -20 left', 'S12 a debt is paid first, and more than there is is owed');
select is(t.lease('a', 60, 5, 300), '0 of 60, -60 left', 'S12 but not for ever: a bucket owes what it holds at most');
update app.rate_bucket set at = at - interval '90 seconds';
select is(t.lease('a', 60, 5), '5 of 60, 25 left', 'S12 it is refilled in a minute');
update app.rate_bucket set at = at + interval '1 hour';
select is(t.lease('a', 60, 5), '5 of 60, 20 left', 'S12 a clock that goes back takes nothing');
update app.rate_bucket set at = at - interval '2 hours';
select is(t.lease('a', 60, 5), '5 of 60, 55 left', 'S12 and is full then');
select is(t.lease('a', 30, 5), '5 of 30, 25 left', 'S12 a smaller size counts at once');

insert into app.workspace_plan (workspace_id, plan_id) values (:'ws', 'free');
select results_eq(format($$select r.ord, r.size, r.granted from api.rate_lease('{w,t,a}', '{workspace,token,address}', array[%1$L, %1$L, null]::uuid[], '{0,0,10}', '{1,1,1}', '{0,0,0}') r$$, :'ws'),
	$$values (1::bigint, 600, 1), (2, 300, 1), (3, 10, 1)$$, 'S12 sizes are those of the workspace''s plan, but for what the installation sets');
delete from app.workspace_plan;
select is((select r.size from api.rate_lease('{w}', '{workspace}', array[:'ws']::uuid[], '{0}', '{1}', '{0}') r), 6000000, 'S12 the plan''s change counts with the next lease');

select count(*) as buckets from app.rate_bucket \gset
update app.rate_bucket set at = clock_timestamp() - interval '119 seconds' where key = 'a';
select is(ops.rate_forget(), 0::bigint, 'S12 a bucket that may not be full yet is kept');
update app.rate_bucket set at = clock_timestamp() - interval '121 seconds' where key = 'a';
select is(ops.rate_forget(), 1::bigint, 'S12 what nobody asked for is forgotten');
select is((select count(*) from app.rate_bucket), :buckets - 1::bigint, 'S12 alone');

select t.enter(:'ines'::jsonb->>'secret');
select is(split_part(api.enter(:'ines'::jsonb->>'secret', '{}'), '|', 1), :'ws', 'S12 entering says whose request it is');
select is((select q.head_xid from api.queue_pressure() q), 0::bigint, 'nobody waits');
select api.run_create(jsonb_build_object('workflow_id', t.workflow())) \gset x
select cmp_ok((select q.head_xid from api.queue_pressure() q), '>', 0::bigint, 'the first in line is known by its transaction');

select * from finish();
rollback;
