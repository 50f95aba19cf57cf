-- connection: stored credentials and keys. CONTRACT C07, C08, S04, S05, W17, X19.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');
select :'ines'::jsonb->>'workspace_id' as ws \gset

-- What is stored, and how it is shown.
select t.connection() as c \gset
select is(api.connection_get(jsonb_build_object('id', :'c')) - array['id', 'created_at', 'updated_at', 'created_by'],
	'{"name":"Orders API","etag":1,"config":{"hosts":["api.example.com"]},"status":"untested","message":null,"used_by":[],"connector":"bearer","is_active":true,"visibility":"workspace","access":"edit","owner":null,"last_verified_at":null}',
	'C07 a connection is shown without its secret, sealed or not');
select is((select count(*) from app.key_version), 1::bigint, 'S03 with the first connection the workspace gets its key');
select t.connection('Second') as c2 \gset
select is((select count(*) from app.key_version), 1::bigint, 'S03 and the others use it');
select matches(t.refusal('connection_update', jsonb_build_object('id', :'c2', 'name', 'Orders API')), '^23505', 'C07 a name is taken once');
select is(api.connection_list('{"connector":"basic"}')->'items', '[]', 'C07 the list is filtered by kind');

savepoint quota;
insert into app.workspace_plan (workspace_id, plan_id, limits) values (:'ws', 'unlimited', '{"connections":2}');
select matches(t.refusal('connection_create', '{"connector":"bearer","name":"Third"}'), '^MR42Q . the plan''s quota of connections is used up: 2 of 2', 'B04 one more than the plan allows is not stored');
rollback to quota;

-- Changing.
select is(t.refusal('connection_update', jsonb_build_object('id', :'c', 'config', '{"hosts":["evil.example"]}'::jsonb)),
	'MR400 secret | give the secret again: where it goes can''t be changed without knowing it', 'S03 nobody sends a secret elsewhere who does not know it');
select is(api.connection_update(jsonb_build_object('id', :'c', 'name', 'Renamed', 'config', '{"hosts":["api.example.com"]}'::jsonb))->>'name', 'Renamed', 'C07 the same config is no change');
select is(t.refusal('connection_update', jsonb_build_object('id', :'c', 'name', 'x', 'if_match', 1)), 'MR412 | it was changed since you read it', 'C07 a stale If-Match changes nothing');
select is(api.connection_seal(jsonb_build_object('id', :'c'))->>'version', '2', 'S03 a new secret is sealed for the next version');
select api.connection_update(jsonb_build_object('id', :'c', 'version', 2, 'sealed', encode('\x02', 'base64'), 'config', '{"hosts":["b.example.com"]}'::jsonb));
select is((select secret_version from app.connection where id = :'c'), 2::bigint, 'S03 which an older record doesn''t fit');
select is(t.refusal('connection_update', jsonb_build_object('id', :'c', 'version', 2, 'sealed', encode('\x02', 'base64'))), 'MR409 | another secret was stored meanwhile; try again', 'C07 two secrets at once: one is told');

-- In use.
select api.workflow_create(jsonb_build_object('name', 'Calls', 'definition', jsonb_set(t.definition(), '{nodes,1}',
	jsonb_build_object('id', 'http-1', 'type', 'http_request', 'name', 'Call', 'position', '{"x":0,"y":0}'::jsonb, 'config',
	jsonb_build_object('url', 'https://b.example.com/', 'connection', :'c'))))) as wf \gset
select is(api.connection_get(jsonb_build_object('id', :'c'))->'used_by'->0->>'name', 'Calls', 'C07 who uses it is shown');
select is(t.refusal('connection_delete', jsonb_build_object('id', :'c')), 'MR409 workflows.' || (:'wf'::jsonb->>'id') || ' | workflows use this connection: Calls', 'C07 one in use is not deleted');
select is_empty('select 1 from app.connection where name = ''nothing''', 'C07 nothing happened');
select api.connection_delete(jsonb_build_object('id', :'c', 'force', true));
select is(t.refusal('connection_get', jsonb_build_object('id', :'c')), 'MR404 | no such connection', 'C07 unless forced');

