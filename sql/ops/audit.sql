-- audit: what pg_cron does for the audit log, as mr_ops.
set local role mr_keep;

-- ops.audit_chain() -> the number of entries that were chained. Each minute; workers do it each second.
create or replace function ops.audit_chain()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.audit_chain(20000);
end
$$;
revoke all on function ops.audit_chain() from public;
grant execute on function ops.audit_chain() to mr_ops;

-- ops.audit_heads() -> the number of chains whose head went to the server's log. Daily.
create or replace function ops.audit_heads()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.audit_heads();
end
$$;
revoke all on function ops.audit_heads() from public;
grant execute on function ops.audit_heads() to mr_ops;
