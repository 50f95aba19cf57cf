-- audit: what is written down of who did what.
--
-- Row triggers on the tables listed at the end of this file write an entry for each change, with the fields that it changed. What is
-- no row's change (a refusal, a secret's use, a run that a person started) is written by app.audit_add.
-- An entry is three inserts in the transaction of what it tells of: app.audit, app.audit_detail, app.audit_open. The
-- chain is made afterwards (docs/decisions/0008), so no mutation waits for another one's commit.
set local role mr_owner;

-- app.audit_home() -> the workspace of what belongs to none: the installation's own chain.
create or replace function app.audit_home()
returns uuid
language sql immutable parallel safe
return '00000000-0000-0000-0000-000000000000'::uuid;
revoke all on function app.audit_home() from public;
grant execute on function app.audit_home() to mr_api;

-- app.audit_redact(value) -> the value without what its field's name calls a secret, at any depth; what is longer than
--   2 KiB becomes {sha256, bytes}.
create or replace function app.audit_redact(p jsonb)
returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_text text;
begin
	if jsonb_typeof(p) = 'object' then
		p := (select coalesce(jsonb_object_agg(e.key, case
		          when e.value <> 'null' and e.key ~* '(secret|passw|token|api_?key|authorization|cookie|private_?key|credential)'
		               and jsonb_typeof(e.value) <> 'boolean'
		          then '"[redacted]"' else app.audit_redact(e.value) end), '{}') from jsonb_each(p) e);
	elsif jsonb_typeof(p) = 'array' then
		p := (select coalesce(jsonb_agg(app.audit_redact(e.value) order by e.ord), '[]')
		        from jsonb_array_elements(p) with ordinality as e (value, ord));
	end if;
	v_text := p::text;
	if length(v_text) > 2048 then
		return jsonb_build_object('sha256', encode(sha256(convert_to(v_text, 'UTF8')), 'hex'), 'bytes', octet_length(v_text));
	end if;
	return p;
end
$$;
revoke all on function app.audit_redact(jsonb) from public;

-- app.audit_salted(value) -> the value with 16 random bytes, without which its digest can't be guessed back; null stays.
create or replace function app.audit_salted(p jsonb)
returns jsonb
language sql volatile
return case when p is not null and p <> '{}' then
	p || jsonb_build_object('salt', encode(ext.gen_random_bytes(16), 'hex')) end;
revoke all on function app.audit_salted(jsonb) from public;

-- app.audit_digest(value) -> sha256 of a detail's text, null of null.
create or replace function app.audit_digest(p jsonb)
returns bytea
language sql immutable
return sha256(convert_to(p::text, 'UTF8'));
revoke all on function app.audit_digest(jsonb) from public;

-- app.audit_put(workspace, action, kind, id, what, actor, named) -> the entry's id. Who and from where are the context's;
--   actor: who it was where nobody has entered (somebody who signs in); workspace null: the installation's own. Not named:
--   who is nothing to those who read it, as if the system had done it.
create or replace function app.audit_put(
	p_workspace uuid, p_action text, p_kind text, p_id uuid, p_what jsonb, p_actor uuid default null, p_named boolean default true)
returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_ctx    constant text[] := case when p_named then app.ctx() end;
	v_client constant jsonb := case when p_named then coalesce(nullif(current_setting('app.client', true), ''), '{}') else '{}' end::jsonb;
	v_ws     constant uuid := coalesce(p_workspace, app.audit_home());
	v_id     constant uuid := app.uuid7();
	v_who    constant jsonb := app.audit_salted(jsonb_strip_nulls(jsonb_build_object(
		'address', v_client->'address', 'agent', left(v_client->>'agent', 255))));
	v_what   constant jsonb := app.audit_salted(jsonb_strip_nulls(p_what));
	v_user   constant uuid := coalesce(nullif(v_ctx[2], '')::uuid, p_actor);