-- What a worker may use.
select :'wf'::jsonb->>'id' as wf_id \gset
select id as version from app.version where workflow_id = :'wf_id' \gset
select is((select problem from work.connection_check(:'ws', :'version', array[:'c'], array['bearer basic'])), 'is missing', 'X19 a connection that is gone is found out');
select is_empty(format('select * from work.connection_check(%L, %L, array[%L], array[''bearer basic''])', :'ws', :'version', :'c2'), 'X19 one that is there is fine');
select is((select problem from work.connection_check(:'ws', :'version', array[:'c2'], array['basic'])), 'is of another kind than the step takes', 'X19 but for one of another kind');
select isnt_empty(format('select * from work.connection_open(%L, %L, %L)', :'ws', :'version', :'c2'), 'S03 a worker gets what the vault opens');
select api.connection_update(jsonb_build_object('id', :'c2', 'is_active', false));
select is((select problem from work.connection_check(:'ws', :'version', array[:'c2'], array['bearer'])), 'is revoked', 'X19 or one that was revoked');
select is_empty(format('select * from work.connection_open(%L, %L, %L)', :'ws', :'version', :'c2'), 'S03 which isn''t given out');
select api.connection_update(jsonb_build_object('id', :'c2', 'is_active', true));

-- Private ones, and those whom they are shared with.
select :'ines'::jsonb->>'secret' as ines_s \gset
select api.connection_update(jsonb_build_object('id', :'c2', 'visibility', 'private'));
select t.member('otto', :'ws', 'editor') as otto \gset
select t.enter(:'otto', :'ws');
select app.user_id() as otto_id \gset
select api.workflow_create(jsonb_build_object('name', 'Otto''s', 'definition', t.definition()))->>'id' as owf \gset
select id as oversion from app.version where workflow_id = :'owf' \gset
create function t.each(p_c text, p_more jsonb default '{}') returns text language sql as $$
	select string_agg(split_part(t.refusal(o, p_more || jsonb_build_object('id', p_c)), ' ', 1), ' ' order by ord)
	  from unnest(array['connection_get', 'connection_share_list', 'connection_test', 'connection_seal', 'connection_update',
	                    'connection_share', 'connection_delete']) with ordinality x (o, ord) $$;
create function t.worker_says(p_ws text, p_version text, p_c text) returns text language sql as $$
	select coalesce((select problem from work.connection_check(p_ws::uuid, p_version::uuid, array[p_c], array['bearer'])), 'fine')
	       || (select case count(*) when 0 then ', not given out' else ', given out' end
	             from work.connection_open(p_ws::uuid, p_version::uuid, p_c::uuid)) $$;
select is(t.each(:'c2'), trim(repeat('MR404 ', 7)), 'W17 a private connection isn''t there for others, in no operation');
select is(t.refusal('connection_get', jsonb_build_object('id', :'c2')), 'MR404 | no such connection', 'W17 like an id that never was');
select is(api.connection_list('{}')->'items', '[]', 'W17 nor is it on their list');
select is(t.worker_says(:'ws', :'oversion', :'c2'), 'is private to somebody else, not given out', 'X19 and no use to others'' workflows, not even with its id');
create function t.share(p_by text, p_ws text, p_c text, p jsonb) returns text language plpgsql as $$
begin
	perform t.enter(p_by, p_ws);
	return t.refusal('connection_share', jsonb_build_object('id', p_c) || p);
