-- policy: who may touch which table, and which rows. Re-made whole at each load.
--
-- Every table has RLS enabled and forced, so that its owner is bound too. The kinds of policy:
--   tenant  mr_api sees the entered workspace only; nothing when nothing was entered. mr_owner, too: it enters a
--           workspace to erase it
--   engine  mr_work sees all tenants: the queue is one, and a worker serves everybody
--   keep    mr_keep sees all tenants: retention, roll-ups
--   door    mr_owner reads what decides who somebody is (app.* functions), before a workspace is entered
--   private (restrictive) of what mr_api sees in the workspace, not what is private to others
-- A partition gets its policies from app.partition_make, since a policy of the parent doesn't bind the child itself.
set local role mr_owner;

do $$
declare
	v_row    record;
	v_tenant constant text := 'workspace_id = (select app.workspace_id())';
	v_policy record;
begin
	for v_policy in
		select p.polname, c.oid::regclass as rel
		  from pg_catalog.pg_policy p
		  join pg_catalog.pg_class c on c.oid = p.polrelid
		 where c.relnamespace = 'app'::regnamespace and not c.relispartition
		   and c.relname <> 'migration'  -- the migration runner's own
	loop
		execute format('drop policy %I on %s', v_policy.polname, v_policy.rel);
	end loop;
	for v_row in
		select * from (values
			-- table,           for mr_api (tenant),               for mr_work (engine),              for mr_keep,       for mr_owner
			('member',          'select, insert, update, delete',  null,                              null,              'all'),
			('sso',             'select, insert, update, delete',  null,                              null,              'all'),
			('domain',          'select, insert, update, delete',  'select, update',                  null,              'all'),
			('left_member',     'select',                          null,                              null,              'all'),
			('role',            'select, insert, update, delete',  null,                              null,              'all'),
			('invitation',      'select, insert, update, delete',  null,                              null,              'all'),
			('share',           'select, insert, update, delete',  'select',                          null,              'all'),
			('share_workspace', 'select, delete',                  'select',                          null,              'all'),
			('old_slug',        'select',                          'select',                          null,              'all'),
			('token',           'select, insert, update',          null,                              null,              'all'),
			('idempotency',     'select, insert, update',          null,                              'select, delete',  null),
			('workflow',        'select, insert, update',          'select',                          null,              'all'),
			('version',         'select, insert, update',          'select',                          null,              null),
			('replay',          'select, insert, delete',          'select, update',                  'select, delete',  null),
			('replay_run',      'select, insert',                  'select, update',                  null,              null),
			('trigger',         'select, insert, update, delete',  'select, update',                  null,              'all'),
			('trigger_secret',  'select, insert, update, delete',  'select',                          'select, update',  null),
			('schedule_due',    'select, insert, delete',          'select, insert, update, delete',  null,              null),
			('run',             'select, insert, update',          'select, insert, update',          'select, delete',  null),
			('run_outcome',     'select, insert, update',          'select, insert',                  'select, delete',  null),
			('run_queue',       'select, insert, update, delete',  'select, insert, update, delete',  'select',          'all'),
			('run_pause',       'select, insert, update, delete',  'select, insert, update, delete',  null,              'all'),
			('timer',           'select, update, delete',          'select, insert, update, delete',  null,              'all'),
			('wait',            'select, update',                  'select, insert, update',          'select, delete',  'all'),
			('step',            'select, insert',                  'select, insert, update',          null,              null),
			('log',             'select',                          'insert',                          null,              null),
			('delivery',        'select',                          'select, insert',                  null,              null),
			('delivery_key',    'select',                          'select, insert, update',          'select, delete',  null),
			('audit',           'select',                          null,                              null,              'all'),
			('audit_detail',    'select',                          null,                              null,              'all'),
			('audit_open',      'select',                          null,                              null,              'all'),
			('audit_link',      'select',                          null,                              null,              'all'),
			('audit_head',      'select',                          null,                              null,              'all'),
			('workspace_plan',  'select',                          'select',                          'select',          'all'),
			('meter',           'select, insert',                  'select, insert',                  'select, delete',  'all'),
			('usage_hour',      'select',                          null,                              'select, insert, update, delete', 'all'),
			('usage_day',       'select',                          null,                              'select, insert, update, delete', 'all'),
			('usage_month',     'select',                          'select',                          'select, insert, update, delete', 'all'),
			('usage_kept',      'select',                          'select',                          'select, insert, update, delete', 'all'),
			('usage_notice',    'select',                          null,                              'select, insert, update, delete', 'all'),
			('audit_proof',     'select, insert',                  null,                              null,              'all'),
			('audit_sink',      'select, insert, update, delete',  null,                              null,              'all'),
			('outgoing',        'select, insert, update',          'select, update',                  'select, update',  null),
			('retention',       'select, insert, update',          null,                              'select',          null),
			('key',             'select, insert, update',          'select',                          'select, update',  'all'),
			('key_version',     'select, insert',                  'select',                          'select, insert, update', 'all'),
			('connection',      'select, insert, update, delete',  'select, update',                  'select, update',  'all'),
			('connection_test', 'select, insert',                  'select, update',                  'select, insert, delete', 'all')
		) as t (rel, api, work, keep, door)
	loop
		execute format('alter table app.%I enable row level security', v_row.rel);
		execute format('alter table app.%I force row level security', v_row.rel);
		execute format('revoke all on app.%I from mr_api, mr_work, mr_keep', v_row.rel);
		execute format('create policy tenant on app.%I to mr_api, mr_owner using (%s) with check (%s)',
		    v_row.rel, v_tenant, v_tenant);
		execute format('grant %s on app.%I to mr_api', v_row.api, v_row.rel);
		if v_row.work is not null then
			execute format('create policy engine on app.%I to mr_work using (true) with check (true)', v_row.rel);
			execute format('grant %s on app.%I to mr_work', v_row.work, v_row.rel);
		end if;
		if v_row.keep is not null then
			execute format('create policy keep on app.%I to mr_keep using (true) with check (true)', v_row.rel);
			execute format('grant %s on app.%I to mr_keep', v_row.keep, v_row.rel);
		end if;
		if v_row.door is not null then
			execute format('create policy door on app.%I to mr_owner using (true) with check (true)', v_row.rel);
		end if;
	end loop;

	-- Tables without a workspace. mr_api reaches people and sessions through app.* functions only.
	for v_row in
		select * from (values
			('user_account',    null,      null,                              null),
			('erasure',         null,      null,                              null),
			('session',         null,      null,                              null),
			('refresh_token',   null,      null,                              null),
			('passkey',         null,      null,                              null),
			('challenge',       null,      null,                              null),
			('identity',        null,      null,                              null),
			('oidc_state',      null,      null,                              null),
			('login_throttle',  null,      null,                              'select, delete'),
			('role_permission', 'select',  null,                              null),
			('context_key',     null,      null,                              null),
			('vault_ticket_key', null,     null,                              null),
			('workspace',       null,      'select',                          null),
			('queue_mark',      'select',  'select, update',                  null),
			('transition',      'select',  null,                              null),
			('worker',          'select',  'select, insert, update, delete',  'select'),
			('mail',            null,      'select, update',                  'select, delete'),
			('mail_setup',      null,      'select, update',                  null),
			('plan',            'select',  'select',                          'select'),
			('meter_mark',      'select',  'select',                          'select, update'),
			('rate_bucket',     null,      null,                              'select, delete'),
			('ticket',          null,      null,                              'select, delete'),
			('totp',            null,      null,                              'select, update'),
			('recovery_code',   null,      null,                              null)
		) as t (rel, api, work, keep)
	loop
		execute format('alter table app.%I enable row level security', v_row.rel);
		execute format('alter table app.%I force row level security', v_row.rel);
		execute format('revoke all on app.%I from mr_api, mr_work, mr_keep', v_row.rel);
		execute format('create policy door on app.%I to mr_owner using (true) with check (true)', v_row.rel);
		if v_row.api is not null then
			execute format('create policy read on app.%I for select to mr_api using (true)', v_row.rel);
			execute format('grant %s on app.%I to mr_api', v_row.api, v_row.rel);
		end if;
		if v_row.work is not null then
			execute format('create policy engine on app.%I to mr_work using (true) with check (true)', v_row.rel);
			execute format('grant %s on app.%I to mr_work', v_row.work, v_row.rel);
		end if;
		if v_row.keep is not null then
			execute format('create policy keep on app.%I to mr_keep using (true) with check (true)', v_row.rel);
			execute format('grant %s on app.%I to mr_keep', v_row.keep, v_row.rel);
		end if;
	end loop;
