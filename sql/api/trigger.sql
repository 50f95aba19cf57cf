-- trigger: how runs of a workflow start. Activation makes a row for each trigger node; these look at and change the rows.
set local role mr_api;

-- api.trigger_list({id, limit?, cursor?}) -> the triggers of a workflow in the order in which they were made.
--   Needs workflow:read. Raises MR404.
create or replace function api.trigger_list(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow app.workflow;
	v_limit    integer;
	v_after    uuid;
	v_rows     jsonb;
begin
	perform app.need('workflow:read');
	v_workflow := app.workflow_find(p->>'id');
	v_limit := app.limit_read(p);
	v_after := app.cursor_read('trigger_list', p->>'cursor')->>0;
	select coalesce(jsonb_agg(app.trigger_json(t) order by t.id), '[]')
	  into v_rows
	  from (
		select * from app.trigger t
		 where t.workflow_id = v_workflow.id and (v_after is null or t.id > v_after)
		 order by t.id
		 limit v_limit + 1) t;
	return app.page('trigger_list', v_rows, v_limit, '{id}');
end
$$;
revoke all on function api.trigger_list(jsonb) from public;
grant execute on function api.trigger_list(jsonb) to mr_web;

-- api.trigger_get({id, trigger_id}) -> a trigger of that workflow. Needs workflow:read. Raises MR404.
create or replace function api.trigger_get(p jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need('workflow:read');
	return app.trigger_json(app.trigger_find((app.workflow_find(p->>'id')).id, p->>'trigger_id'));
end
$$;
revoke all on function api.trigger_get(jsonb) from public;
grant execute on function api.trigger_get(jsonb) to mr_web;

-- api.trigger_create({id, type, node_id?, config?, is_enabled?, due?}) -> the trigger of a trigger node of the newest
--   version, ahead of activation; armed when that node is live. Without node_id: the first node of the type that has
--   none. Needs workflow:write. Raises MR404, MR400 on node_id, MR409 the node has its trigger, or on path.
create or replace function api.trigger_create(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow app.workflow;
	v_node     jsonb;
	v          app.trigger;
begin
	perform app.need('workflow:write');
	v_workflow := app.workflow_lock(p->>'id');
	select d.n into v_node
	  from app.version x, jsonb_array_elements(x.definition::jsonb->'nodes') with ordinality as d (n, ord)
	 where x.workflow_id = v_workflow.id and x.number = v_workflow.draft_version and d.n->>'type' = p->>'type'
	   and case when p->>'node_id' is not null then d.n->>'id' = p->>'node_id'
	       else not exists (select from app.trigger t where t.workflow_id = v_workflow.id and t.node_id = d.n->>'id') end
	 order by d.ord
	 limit 1;
	if v_node is null then
		perform app.fail('MR400', format('the newest version has no %s node %s', p->>'type',
		    coalesce('`' || (p->>'node_id') || '`', 'without a trigger')), 'node_id');
	elsif exists (select from app.trigger t where t.workflow_id = v_workflow.id and t.node_id = v_node->>'id') then
		perform app.fail('MR409', 'this node has its trigger already', 'node_id');
	end if;
	v.workspace_id := v_workflow.workspace_id;
	v.id := app.uuid7();
	v.workflow_id := v_workflow.id;
	v.node_id := v_node->>'id';
	v.is_enabled := coalesce((p->>'is_enabled')::boolean, true);
	v.is_active := false;
	v.priority := 0;
	v.answer_timeout_ms := 30000;
	v.timezone := 'UTC';
	v.missed := 'skip';
	v := app.trigger_fill(v, p->>'type', coalesce(p->'config', v_node->'config', '{}'));
	v := app.trigger_store(app.trigger_at_live(v, v_workflow), p->'due');
	return app.trigger_json(v);
end
$$;
revoke all on function api.trigger_create(jsonb) from public;
grant execute on function api.trigger_create(jsonb) to mr_web;

-- api.trigger_update({id, trigger_id, config?, is_enabled?, due?, if_match?}) -> the trigger, in force at once.
--   Needs workflow:write. Raises MR404, MR400 on config, MR409 on path, MR412.
create or replace function api.trigger_update(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_workflow app.workflow;
	v          app.trigger;
begin
	perform app.need('workflow:write');
	v_workflow := app.workflow_lock(p->>'id');
	v := app.trigger_find(v_workflow.id, p->>'trigger_id');
	perform app.match_check(p, v.etag);
	v.is_enabled := coalesce((p->>'is_enabled')::boolean, v.is_enabled);
	v := app.trigger_fill(v, v.type, coalesce(p->'config', v.config));
	v := app.trigger_store(app.trigger_at_live(v, v_workflow), p->'due');
	return app.trigger_json(v);
end
$$;
revoke all on function api.trigger_update(jsonb) from public;
grant execute on function api.trigger_update(jsonb) to mr_web;

-- api.trigger_delete({id, trigger_id, if_match?}) -> null. Its address is gone for good; the next activation makes another.
--   Needs workflow:write. Raises MR404, MR412.
create or replace function api.trigger_delete(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.trigger;
begin
	perform app.need('workflow:write');
	v := app.trigger_find((app.workflow_lock(p->>'id')).id, p->>'trigger_id');
	perform app.match_check(p, v.etag);
	delete from app.trigger t where t.workspace_id = v.workspace_id and t.id = v.id;
	return null;
end
$$;
revoke all on function api.trigger_delete(jsonb) from public;
grant execute on function api.trigger_delete(jsonb) to mr_web;

-- api.trigger_seal({id}) -> what web seals a webhook's new secret for: {workspace, owner, field, version}; key: an id for the
--   workspace's key, when it has none yet. Needs workflow:write. Raises MR404.
create or replace function api.trigger_seal(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
begin
	perform app.need('workflow:write');
	select t.id into v_id from app.trigger t where t.id = app.uuid_read(p->>'id');
	if v_id is null then
		raise exception using errcode = 'MR404', message = 'no such trigger';
	end if;
	return jsonb_build_object('workspace', app.workspace_id(), 'owner', v_id, 'field', app.uuid7(), 'version', 1, 'key', app.key_missing());
end
$$;
revoke all on function api.trigger_seal(jsonb) from public;
grant execute on function api.trigger_seal(jsonb) to mr_web;

-- api.trigger_rotate({id, secret_id, sealed, key?, is_pair?, overlap_s?}) -> {trigger_id, scheme, created_at, previous_until}: the
--   webhook's secret from now on, sealed to the vault; the one before holds for overlap_s (a day) more. `secret_id` is what it
--   was sealed for, `key` {id, kek, wrapped} a key for the workspace if it still has none. Needs workflow:write.
--   Raises MR404, MR409 the trigger asks for no proof, MR400 it asks for user:password and the secret is no such pair.
create or replace function api.trigger_rotate(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v         app.trigger;
	v_overlap interval := make_interval(secs => coalesce((p->>'overlap_s')::integer, 86400));
	v_until   timestamptz;
begin
	perform app.need('workflow:write');
	select * into v from app.trigger t where t.id = app.uuid_read(p->>'id') for update;
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such trigger';
	elsif v.scheme = 'none' then
		perform app.fail('MR409', 'this trigger asks its senders for no proof: choose its authentication and activate first', 'scheme');
	elsif v.scheme = 'basic' and not coalesce((p->>'is_pair')::boolean, false) then
		perform app.fail('MR400', 'senders give a user and a password: the secret must be `user:password`', 'secret');
	end if;
	perform app.key_first(p->'key');
	-- Two are live at most: a third would be a secret that nobody remembers.
	delete from app.trigger_secret s
	 where s.workspace_id = v.workspace_id and s.trigger_id = v.id and s.expires_at is not null;
	update app.trigger_secret s
	   set expires_at = now() + v_overlap
	 where s.workspace_id = v.workspace_id and s.trigger_id = v.id and s.expires_at is null
	returning s.expires_at into v_until;
	insert into app.trigger_secret (workspace_id, trigger_id, id, sealed)
	values (v.workspace_id, v.id, (p->>'secret_id')::uuid, decode(p->>'sealed', 'base64'));
	update app.trigger t
	   set etag = t.etag + 1, updated_at = now()
	 where t.workspace_id = v.workspace_id and t.id = v.id;
	return jsonb_build_object('trigger_id', v.id, 'scheme', v.scheme, 'created_at', app.ts(now()), 'previous_until', app.ts(v_until));
end
$$;
revoke all on function api.trigger_rotate(jsonb) from public;
grant execute on function api.trigger_rotate(jsonb) to mr_web;