end $$;
savepoint names;
select name as c2_name from app.connection where id = :'c2' \gset
select lives_ok(format('select t.connection(%L)', :'c2_name'), 'W17 nor is its name taken for others, which would tell of it');
select throws_ok(format('select t.connection(%L)', :'c2_name'), '23505', null, 'C07 which is then taken once, for all who see it');
select lives_ok(format('select t.connection(%L, %L)', :'c2_name', '{"visibility":"private"}'), 'C07 two people have each a private one of a name');
select throws_ok(format('select t.connection(%L, %L)', :'c2_name', '{"visibility":"private"}'), '23505', null, 'C07 nobody has two');
select matches(t.share(:'ines_s', :'ws', :'c2', '{"visibility":"workspace"}'), '^23505', 'C07 opened for all, its name must be free there');
rollback to names;
create function t.level(p_user text, p_level text) returns jsonb language sql as
$$ select jsonb_build_object('shares', jsonb_build_array(jsonb_build_object('user_id', p_user, 'level', p_level))) $$;
select is(t.share(:'ines_s', :'ws', :'c2', t.level(:'otto_id', 'view')), 'none', 'W17 its maker shares it');
select t.enter(:'otto', :'ws');
select is(t.each(:'c2'), 'none none MR403 MR403 MR403 MR403 MR403', 'W17 to be seen');
select is(t.refusal('connection_test', jsonb_build_object('id', :'c2')), 'MR403 | share needed: run; this private connection is shared with you to view', 'W17 which says what is missing');
select is(t.worker_says(:'ws', :'oversion', :'c2'), 'is private to somebody else, not given out', 'W17 seen is not used');
select t.share(:'ines_s', :'ws', :'c2', t.level(:'otto_id', 'run'));
select t.enter(:'otto', :'ws');
savepoint run;
select is(t.each(:'c2'), 'none none none MR403 MR403 MR403 MR403', 'W17 to be used and tested');
rollback to run;
select is(t.worker_says(:'ws', :'oversion', :'c2'), 'fine, given out', 'W17 in workflows of whom it is shared with');
select t.share(:'ines_s', :'ws', :'c2', t.level(:'otto_id', 'edit'));
select t.enter(:'otto', :'ws');
savepoint edit;
select is(t.each(:'c2'), 'none none none none none MR403 none', 'W17 to be changed; who sees it stays its maker''s to say');
select is((select count(*) from app.share) + (select count(*) from app.connection where id = :'c2'), 0::bigint, 'W17 a deleted connection takes its shares with it');
rollback to edit;
select is(t.refusal('connection_update', jsonb_build_object('id', :'c2', 'visibility', 'workspace')), 'MR403 | only who made a connection decides who sees it', 'W17 by no other way either');
select t.share(:'ines_s', :'ws', :'c2', '{"shares":[]}');
select is(t.worker_says(:'ws', :'oversion', :'c2'), 'is private to somebody else, not given out', 'W17 taken back, the next step doesn''t get it');
select is(t.share(:'ines_s', :'ws', :'c2', '{"if_match":1}'), 'MR412 | it was changed since you read it', 'W17 a stale If-Match shares nothing');
select matches(t.share(:'ines_s', :'ws', :'c2', t.level(app.uuid7()::text, 'run')), '^MR400 shares\[0\].user_id', 'W17 it is shared with members only');
select t.enter(:'otto', :'ws');
select t.connection('Otto''s', '{"visibility":"private"}') as oc \gset
select t.connection('Open') as open \gset
select is(t.share(:'ines_s', :'ws', :'oc', '{}'), 'MR404 | no such connection', 'W17 the owner of the workspace doesn''t see it either');
select is(t.share(:'ines_s', :'ws', :'open', '{"visibility":"private"}'), 'none', 'W17 who administers the workspace makes somebody''s connection private');
select is(api.connection_get(jsonb_build_object('id', :'open'))->>'access', 'edit', 'W17 and keeps it');
select t.enter(:'otto', :'ws');
select api.workspace_leave(jsonb_build_object('id', :'ws'));
select t.enter(:'ines_s', :'ws');
select is(api.connection_get(jsonb_build_object('id', :'oc'))->>'access', 'edit', 'W17 what is private to who leaves is the owners'' to edit');
select is(t.share(:'ines_s', :'ws', :'oc', '{"visibility":"workspace"}'), 'none', 'W17 and to open');

