-- rate: the token buckets that all web processes lease from (src/web/bucket.h), in one statement for many.
set local role mr_owner;

-- app.rate_lease(keys, kinds, workspaces, sizes, wants, debts) -> for each of them, in order, its size, the tokens granted and
--   those left. A size of 0 is what the workspace's plan says for the kind. A debt is paid first, and may leave the bucket
--   below nothing; a negative one is given back. A key is there once.
create or replace function app.rate_lease(
	p_key bytea[], p_kind text[], p_ws uuid[], p_size integer[], p_want integer[], p_debt integer[])
returns table (ord bigint, size integer, granted integer, tokens double precision)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
	v_size integer[];
begin
	select array_agg(case when g.size > 0 then g.size
	                 else coalesce((select (o.rates->>g.kind)::integer from app.plan_of(g.ws) o), 6000000) end order by g.ord)
	  into v_size
	  from unnest(p_kind, p_ws, p_size) with ordinality as g (kind, ws, size, ord);
	insert into app.rate_bucket (key, size, tokens)
	select g.key, g.size, g.size from unnest(p_key, v_size) as g (key, size) order by g.key
	    on conflict do nothing;
	-- In order, so that two processes don't wait for each other crosswise.
	perform from app.rate_bucket b where b.key = any (p_key) order by b.key for update;
	return query
	update app.rate_bucket b
	   set size = x.size, at = x.now, granted = least(x.want, greatest(0, floor(x.level)))::integer,
	       tokens = x.level - least(x.want, greatest(0, floor(x.level)))
	  from (
		select g.*, c.now,
		       greatest(-g.size, least(g.size, o.tokens + g.size / 60.0 * greatest(0, extract(epoch from c.now - o.at))) - g.debt) as level
		  from unnest(p_key, v_size, p_want, p_debt) with ordinality as g (key, size, want, debt, ord)
		  join app.rate_bucket o on o.key = g.key
		 cross join (select clock_timestamp() as now) c) x
	 where b.key = x.key
	returning x.ord, b.size, b.granted, b.tokens;
end
$$;
revoke all on function app.rate_lease(bytea[], text[], uuid[], integer[], integer[], integer[]) from public;
grant execute on function app.rate_lease(bytea[], text[], uuid[], integer[], integer[], integer[]) to mr_api;

-- app.queue_pressure() -> the number of the next transaction, and of the one that made the first ready run ready (0: none).
create or replace function app.queue_pressure(out xid bigint, out head_xid bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
begin
	xid := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
	select q.ready_xid::text::bigint into head_xid
	  from app.run_queue q
	 where q.ready_xid >= (select m.low from app.queue_mark m) and q.lease_owner = 0
	 order by q.ready_xid
	 limit 1;
	head_xid := coalesce(head_xid, 0);
end
$$;
revoke all on function app.queue_pressure() from public;
grant execute on function app.queue_pressure() to mr_api;
