-- data_map: what each table holds, of whom, for how long, and what becomes of it. The one list that exports and erasures go
-- by and docs/data-map.md is printed from (`make data-map`). A new table adds its row; tests/sql/data.sql compares it with the catalog.
set local role mr_owner;

-- app.data_map() -> a row a table (a partitioned one is one).
--   personal: columns that tell something of a person, space-separated. person: the column that holds the person's id;
--     what it finds is in that person's own export (`entry`: details of the audit entries of the person).
--   secret: columns no export shows. export: whether a workspace's export holds the table; no: `why` says why not.
create or replace function app.data_map()
returns table (rel text, personal text, person text, secret text, export boolean, why text, purpose text, retention text, erasure text)
language sql immutable
begin atomic
	select v.*
	  from (values
		('workspace',       '',                                    'created_by', '',              true,  '', 'the team, its name and settings', 'until it is deleted', 'with the workspace'),
		('member',          'user_id',                             'user_id',    '',              true,  '', 'who belongs to the workspace, and as what', 'until the person leaves', 'with the workspace; with the person'),
		('role',            'created_by',                          'created_by', '',              true,  '', 'roles that the workspace made of permissions', 'until they are removed', 'with the workspace'),
		('invitation',      'email email_key invited_by accepted_by', 'invited_by', 'token_hash', true,  '', 'who was asked into the workspace', 'until the workspace is erased', 'with the workspace; with the person'),
		('share',           'user_id created_by',                  'user_id',    '',              true,  '', 'who sees what is private', 'until it is taken back, or the person leaves', 'with the workspace; with the person'),
		('share_workspace', 'created_by',                          'created_by', '',              true,  '', 'which other workspaces may use a connection', 'until it is taken back', 'with the workspace, or the other one'),
		('old_slug',        '',                                    '',           '',              true,  '', 'slugs that lead to the workspace as before', 'until the workspace is erased', 'with the workspace'),
		('token',           'created_by addresses used_address',   'created_by', 'token_hash',    true,  '', 'access for programs', 'until the workspace is erased', 'with the workspace; ended with the person'),
		('idempotency',     '',                                    '',           '',              false, 'copies of answers', 'a repeated request gets its first answer', '24 hours', 'with the workspace'),
		('key',             'created_by',                          'created_by', '',              true,  '', 'keys of the workspace, without their material', 'until the workspace is erased', 'with the workspace'),
		('key_version',     '',                                    '',           '',              false, 'key material, wrapped by the master key', 'what secrets are sealed under', 'until the workspace is erased', 'with the workspace; what it sealed is unreadable then, in backups too'),
		('connection',      'config created_by',                   'created_by', 'sealed',        true,  '', 'credentials for other services', 'until it is deleted', 'with the workspace'),
		('connection_test', '',                                    '',           '',              false, 'the last outcome stands in the connection', 'tries of connections', '1 day', 'with the workspace'),
		('workflow',        'created_by',                          'created_by', '',              true,  '', 'the automations', 'until the workspace is erased', 'with the workspace'),
		('version',         'created_by',                          'created_by', '',              true,  '', 'each state of a definition', 'until the workspace is erased', 'with the workspace'),
		('replay',          'created_by',                          'created_by', '',              true,  '', 'versions that were tried over recorded runs', '30 days, or run_days of the workspace', 'with the workspace'),
		('replay_run',      'differences',                         '',           '',              true,  '', 'what would have been different', 'as its replay', 'with the workspace'),
		('trigger',         '',                                    '',           'token',         true,  '', 'how runs start', 'with the workflow', 'with the workspace'),
		('trigger_secret',  '',                                    '',           'sealed',        true,  '', 'what senders of webhooks prove to know', 'until a newer one has taken its place', 'with the workspace'),
		('schedule_due',    '',                                    '',           '',              false, 'worked out from the rule of the trigger', 'the next times of a schedule', 'until they fire', 'with the workspace'),
		('run',             'user_id input output response variables', 'user_id', '',             true,  '', 'what ran, with input and result', '30 days, or run_days of the workspace', 'with the workspace'),
		('run_outcome',     '',                                    '',           '',              true,  '', 'why runs failed', '30 days, or run_days of the workspace', 'with the workspace'),
		('run_queue',       '',                                    '',           '',              false, 'the queue of the moment', 'what is to run next', 'until it ran', 'with the workspace'),
		('timer',           '',                                    '',           '',              false, 'the queue of the moment', 'what waits for a time', 'until it is due', 'with the workspace'),
		('run_pause',       '',                                    '',           '',              false, 'the queue of the moment', 'which runs are paused', 'until they go on', 'with the workspace'),
		('wait',            'answer',                              '',           '',              true,  '', 'what steps waited for, and what came', '30 days, or run_days of the workspace', 'with the workspace'),
		('step',            'output error',                        '',           '',              true,  '', 'what each step of a run gave', '30 days, or run_days of the workspace', 'with the workspace'),
		('log',             'message data',                        '',           '',              true,  '', 'lines that runs wrote', '14 days, or log_days of the workspace', 'with the workspace'),
		('delivery',        'headers query body address',          '',           '',              true,  '', 'webhooks as they came', '30 days, or delivery_days of the workspace', 'with the workspace'),
		('delivery_key',    '',                                    '',           '',              false, 'keys that tell a repeat', 'a webhook that comes twice starts one run', '24 hours', 'with the workspace'),
		('mail',            'mail_to body',                        '',           'body',          false, 'mail that was sent; it may hold links that sign in', 'mail to people', 'its text until it is sent, the rest 30 days', 'with the workspace'),
		('audit',           'actor_id via_id',                     'actor_id',   '',              true,  '', 'who did what, by ids', 'for ever, or audit_days of the workspace', 'with the workspace; of a person the id alone stays'),
		('audit_detail',    'who what',                            'entry',         '',              true,  '', 'from where, old and new', 'as its entry', 'with the workspace; with the person'),
		('audit_open',      '',                                    '',           '',              false, 'entries of the last second', 'entries to be chained', 'a second', 'with the workspace'),
		('audit_link',      '',                                    '',           '',              true,  '', 'the chain that shows a change of the log', 'as its entry', 'with the workspace'),
		('audit_head',      '',                                    '',           '',              true,  '', 'the two ends of the chain', 'until the workspace is erased', 'with the workspace'),
		('audit_proof',     'created_by',                          'created_by', '',              true,  '', 'results of checks of the log', 'until the workspace is erased', 'with the workspace'),
		('audit_sink',      'url',                                 '',           '',              true,  '', 'where entries are sent', 'until it is removed', 'with the workspace'),
		('retention',       '',                                    '',           '',              true,  '', 'how long data is kept', 'until the workspace is erased', 'with the workspace'),
		('outgoing',        '',                                    '',           'proxy_sealed',  true,  '', 'where calls may go, and through which proxy', 'until the workspace is erased', 'with the workspace'),
		('user_account',    'email email_key email_verified_at name preferences last_workspace_id password_hash', 'id', 'password_hash', false, 'a person''s, not the workspace''s', 'people and how they sign in', 'until the account is deleted', 'overwritten with the person; the id stays'),
		('session',         'user_id address agent workspace_id',  'user_id',    'token_hash',    false, 'a person''s, not the workspace''s', 'who is signed in, and where', 'until the account is deleted', 'with the person'),
		('refresh_token',   '',                                    '',           'token_hash',    false, 'hashes of secrets', 'programs stay signed in', 'as the session', 'with the person'),
		('login_throttle',  'key',                                 '',           '',              false, 'counts failed tries before anybody is known', 'guessing passwords is slow', '1 day', 'after a day'),
		('domain',          'set_by created_by',                   'created_by', '',              true,  '', 'domains that the workspace has claimed', 'until they are removed', 'with the workspace'),
		('left_member',     'user_id',                             'user_id',    '',              true,  '', 'who left isn''t brought back by the domain of their address', 'until the workspace is erased', 'with the workspace; with the person'),
		('sso',             '',                                    '',           'client_secret', true,  '', 'how members sign in at their own provider', 'until it is removed', 'with the workspace'),
		('workspace_plan',  'set_by',                              '',           '',              true,  '', 'the plan of the workspace', 'until the workspace is erased', 'with the workspace'),
		('meter',           '',                                    '',           '',              false, 'summed up in usage_hour and usage_day within minutes', 'counts of the last minutes', 'minutes', 'with the workspace'),
		('usage_hour',      '',                                    '',           '',              true,  '', 'what was used, by hour', 'see usage', 'with the workspace'),
		('usage_day',       '',                                    '',           '',              true,  '', 'what was used, by day and workflow', 'see usage', 'with the workspace'),
		('usage_month',     '',                                    '',           '',              true,  '', 'what was used, by month', 'until the workspace is erased', 'with the workspace'),
		('usage_kept',      '',                                    '',           '',              true,  '', 'stored bytes by day', 'as the data it counts', 'with the workspace'),
		('usage_notice',    '',                                    '',           '',              true,  '', 'warnings of quotas', 'until the workspace is erased', 'with the workspace'),
		('passkey',         'user_id name',                        'user_id',    '',              false, 'a person''s, not the workspace''s', 'signing in without a password', 'until it is removed', 'with the person'),
		('identity',        'user_id subject email',               'user_id',    '',              false, 'a person''s, not the workspace''s', 'signing in at another provider', 'until it is removed', 'with the person'),
		('challenge',       'user_id',                             'user_id',    'challenge_hash', false, 'of the last minutes', 'a challenge for an authenticator', 'minutes', 'with the person'),
		('ticket',          'user_id email name',                  'user_id',    'token_hash password_hash', false, 'of the last hours', 'links in mails, and sign-ins that wait for the second factor', '24 hours at most', 'with the person'),
		('totp',            'user_id',                             'user_id',    'sealed',        false, 'a person''s, not the workspace''s', 'the authenticator app of a person', 'until it is turned off', 'with the person'),
		('recovery_code',   'user_id',                             'user_id',    'code_hash',     false, 'a person''s, not the workspace''s', 'stands for the authenticator app once', 'until it is turned off', 'with the person'),
		('oidc_state',      'user_id network',                     'user_id',    'state_hash browser_hash', false, 'of the last minutes', 'a sign-in that is under way at a provider', 'minutes', 'with the person'),
		('plan',            '',                                    '',           '',              false, 'of the installation', 'what plans there are', 'for ever', 'none: no data of anybody'),
		('meter_mark',      '',                                    '',           '',              false, 'of the installation', 'where counting goes on', 'for ever', 'none: no data of anybody'),
		('rate_bucket',     'key',                                 '',           'key',           false, 'hashes of who asked lately', 'too many requests are slowed down', 'minutes', 'after minutes'),
		('erasure',         'subject_id requested_by',             '',           '',              false, 'outlives the workspace', 'the proof that something was erased, by id alone', 'for ever', 'never: ids alone'),
		('role_permission', '',                                    '',           '',              false, 'the same for all', 'what roles may do', 'for ever', 'none: no data of anybody'),
		('context_key',     '',                                    '',           'mac',           false, 'the installation''s key', 'seals a request''s context', 'for ever', 'none: no data of anybody'),
		('vault_ticket_key', '',                                   '',           'key',           false, 'the installation''s key', 'tells the vault that somebody may use a key', 'for ever', 'none: no data of anybody'),
		('mail_setup',      '',                                    '',           '',              false, 'of the installation', 'whether mail can be sent', 'for ever', 'none: no data of anybody'),
		('transition',      '',                                    '',           '',              false, 'the same for all', 'which moves of a status are allowed', 'for ever', 'none: no data of anybody'),
		('queue_mark',      '',                                    '',           '',              false, 'of the installation', 'where the queue begins', 'for ever', 'none: no data of anybody'),
		('worker',          '',                                    '',           '',              false, 'of the installation', 'workers that live', 'while they live', 'none: no data of anybody')
	  ) as v (rel, personal, person, secret, export, why, purpose, retention, erasure);
end;
revoke all on function app.data_map() from public;
grant execute on function app.data_map() to mr_api;