-- Another workspace: Nora's, in which Ines is a viewer. Zoe's, in which she isn't.
select t.person('nora') as nora \gset
select :'nora'::jsonb->>'secret' as nora_s, :'nora'::jsonb->>'workspace_id' as other \gset
select t.person('zoe')->>'workspace_id' as zoes \gset
insert into app.member (workspace_id, user_id, role) values (:'other', (:'ines'::jsonb->'user'->>'id')::uuid, 'viewer');
select t.enter(:'nora_s');
select api.workflow_create(jsonb_build_object('name', 'Nora''s', 'definition', t.definition()))->>'id' as nwf \gset
select id as nversion from app.version where workflow_id = :'nwf' \gset
select is(t.each(:'c2', '{"workspace_ids":[]}'), trim(repeat('MR404 ', 7)), 'W17 another workspace''s connection isn''t there');
select is(t.worker_says(:'other', :'nversion', :'c2'), 'is missing, not given out', 'W17 nor for its workflows');
create function t.lend(p_to text) returns jsonb language sql as $$ select jsonb_build_object('workspace_ids', jsonb_build_array(p_to)) $$;
select is(t.share(:'ines_s', :'ws', :'c2', t.lend(:'zoes')), 'MR404 workspace_ids[0] | no such workspace of yours', 'W17 it is lent to a workspace of one''s own');
select is(t.share(:'ines_s', :'ws', :'c2', t.lend(app.uuid7()::text)), 'MR404 workspace_ids[0] | no such workspace of yours', 'W17 another one is like an id that never was');
select is(t.share(:'ines_s', :'ws', :'c2', t.lend(:'ws')), 'MR400 workspace_ids[0] | this is its own workspace', 'W17 and not to itself');
select is(t.share(:'ines_s', :'ws', :'c2', t.lend(:'other')), 'none', 'W17 lent');
select is(api.connection_share_list(jsonb_build_object('id', :'c2'))->'workspaces'->0->>'id', :'other', 'W17 which shows');
select t.enter(:'nora_s');
select is(t.each(:'c2', '{"workspace_ids":[]}'), 'none MR403 MR403 MR403 MR403 MR403 MR403', 'W17 it is seen, not read, changed, tested or lent on');
select matches(t.refusal('connection_seal', jsonb_build_object('id', :'c2')), '^MR403 . this connection belongs to the workspace .*, which lets you use it and no more$', 'W17 which says why');
select is(api.connection_list('{"limit":1}')->'items'->0->>'id', :'c2', 'W17 it is on the list to choose from');
select is(api.connection_get(jsonb_build_object('id', :'c2')) - array['id', 'created_at', 'updated_at', 'etag', 'last_verified_at', 'name'],
	jsonb_build_object('connector', 'bearer', 'config', '{"hosts":["api.example.com"]}'::jsonb, 'status', 'untested', 'message', null, 'is_active', true,
		'visibility', 'workspace', 'created_by', null, 'access', 'run', 'used_by', '[]'::jsonb, 'owner', jsonb_build_object('id', :'ws', 'name', (select name from app.workspace where id = :'ws'))),
	'W17 with its hosts, of its config no more');
