-- cron: the jobs of pg_cron, as the administrator. Re-made at each load; they run as mr_ops, who may execute ops.* only.
do $$
declare
	v_job record;
begin
	for v_job in
		select * from (values
			('millrace.schedule_fire',    '* * * * *',  'select ops.schedule_fire()'),
			('millrace.reap',             '* * * * *',  'select ops.reap()'),
			('millrace.rate_forget',      '* * * * *',  'select ops.rate_forget()'),
			('millrace.audit_chain',      '* * * * *',  'select ops.audit_chain()'),
			('millrace.audit_heads',      '0 0 * * *',  'select ops.audit_heads()'),
			('millrace.retention_own',    '*/10 * * * *', 'select ops.retention_workspaces()'),
			('millrace.workspace_erase',  '* * * * *',  'select ops.workspace_erase_due()'),
			('millrace.erase_finish',     '* * * * *',  'select ops.erase_finish()'),
			('millrace.connection_verify', '37 * * * *', 'select ops.connection_verify()'),
			('millrace.partition_upkeep', '7 * * * *',  'select ops.partition_upkeep()'),
			('millrace.retention',        '23 * * * *', 'select ops.retention()'),
			('millrace.usage_rollup',     '* * * * *',  'select ops.usage_rollup()')
		) as t (name, rule, command)
	loop
		perform cron.schedule_in_database(v_job.name, v_job.rule, v_job.command, current_database(), 'mr_ops', true);
	end loop;
	-- pg_cron keeps a row for each job's run for ever.
	perform cron.schedule_in_database('millrace.cron_history', '41 * * * *',
	    $c$delete from cron.job_run_details where end_time < now() - interval '1 day'$c$,
	    current_database(), current_user, true);
end
$$;
