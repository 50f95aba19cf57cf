-- export: everything of a workspace or of a person. web asks for part after part and streams them as one archive.
set local role mr_api;

-- api.workspace_export({id, cursor?}) -> {name, data, next}: a file of the archive and the cursor of the next one; null: the last.
--   What is private to members is in it. Needs workspace:admin in that workspace. Raises MR404, MR400 on cursor.
create or replace function api.workspace_export(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v jsonb;
begin
	perform app.workspace_switch(p->>'id');
	perform app.need('workspace:admin');
	if p->>'cursor' is null then
		perform app.audit_add('workspace.export', 'workspace', app.workspace_id(), null);
	end if;
	perform app.workspace_whole();
	v := app.export_part(app.cursor_read('workspace_export', p->>'cursor'), null, '');
	return v || jsonb_build_object('next', app.cursor_make('workspace_export', nullif(v->'next', 'null')));
end
$$;
revoke all on function api.workspace_export(jsonb) from public;
grant execute on function api.workspace_export(jsonb) to mr_web;

-- api.user_export({cursor?}) -> {name, data, next}: a file of the archive of what is known of the person who asks: first what belongs to
--   no workspace, then of each workspace of the person the rows that name the person. Needs a session. Raises MR400 on cursor.
create or replace function api.user_export(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_home  constant uuid := app.workspace_id();
	v_at    jsonb;             -- [workspace, place in it]
	v       jsonb;
	v_place uuid;
begin
	perform app.need('session');
	v_at := app.cursor_read('user_export', p->>'cursor');
	if v_at is null then
		perform app.audit_add('user.export', 'user', app.user_id(), null);
		v := jsonb_build_object('name', 'person.jsonl', 'data', app.export_person(), 'next', null);
	else
		v_place := v_at->>0;
		perform app.workspace_switch(v_place::text);
		v := app.export_part(nullif(v_at->1, 'null'), app.user_id(), format('workspaces/%s/', v_place));
		perform app.workspace_switch(v_home::text);  -- where the cursor is read again
	end if;
	v_at := case when v->'next' <> 'null' then jsonb_build_array(v_place, v->'next') end;
	if v_at is null then
		select jsonb_build_array((m.workspace).id, null) into v_at from app.workspaces_mine(1, v_place, false) m;
	end if;
	return v || jsonb_build_object('next', app.cursor_make('user_export', v_at));
end
$$;
revoke all on function api.user_export(jsonb) from public;
grant execute on function api.user_export(jsonb) to mr_web;
