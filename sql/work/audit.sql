-- audit: what workers do for the audit log each second.
set local role mr_work;

-- work.audit_chain(limit) -> the number of entries that were chained.
create or replace function work.audit_chain(p_limit integer)
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.audit_chain(p_limit);
end
$$;
revoke all on function work.audit_chain(integer) from public;
grant execute on function work.audit_chain(integer) to mr_worker;