select is(t.worker_says(:'other', :'nversion', :'c2'), 'fine, given out', 'W17 and its workflows use it');
select is((select workspace_id::text from work.connection_open(:'other', :'nversion', :'c2')), :'ws', 'W17 under the key of the workspace that it belongs to');
select is_empty(format('select * from work.connection_open(%L, %L, %L)', :'zoes', :'nversion', :'c2'), 'W17 those of a third one don''t');
update app.workspace w set deleted_at = now() where w.id = :'ws';
select is(t.each(:'c2', '{"workspace_ids":[]}') || ' ' || t.worker_says(:'other', :'nversion', :'c2'), trim(repeat('MR404 ', 7)) || ' is missing, not given out', 'W17 a workspace that is deleted lends nothing');
update app.workspace w set deleted_at = null where w.id = :'ws';
select t.share(:'ines_s', :'ws', :'c2', '{"workspace_ids":[]}');
select is(t.worker_says(:'other', :'nversion', :'c2'), 'is missing, not given out', 'W17 taken back, the next step doesn''t get it');
select t.share(:'ines_s', :'ws', :'c2', t.lend(:'other'));
select api.connection_update(jsonb_build_object('id', :'c2', 'is_active', false));
select is(t.worker_says(:'other', :'nversion', :'c2'), 'is revoked, not given out', 'W17 revoked by its own workspace, it is revoked everywhere');
select api.connection_update(jsonb_build_object('id', :'c2', 'is_active', true));
-- What the workspace that borrows finds in its own log.
create function t.told(p_ws text, p_c text) returns text language sql as $$
	select string_agg(concat_ws(' ', a.action, a.actor_kind, d.who->>'address', d.what->'detail'->>'name', d.what->'detail'->>'workspace'), ', ' order by a.id)
	  from app.audit a join app.audit_detail d on d.workspace_id = a.workspace_id and d.audit_id = a.id
	 where a.workspace_id = p_ws::uuid and a.resource_id = p_c::uuid $$;
select is(t.told(:'other', :'c2'), format('connection.lend user 203.0.113.7 %1$s, connection.take_back user 203.0.113.7 %1$s, connection.lend user 203.0.113.7 %1$s',
	(select c.name || ' ' || w.name from app.connection c join app.workspace w on w.id = c.workspace_id where c.id = :'c2')), 'S15 the workspace that borrows has it in its own log');
savepoint told;
delete from app.member m where m.workspace_id = :'other' and m.user_id = (:'ines'::jsonb->'user'->>'id')::uuid;
select set_config('app.client', '{"address":"203.0.113.7","operation":"connection_delete","request_id":"r-1"}', true);
select api.connection_delete(jsonb_build_object('id', :'c2'));
select matches(t.told(:'other', :'c2'), ', connection.take_back system Second', 'S15 also when it is deleted; who is no member there is not named');
select is((select a.actor_id::text || a.request_id || a.operation from app.audit a where a.workspace_id = :'other' and a.resource_id = :'c2' and a.actor_kind = 'system'), null, 'S15 by nothing else either');
rollback to told;
select t.enter(:'ines_s', :'ws');
select api.connection_delete(jsonb_build_object('id', x)) from unnest(array[:'oc', :'open']) x;

-- Tests.
select api.connection_test(jsonb_build_object('id', :'c2'))->>'test' as test \gset
select is(api.connection_tested(jsonb_build_object('test', :'test')), null, 'C08 a test is under way');
select is((select id::text from work.connection_test_take(10)), :'test', 'C08 a worker takes it');
select is_empty('select * from work.connection_test_take(10)', 'C08 once');
select work.connection_test_done(:'ws', :'test'::uuid, false, 'the answer has status 401');
select is(api.connection_tested(jsonb_build_object('test', :'test')) - 'checked_at', '{"ok":false,"message":"the answer has status 401"}', 'C08 and tells how it went');
select is(api.connection_get(jsonb_build_object('id', :'c2'))->>'status', 'failed', 'C08 which the connection shows');
update app.connection set last_verified_at = now() - interval '2 days';
select is(ops.connection_verify(), 1::bigint, 'C08 one that nobody looked at for a day is tried again');
select is(ops.connection_verify(), 0::bigint, 'C08 once');