begin
	insert into app.audit (workspace_id, id, actor_kind, actor_id, via_id, action, operation, kind, resource_id, request_id,
	                       who_digest, what_digest)
	values (v_ws, v_id,
	        case when v_ctx[5] = 'hook' then 'hook'
	             when v_ctx[4] <> '' then 'token'
	             when v_user is not null then 'user'
	             when v_client = '{}' then 'system'
	             else 'anonymous' end,
	        v_user, coalesce(nullif(v_ctx[4], ''), nullif(v_ctx[3], ''))::uuid, p_action, v_client->>'operation', p_kind, p_id,
	        v_client->>'request_id', app.audit_digest(v_who), app.audit_digest(v_what));
	insert into app.audit_detail (workspace_id, audit_id, who, what) values (v_ws, v_id, v_who, v_what);
	insert into app.audit_open (workspace_id, id) values (v_ws, v_id);
	return v_id;
end
$$;
revoke all on function app.audit_put(uuid, text, text, uuid, jsonb, uuid, boolean) from public;
grant execute on function app.audit_put(uuid, text, text, uuid, jsonb, uuid, boolean) to mr_work, mr_keep;

-- app.audit_add(action, kind, id, detail): an entry of the entered workspace, for what is no row's change. Secrets in
--   the detail are redacted by the name of their field. Nobody entered: the installation's own.
create or replace function app.audit_add(p_action text, p_kind text, p_id uuid, p_detail jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.audit_put(app.workspace_id(), p_action, p_kind, p_id,
	                      jsonb_build_object('detail', app.audit_redact(p_detail)));
end
$$;
revoke all on function app.audit_add(text, text, uuid, jsonb) from public;
grant execute on function app.audit_add(text, text, uuid, jsonb) to mr_api, mr_work, mr_keep;

-- app.audit_refused({status, code, message, email?, workspace?}): an entry `refused`, or `login.failed` with the address that was
--   tried. It stands where the person is known to be: in the workspace that was asked for, was entered or last used, else in
--   the installation's own.
create or replace function app.audit_refused(p jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_user app.user_account;
begin
	if app.ctx() is not null then
		perform app.audit_put(
			coalesce((select w.workspace_id from app.workspace_pick(app.user_id(), p->>'workspace', null) w where p ? 'workspace'),
			         app.workspace_id()),
			'refused', 'request', null, jsonb_build_object('detail', p - 'email'));
		return;
	end if;
	select * into v_user from app.user_account u where u.email_key = lower(p->>'email');
	perform app.audit_put(
		(select w.workspace_id from app.workspace_pick(v_user.id, null, v_user.last_workspace_id) w),
		'login.failed', 'user', v_user.id, jsonb_build_object('detail', p));
end
$$;
revoke all on function app.audit_refused(jsonb) from public;
grant execute on function app.audit_refused(jsonb) to mr_api;

-- app.audit_row(): the trigger of every audited table. Arguments: kind, column of the id, column of the actor where
--   nobody has entered, secret columns, columns whose change alone is no news. Writes <kind>.create, .update, .delete;
--   a deleted_at that is set is a delete, a revoked_at a revoke, and a new session is a login.
create or replace function app.audit_row()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_kind   constant text := tg_argv[0];
	v_old    constant jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
	v_new    constant jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
	v_row    constant jsonb := coalesce(v_new, v_old);
	v_secret constant text[] := string_to_array(tg_argv[3], ' ');
	v_quiet  constant text[] := string_to_array(tg_argv[4], ' ') || '{workspace_id,etag,created_at,updated_at}'::text[];
	v_before jsonb;
	v_after  jsonb;
	v_ws     uuid;
begin
	select jsonb_object_agg(k.key, app.audit_field(v_old->k.key, k.key = any (v_secret))) filter (where v_old is not null),
	       jsonb_object_agg(k.key, app.audit_field(v_new->k.key, k.key = any (v_secret))) filter (where v_new is not null)
	  into v_before, v_after
	  from jsonb_object_keys(v_row) as k (key)
	 where v_old->k.key is distinct from v_new->k.key and k.key <> all (v_quiet);
	if v_before is null and v_after is null then
		return null;
	end if;
	v_ws := case when tg_table_name = 'workspace' then (v_row->>'id')::uuid
	             when tg_table_name = 'session' then coalesce(app.workspace_id(), (v_row->>'workspace_id')::uuid)
	             else coalesce((v_row->>'workspace_id')::uuid, app.workspace_id()) end;
	perform app.audit_put(v_ws,
		case when v_kind = 'session' and tg_op = 'INSERT' then 'login'
		     when tg_op = 'INSERT' then v_kind || '.create'
		     when tg_op = 'DELETE' or v_old->'deleted_at' = 'null' and v_new->'deleted_at' <> 'null' then v_kind || '.delete'
		     when v_old->'revoked_at' = 'null' and v_new->'revoked_at' <> 'null' then v_kind || '.revoke'
		     else v_kind || '.update' end,
		v_kind, (v_row->>tg_argv[1])::uuid, jsonb_build_object('before', v_before, 'after', v_after),
		(v_row->>nullif(tg_argv[2], ''))::uuid);
	return null;
end
$$;
revoke all on function app.audit_row() from public;

-- app.audit_lent(): the trigger that tells the workspace that borrows, in its own log: connection.lend and .take_back, with
--   the name and whose it is. Who did it is named if it is a member here, too.
create or replace function app.audit_lent()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v     constant app.share_workspace := case when tg_op = 'DELETE' then old else new end;
	v_what         jsonb;
begin
	if not exists (select from app.workspace w where w.id = v.to_workspace_id) then
		return null;  -- it goes itself
	end if;
	v_what := jsonb_build_object(
		'name', (select c.name from app.connection c where c.workspace_id = v.workspace_id and c.id = v.object_id),
		'workspace_id', v.workspace_id, 'workspace', (select w.name from app.workspace w where w.id = v.workspace_id));
	perform app.audit_put(v.to_workspace_id, case when tg_op = 'DELETE' then 'connection.take_back' else 'connection.lend' end,
		v.kind, v.object_id, jsonb_build_object('detail', v_what), null,
		exists (select from app.member m where m.workspace_id = v.to_workspace_id and m.user_id = app.user_id()));
	return null;
end
$$;
revoke all on function app.audit_lent() from public;

create or replace trigger audit_lent after insert or delete on app.share_workspace
	for each row execute function app.audit_lent();

-- app.audit_field(value, secret) -> a field of a row as an entry shows it.
create or replace function app.audit_field(p jsonb, p_secret boolean)
returns jsonb
language sql immutable
return case when p_secret and p <> 'null' then '"[redacted]"'::jsonb else app.audit_redact(p) end;
revoke all on function app.audit_field(jsonb, boolean) from public;

-- app.audit_keep() refuses to change or remove what is written, whoever asks: entries and links below the head's base, which
--   retention has moved on, may go. Raises MR403.
create or replace function app.audit_keep()
returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if tg_op = 'DELETE' and tg_level = 'ROW' then
		if tg_table_name = 'audit_link' and exists (
			select from app.audit_head h where h.workspace_id = old.workspace_id and (to_jsonb(old)->>'seq')::bigint <= h.base_seq) then
			return old;
		elsif tg_table_name <> 'audit_link' and exists (
			select from app.audit_link l
			  join app.audit_head h on h.workspace_id = l.workspace_id and l.seq <= h.base_seq
			 where l.workspace_id = old.workspace_id
			   and l.audit_id = coalesce(to_jsonb(old)->>'audit_id', to_jsonb(old)->>'id')::uuid) then
			return old;
		end if;
	elsif tg_op = 'UPDATE' and tg_table_name = 'audit_detail' then
		if new.erasure_id is not null and (new.workspace_id, new.audit_id) = (old.workspace_id, old.audit_id)
		   and (new.who is null or new.who = old.who) and (new.what is null or new.what = old.what) then
			return new;  -- forgetting, for a reason that is itself an entry
		end if;
	end if;
	raise exception using errcode = 'MR403', message = 'the audit log is never changed';
end
$$;
revoke all on function app.audit_keep() from public;

create or replace trigger audit_keep before update or delete on app.audit
	for each row execute function app.audit_keep();
create or replace trigger audit_keep_all before truncate on app.audit
	for each statement execute function app.audit_keep();
create or replace trigger audit_keep before update or delete on app.audit_detail
	for each row execute function app.audit_keep();
create or replace trigger audit_keep_all before truncate on app.audit_detail
	for each statement execute function app.audit_keep();
create or replace trigger audit_keep before update or delete on app.audit_link
	for each row execute function app.audit_keep();
create or replace trigger audit_keep_all before truncate on app.audit_link
	for each statement execute function app.audit_keep();

-- The audited tables. Columns of `quiet` are no news: what the engine or a login moves, or what follows from others.
-- Columns that aren't quiet fire the trigger, so the hot path, which moves quiet ones only, never pays.
do $$
declare
	v_row record;
begin
	for v_row in
		select * from (values
			-- table,         kind,         id,            actor,         secret,                 quiet,                              deletes
			('workspace',     'workspace',  'id',          'created_by',  '',                     '',                                 true),
			('member',        'member',     'user_id',     'user_id',     '',                     '',                                 true),
			('role',          'role',       'id',          'created_by',  '',                     '',                                 true),
			('invitation',    'invitation', 'id',          'invited_by',  'token_hash',           'email_key',                        true),
			('share',         'share',      'object_id',   'created_by',  '',                     '',                                 true),
			('share_workspace', 'share',    'object_id',   'created_by',  '',                     '',                                 true),
			('token',         'token',      'id',          'created_by',  'token_hash',           'used_at used_address',                      true),
			('workflow',      'workflow',   'id',          '',            '',                     '',                                 true),
			('version',       'version',    'id',          '',            '',                     '',                                 true),
			('replay',        'replay',     'id',          'created_by',  '',                     'same differs skipped lease_owner lease_until completed_at', false),
			('trigger',       'trigger',    'id',          '',            'token',                'due_until fired_at',               true),
			('retention',     'retention',  'workspace_id', '',           '',                     '',                                 true),
			('outgoing',      'outgoing',   'workspace_id', '',           'proxy_sealed',         'proxy_sealed',                     true),
			('audit_sink',    'audit_sink', 'workspace_id', '',           '',                     'seq attempt due_at error sent_at', true),
			('key',           'key',        'id',          'created_by',  '',                     'rotated_at',                       true),
			('connection',    'connection', 'id',          'created_by',  'sealed',               'sealed status message last_verified_at', true),
			('trigger_secret', 'secret',    'trigger_id',  '',            'sealed',               'sealed',                           true),
			('user_account',  'user',       'id',          'id',          'password_hash',        'email_key last_workspace_id',      true),
			('passkey',       'passkey',    'id',          'user_id',     '',                     'sign_count used_at',               true),
			('identity',      'identity',   'id',          'user_id',     '',                     'used_at email',                    true),
			('totp',          'totp',       'user_id',     'user_id',     'sealed',               'sealed last_step',                 true),
			('sso',           'sso',        'workspace_id', '',           'client_secret',        '',                                 true),
			('domain',        'domain',     'id',          '',            '',                     'proven_at asked_at due_at checked_at problem refused_at refusal', true),
			('workspace_plan', 'plan',      'workspace_id', 'set_by',      '',                     'set_by set_at',                    true),
			('session',       'session',    'id',          'user_id',     'token_hash',           'token_hash seen_at expires_at workspace_id address agent', false)
		) as t (rel, kind, id, actor, secret, quiet, deletes)
	loop
		execute format('drop trigger if exists audit on app.%I', v_row.rel);
		execute format('create trigger audit after insert %s or update of %s on app.%I for each row execute function app.audit_row(%L, %L, %L, %L, %L)',
		    case when v_row.deletes then 'or delete' end,
		    (select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
		       from pg_catalog.pg_attribute a
		      where a.attrelid = ('app.' || v_row.rel)::regclass and a.attnum > 0 and not a.attisdropped
		        and a.attname <> all (string_to_array(v_row.quiet, ' ') || '{workspace_id,etag,created_at,updated_at}'::text[])),
		    v_row.rel, v_row.kind, v_row.id, v_row.actor, v_row.secret, v_row.quiet);
	end loop;
end
$$;