end
$$;

-- Private things are seen by their maker and by those whom they are shared with (share.sql). The sub-selects run once a
-- statement, and those of the first two only when a private row is met.
create policy private on app.workflow as restrictive to mr_api
	using (visibility = 'workspace' or created_by = (select app.user_id())
	       or id = any ((select app.shared('workflow'))::uuid[]) or (select app.sees_private()))
	with check (visibility = 'workspace' or created_by = (select app.user_id())
	       or id = any ((select app.shared('workflow'))::uuid[]) or (select app.sees_private()));
create policy private on app.connection as restrictive to mr_api
	using (visibility = 'workspace' or created_by = (select app.user_id())
	       or id = any ((select app.shared('connection'))::uuid[]) or (select app.sees_private()))
	with check (visibility = 'workspace' or created_by = (select app.user_id())
	       or id = any ((select app.shared('connection'))::uuid[]) or (select app.sees_private()));
create policy private on app.run as restrictive to mr_api
	using      (workflow_id <> all ((select app.hidden_workflows())::uuid[]))
	with check (workflow_id <> all ((select app.hidden_workflows())::uuid[]));
create policy private on app.replay as restrictive to mr_api
	using      (workflow_id <> all ((select app.hidden_workflows())::uuid[]))
	with check (workflow_id <> all ((select app.hidden_workflows())::uuid[]));

-- A workspace is its own tenant: its id stands where other tables have workspace_id.
create policy tenant on app.workspace to mr_api
	using      (id = (select app.workspace_id()))
	with check (id = (select app.workspace_id()));
grant select, update on app.workspace to mr_api;
grant usage on sequence app.worker_id_seq to mr_work;
grant execute on function app.uuid7() to mr_api, mr_work, mr_keep;