-- A worker writes back what the vault sealed anew, but not over what has changed.
savepoint resealed;
select work.connection_resealed(workspace_id, id, '\x00', '\x0a') from app.connection where id = :'c2';
select isnt((select sealed from app.connection where id = :'c2'), '\x0a', 'S05 a record that was changed meanwhile is not written over');
select work.connection_resealed(app.uuid7(), id, sealed, '\x0a') from app.connection where id = :'c2';
select isnt((select sealed from app.connection where id = :'c2'), '\x0a', 'S05 nor another workspace''s');
select work.connection_resealed(workspace_id, id, sealed, '\x0a') from app.connection where id = :'c2';
select is((select sealed from app.connection where id = :'c2'), '\x0a', 'S05 the one that the vault was given is');
rollback to resealed;

-- Keys.
select api.key_next('{}') as k \gset
select api.key_create(jsonb_build_object('name', 'Invoices', 'id', :'k'::jsonb->'key', 'kek', 7, 'wrapped', encode(decode(repeat('02', 65), 'hex'), 'base64'))) as key \gset
select is(:'key'::jsonb - array['id', 'created_at', 'created_by', 'versions'], '{"name":"Invoices","purpose":"data","version":1,"algorithm":"AES-256-GCM","rotated_at":null}', 'S04 a key is shown without its material');
select :'key'::jsonb->>'id' as key_id \gset
select is(api.key_rotate(jsonb_build_object('id', :'key_id', 'number', 2, 'kek', 7, 'wrapped', encode(decode(repeat('03', 65), 'hex'), 'base64')))->>'version', '2', 'S04 it is rotated');
select is(t.refusal('key_rotate', jsonb_build_object('id', :'key_id', 'number', 2, 'kek', 7, 'wrapped', 'x')), 'MR409 | the key was rotated meanwhile; try again', 'S04 once for each version');
select is(api.key_encrypt(jsonb_build_object('id', :'key_id'))->>'number', '2', 'S04 new ciphertext is of the newest version');
select is(api.key_decrypt(jsonb_build_object('id', :'key_id', 'number', 1))->>'number', '1', 'S04 old ciphertext names its own');
select matches(t.refusal('key_decrypt', jsonb_build_object('id', :'key_id', 'number', 3)), '^MR400 ciphertext', 'S04 one of no version is refused');
select is(t.refusal('key_encrypt', jsonb_build_object('id', (select id from app.key where purpose = 'connections'))), 'MR403 | the key of the connections is for the vault alone', 'S04 nobody opens connections by it');
insert into app.vault_ticket_key (key) values ('shared');
select matches(api.key_encrypt(jsonb_build_object('id', :'key_id'))->>'ticket', '^\d+\.[0-9a-f]{64}$', 'S04 the vault gets a ticket');

