-- version: what differs between two, going back to one, what it is called. CONTRACT W12, W13, Z07.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('vera') as vera \gset
select t.person('otto') as otto \gset
select t.enter(:'vera'::jsonb->>'secret');

select api.workflow_create(jsonb_build_object('name', 'Orders', 'definition', '{
	"nodes":[{"id":"in","type":"manual","name":"In","config":{},"position":{"x":0,"y":0}},
	         {"id":"keep","type":"set","name":"Keep","config":{"values":{"a":1},"mode":"add"},"position":{"x":1,"y":0}},
	         {"id":"old","type":"no_op","name":"Old","config":{}}],
	"edges":[{"from":"in","to":"keep","from_port":"main","to_port":"main"},{"from":"keep","to":"old","from_port":"main","to_port":"main"}],
	"settings":{"timeout_ms":1000},"variables":{"rate":1}}'::jsonb)) as w \gset
select :'w'::jsonb->>'id' as wf \gset
select api.workflow_update(jsonb_build_object('id', :'wf', 'definition', '{
	"nodes":[{"id":"in","type":"manual","name":"In","config":{},"position":{"x":9,"y":9}},
	         {"id":"keep","type":"set","name":"Kept","config":{"values":{"a":2},"keep":true},"position":{"x":1,"y":0}},
	         {"id":"new","type":"no_op","name":"New","config":{}}],
	"edges":[{"from":"in","to":"keep","from_port":"main","to_port":"main"},{"from":"keep","to":"new","from_port":"main","to_port":"main"}],
	"settings":{"timeout_ms":2000},"variables":{"rate":1,"more":null}}'::jsonb)) \g /dev/null

select api.version_diff(jsonb_build_object('id', :'wf', 'n', 1, 'to', 2)) as d \gset
select is(:'d'::jsonb->'nodes', '[
	{"id":"keep","name":"Kept","type":"set","change":"changed","fields":[
		{"field":"name","before":"Keep","after":"Kept"},{"field":"config.keep","after":true},{"field":"config.mode","before":"add"},
		{"field":"config.values","before":{"a":1},"after":{"a":2}}]},
	{"id":"new","name":"New","type":"no_op","change":"added","fields":[{"field":"name","after":"New"},{"field":"type","after":"no_op"}]},
	{"id":"old","name":"Old","type":"no_op","change":"removed","fields":[{"field":"name","before":"Old"},{"field":"type","before":"no_op"}]}]',
	'Z07 nodes differ by their fields; one that only moved doesn''t');
select is(:'d'::jsonb->'edges', '[
	{"from":"keep","from_port":"main","to":"new","to_port":"main","change":"added"},
	{"from":"keep","from_port":"main","to":"old","to_port":"main","change":"removed"}]', 'Z07 edges are added and removed');
select is(:'d'::jsonb->'settings', '[{"field":"timeout_ms","before":1000,"after":2000}]', 'Z07 settings before and after');
select is(:'d'::jsonb->'variables', '[{"field":"more","after":null}]', 'Z07 a variable that is null is there');
select is(api.version_diff(jsonb_build_object('id', :'wf', 'n', 2)),
	'{"from":2,"to":2,"nodes":[],"edges":[],"settings":[],"variables":[]}', 'Z07 the newest is compared with where none is named');
select is(t.refusal('version_diff', jsonb_build_object('id', :'wf', 'n', 9)), 'MR404 | no such version', 'Z07 one that isn''t there');
select is(t.refusal('version_diff', jsonb_build_object('id', :'wf', 'n', 1, 'to', 9)), 'MR404 to | no such version', 'Z07 on the other side');

-- Going back.
select api.version_rollback(jsonb_build_object('id', :'wf', 'n', 1)) as w \gset
select is(jsonb_build_array(:'w'::jsonb->'draft_version', :'w'::jsonb->'live_version'), '[3, null]', 'Z07 going back makes a new version and none live');
select is(api.version_diff(jsonb_build_object('id', :'wf', 'n', 1, 'to', 3)) - array['from', 'to'],
	'{"nodes":[],"edges":[],"settings":[],"variables":[]}', 'Z07 that says what the old one did');
select is(api.version_list(jsonb_build_object('id', :'wf'))->'items'->0->>'note', 'Back to 1', 'Z07 and says where it comes from');
select is(api.version_rollback(jsonb_build_object('id', :'wf', 'n', 1))->'draft_version', '3', 'Z07 twice is once');
select is(t.refusal('version_rollback', jsonb_build_object('id', :'wf', 'n', 9)), 'MR404 | no such version', 'Z07 not to one that isn''t there');
select is(t.refusal('version_rollback', jsonb_build_object('id', :'wf', 'n', 2, 'if_match', 1)), 'MR412 | it was changed since you read it', 'Z07 nor over another''s change');

-- What it is called when it goes live.
select api.workflow_activate(jsonb_build_object('id', :'wf', 'version', 2, 'label', '1.1.0', 'note', 'Kept')) \g /dev/null
select is((api.version_list(jsonb_build_object('id', :'wf'))->'items'->1) - array['created_at', 'created_by'],
	'{"number":2,"label":"1.1.0","note":"Kept","is_live":true}', 'W12 a version is named when it goes live');
select is(t.refusal('workflow_activate', jsonb_build_object('id', :'wf', 'version', 3, 'label', '1.1.0')),
	'MR409 label | another version has this label', 'W12 by a label that no other has');
select is(api.workflow_activate(jsonb_build_object('id', :'wf', 'version', 2, 'label', '1.1.0'))->'live_version', '2', 'W12 but its own');
reset role;
select throws_ok('update app.version set definition = ''{}''', 'MR409', 'a version never changes', 'W13 a definition never changes, whoever asks');
select throws_ok('update app.version set number = 7', 'MR409', 'a version never changes', 'W13 nor a number');

-- Another tenant.
select t.enter(:'otto'::jsonb->>'secret');
select is(t.refusal('version_diff', jsonb_build_object('id', :'wf', 'n', 1)), 'MR404 | no such workflow', 'Z07 another workspace sees no difference');
select is(t.refusal('version_rollback', jsonb_build_object('id', :'wf', 'n', 1)), 'MR404 | no such workflow', 'Z07 and goes back to nothing');
select * from finish();
rollback;
