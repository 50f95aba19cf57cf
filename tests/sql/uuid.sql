-- uuid: ids that the database makes.
begin;
set search_path = tap, pg_catalog;
select no_plan();

-- Waits for the next microsecond, the finest that the clock tells, before each next id.
create function t.ids(p_n integer) returns uuid[] language plpgsql as $$
declare
	v_ids uuid[] := '{}';
	v_at  timestamptz;
begin
	for i in 1 .. p_n loop
		v_ids := v_ids || app.uuid7();
		v_at := clock_timestamp();
		while clock_timestamp() = v_at loop end loop;
	end loop;
	return v_ids;
end $$;
select t.ids(500) as ids \gset
select is(array(select x from unnest(:'ids'::uuid[]) x order by x), :'ids'::uuid[], 'ids sort as they were made, also within a millisecond');
select is_empty($$select 1 from generate_series(1, 100), app.uuid7() u where u::text !~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'$$,
	'they are of version 7');
select cmp_ok(app.uuid7(), '>=', app.uuid7_floor(now()), 'they are at or above the floor of when they were made');
select cmp_ok(app.uuid7(), '<', app.uuid7_floor(clock_timestamp() + interval '1 hour'), 'and below what comes later');
select * from finish();