-- Rotation.
select is((select count(*) from ops.key_wraps(8, :'ws'::uuid, '00000000-0000-0000-0000-000000000000', 0, 100)), 3::bigint, 'S05 what another master key wraps is found');
select is((select ops.key_rewrapped(workspace_id, key_id, number, wrapped, wrapped, 8) from ops.key_wraps(8, :'ws'::uuid, '00000000-0000-0000-0000-000000000000', 0, 1)), true, 'S05 and wrapped anew');
select is((select wraps_old from ops.key_status(8)), 2::bigint, 'S05 until none is left');
select is(array[ops.key_uses(8), ops.key_uses(null) - ops.key_uses(8) - ops.key_uses(7)], array[1::bigint, 0], 'S05 and it is known which master key is needed');
select is((select ops.key_rewrapped(workspace_id, key_id, number, encode('\x00', 'base64'), wrapped, 8) from ops.key_wraps(8, :'ws'::uuid, '00000000-0000-0000-0000-000000000000', 0, 1)), false, 'S05 but not over what has changed');
select is((select ops.key_rotated(workspace_id, key_id, current + 1, encode(decode(repeat('04', 65), 'hex'), 'base64'), 8) from ops.key_list(null, '00000000-0000-0000-0000-000000000000', 9)), true, 'S05 the key of the connections gets a new version');
prepare stale(bigint) as select s.kind from ops.record_stale($1, '', '00000000-0000-0000-0000-000000000000', '', 9) s;
select is((select (s.place->'opens'->>'number')::integer from ops.record_stale(8, '', '00000000-0000-0000-0000-000000000000', '', 9) s), 1, 'S05 and its records are stale');
select is((select ops.record_resealed(s.kind, s.workspace_id, s.owner, s.field, s.sealed, encode('\x0100000002' || decode(repeat('ab', 40), 'hex'), 'base64')) from ops.record_stale(8, '', '00000000-0000-0000-0000-000000000000', '', 9) s), true, 'S05 until they are sealed anew');
select is_empty('execute stale(8)', 'S05 which ends it');
-- A webhook's secret and a person's authenticator app go along.
select api.workflow_activate(jsonb_build_object('id', t.workflow('Proven', p_config => '{"authentication":"github"}'))) as live \gset
select t.id as hook from app.trigger t where t.scheme = 'github' \gset
select api.trigger_seal(jsonb_build_object('id', :'hook')) as seal \gset
select is(:'seal'::jsonb - 'field', jsonb_build_object('workspace', :'ws', 'owner', :'hook', 'version', 1, 'key', null), 'S03 T08 a webhook''s secret is sealed for its place');
select api.trigger_rotate(jsonb_build_object('id', :'hook', 'secret_id', :'seal'::jsonb->'field', 'sealed', encode('\x0200000007' || decode(repeat('ab', 70), 'hex'), 'base64')));
insert into app.totp (user_id, sealed) select (:'ines'::jsonb->'user'->>'id')::uuid, '\x0200000007' || decode(repeat('ab', 70), 'hex');
select results_eq('execute stale(8)', array['authenticator', 'webhook'], 'S05 what is sealed to another master key is stale');
select results_eq('execute stale(7)', array['webhook'], 'S05 a person''s that is sealed to the newest one isn''t');
select is((select s.stale from ops.key_status(8) s), 2::bigint, 'S05 which counts them');
select is(ops.key_uses(7) - (select count(*) from app.key_version v where v.kek = 7), 2::bigint, 'S05 and the master key they need');
select is((select array_agg(s.place order by s.kind) from ops.record_stale(8, '', '00000000-0000-0000-0000-000000000000', '', 9) s where s.kind = 'authenticator'),
	array[jsonb_build_object('owner', :'ines'::jsonb->'user'->'id', 'field', 'totp', 'version', 1)], 'S05 a person''s place has no workspace');
select is((select count(*) from ops.record_stale(8, 'authenticator', (:'ines'::jsonb->'user'->>'id')::uuid, 'totp', 9)), 1::bigint, 'S05 they are found page by page');
select is((select array_agg(ops.record_resealed(s.kind, s.workspace_id, s.owner, s.field, encode('\x00', 'base64'), s.sealed)) from ops.record_stale(8, '', '00000000-0000-0000-0000-000000000000', '', 9) s), array[false, false], 'S05 but not over what has changed');
select is((select array_agg(ops.record_resealed(s.kind, s.workspace_id, s.owner, s.field, s.sealed, encode(case s.kind when 'webhook' then '\x0100000002'::bytea else '\x0200000008' end || decode(repeat('ab', 70), 'hex'), 'base64')))
	from ops.record_stale(8, '', '00000000-0000-0000-0000-000000000000', '', 9) s), array[true, true], 'S05 they are sealed anew');
select is_empty('execute stale(8)', 'S05 and none is left');

-- Who may.
select t.member('vera', :'ws', 'viewer') as vera \gset
select t.enter(:'vera', :'ws');
select is(t.refusal('connection_seal'), 'MR403 | permission needed: connection:write', 'C07 a viewer makes none');
select is(t.refusal('key_encrypt', jsonb_build_object('id', :'key_id')), 'MR403 | permission needed: key:use', 'S04 nor uses a key');
select is(t.refusal('key_next'), 'MR403 | permission needed: key:write', 'S04 nor makes one');

select * from finish();
rollback;
