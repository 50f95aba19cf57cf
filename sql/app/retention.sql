-- retention: what a workspace keeps for less time than the installation does. Partitions are shared by all tenants, so its
-- rows are deleted, a few thousand at a time.
set local role mr_owner;

-- app.retention_json(settings) -> as the API shows them, with what the installation keeps at most.
create or replace function app.retention_json(p app.retention)
returns jsonb
language sql stable
return jsonb_build_object(
	'run_days', p.run_days, 'log_days', p.log_days, 'delivery_days', p.delivery_days, 'audit_days', p.audit_days,
	'most', jsonb_build_object('run_days', 30, 'log_days', 14, 'delivery_days', 30), 'etag', coalesce(p.etag, 0));
revoke all on function app.retention_json(app.retention) from public;
grant execute on function app.retention_json(app.retention) to mr_api;

-- app.retention_apply(workspace, most) -> the number of rows removed: at most `most` runs with all that belongs to them, and as many
--   lines, deliveries and audit entries. Runs that aren't over are left alone.
create or replace function app.retention_apply(p_workspace uuid, p_most integer)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v      app.retention;
	v_runs uuid[];
	v_all  bigint := 0;
	v_n    bigint;
begin
	perform app.context_seal(p_workspace, null, null, null, 'system', ',');
	select * into v from app.retention r where r.workspace_id = p_workspace;
	if v.run_days is not null then
		v_runs := array(
			select r.id from app.run r
			 where r.workspace_id = p_workspace and r.id < app.uuid7_floor(now() - make_interval(days => v.run_days)) and r.completed_at is not null
			 order by r.id limit p_most);
		delete from app.step s where s.workspace_id = p_workspace and s.run_id = any (v_runs);
		get diagnostics v_n = row_count;
		v_all := v_all + v_n;
		delete from app.log l where l.workspace_id = p_workspace and l.run_id = any (v_runs);
		delete from app.replay x where x.workspace_id = p_workspace and x.created_at < now() - make_interval(days => v.run_days);
		delete from app.run_outcome o where o.workspace_id = p_workspace and o.run_id = any (v_runs);
		delete from app.wait w where w.workspace_id = p_workspace and w.run_id = any (v_runs);
		delete from app.run r where r.workspace_id = p_workspace and r.id = any (v_runs);
		get diagnostics v_n = row_count;
		v_all := v_all + v_n;
	end if;
	if v.log_days is not null then
		delete from app.log l
		 where l.workspace_id = p_workspace and (l.run_id, l.id) in (
			select k.run_id, k.id from app.log k
			 where k.workspace_id = p_workspace and k.run_id < app.uuid7_floor(now() - make_interval(days => v.log_days))
			 limit p_most);
		get diagnostics v_n = row_count;
		v_all := v_all + v_n;
	end if;
	if v.delivery_days is not null then
		delete from app.delivery d
		 where d.workspace_id = p_workspace and d.id in (
			select k.id from app.delivery k
			 where k.workspace_id = p_workspace and k.id < app.uuid7_floor(now() - make_interval(days => v.delivery_days))
			 limit p_most);
		get diagnostics v_n = row_count;
		v_all := v_all + v_n;
	end if;
	perform set_config('app.ctx', '', true);
	if v.audit_days is not null then
		v_all := v_all + app.audit_expire(p_workspace, now() - make_interval(days => v.audit_days), p_most);
	end if;
	return v_all;
end
$$;
revoke all on function app.retention_apply(uuid, integer) from public;
grant execute on function app.retention_apply(uuid, integer) to mr_keep;
