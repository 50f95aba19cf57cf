-- data: retention by workspace, and erasure, as mr_ops.
set local role mr_keep;

-- ops.retention_workspaces() -> the number of rows removed because their workspace keeps them for less time. Each ten minutes; at most
--   2,000 runs a workspace.
create or replace function ops.retention_workspaces()
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ws  uuid;
	v_all bigint := 0;
begin
	for v_ws in select r.workspace_id from app.retention r order by r.workspace_id loop
		v_all := v_all + app.retention_apply(v_ws, 2000);
	end loop;
	return v_all;
end
$$;
revoke all on function ops.retention_workspaces() from public;
grant execute on function ops.retention_workspaces() to mr_ops;

-- ops.workspace_erase_due() -> the certificate of the workspace that was erased because its grace is over, or null. Each minute.
create or replace function ops.workspace_erase_due()
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.workspace_erase_due();
end
$$;
revoke all on function ops.workspace_erase_due() from public;
grant execute on function ops.workspace_erase_due() to mr_ops;

-- ops.workspace_erase(id) -> the certificate. For a deleted workspace before its grace is over, and again after a restore.
create or replace function ops.workspace_erase(p_id uuid)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.workspace_erase(p_id);
end
$$;
revoke all on function ops.workspace_erase(uuid) from public;
grant execute on function ops.workspace_erase(uuid) to mr_ops;

-- ops.user_erase(id) -> the erasure's id. For a person that a restore from an older backup brought back.
create or replace function ops.user_erase(p_id uuid)
returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.user_erase(p_id);
end
$$;
revoke all on function ops.user_erase(uuid) from public;
grant execute on function ops.user_erase(uuid) to mr_ops;

-- ops.erase_finish() -> the number of erasures of persons that were finished. Each minute.
create or replace function ops.erase_finish()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return app.erase_finish();
end
$$;
revoke all on function ops.erase_finish() from public;
grant execute on function ops.erase_finish() to mr_ops;
