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

-- work.audit_verify(slice) -> the number of links checked: the next slice of a check that somebody asked for.
create or replace function work.audit_verify(p_slice integer)
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.audit_verify(p_slice);
end
$$;
revoke all on function work.audit_verify(integer) from public;
grant execute on function work.audit_verify(integer) to mr_worker;

-- work.audit_sink_take(limit) -> messages for the sinks that have something to be told, leased for a minute.
create or replace function work.audit_sink_take(p_limit integer)
returns table (workspace_id uuid, url text, id text, at bigint, body text, signature text, until_seq bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query select t.* from app.audit_sink_take(p_limit) t;
end
$$;
revoke all on function work.audit_sink_take(integer) from public;
grant execute on function work.audit_sink_take(integer) to mr_worker;

-- work.audit_sink_done(workspace, until, error): the receiver took the message; or didn't, and why.
create or replace function work.audit_sink_done(p_workspace uuid, p_until bigint, p_error text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.audit_sink_done(p_workspace, p_until, p_error);
end
$$;
revoke all on function work.audit_sink_done(uuid, bigint, text) from public;
grant execute on function work.audit_sink_done(uuid, bigint, text) to mr_worker;
