-- rate: what web asks for itself, once for many requests: nobody is entered, and nothing of a tenant is told.
set local role mr_api;

-- api.rate_lease(…) -> see app.rate_lease.
create or replace function api.rate_lease(
	p_key bytea[], p_kind text[], p_ws uuid[], p_size integer[], p_want integer[], p_debt integer[])
returns table (ord bigint, size integer, granted integer, tokens double precision)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query select * from app.rate_lease(p_key, p_kind, p_ws, p_size, p_want, p_debt) r order by r.ord;
end
$$;
revoke all on function api.rate_lease(bytea[], text[], uuid[], integer[], integer[], integer[]) from public;
grant execute on function api.rate_lease(bytea[], text[], uuid[], integer[], integer[], integer[]) to mr_web;

-- api.queue_pressure() -> see app.queue_pressure.
create or replace function api.queue_pressure(out xid bigint, out head_xid bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	select q.xid, q.head_xid into xid, head_xid from app.queue_pressure() q;
end
$$;
revoke all on function api.queue_pressure() from public;
grant execute on function api.queue_pressure() to mr_web;
