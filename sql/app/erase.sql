-- erase: takes a person or a workspace out of the database, with proof.
--
-- A workspace's rows are removed from every table that has a workspace_id, which the catalog says, so a new table needs nothing
-- here. Policies bind the owner, too: the workspace that goes is entered, and no other one is within reach.
-- What is left is a tombstone in app.erasure, a certificate, an entry in the installation's audit chain and a line in the
-- server's log; after a restore from an older backup the ids of those lines are erased again (docs/self-hosting.md).
set local role mr_owner;

-- app.erase_certify(erasure, rows) -> the certificate, stored: counts by table and a digest over all of it.
create or replace function app.erase_certify(p_id uuid, p_rows jsonb)
returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v      app.erasure;
	v_text jsonb;
begin
	select * into v from app.erasure e where e.id = p_id;
	v_text := jsonb_build_object('id', v.id, 'kind', v.kind, 'subject_id', v.subject_id, 'requested_at', app.ts(v.created_at),
	                             'completed_at', app.ts(clock_timestamp()), 'rows', p_rows);
	v_text := v_text || jsonb_build_object('sha256', encode(sha256(convert_to(v_text::text, 'UTF8')), 'hex'));
	update app.erasure e
	   set status = 'done', completed_at = clock_timestamp(), certificate = v_text
	 where e.id = p_id;
	perform app.audit_put(null, v.kind || '.erase', v.kind, v.subject_id, jsonb_build_object('detail', v_text), v.requested_by);
	raise log 'millrace erasure kind=% subject=% id=% sha256=%', v.kind, v.subject_id, v.id, v_text->>'sha256';
	return v_text;
end
$$;
revoke all on function app.erase_certify(uuid, jsonb) from public;

-- app.workspace_erase(id) -> the certificate: rows removed by table. The workspace must have been deleted; one that is gone already
--   (a restore brings only parts back) is erased again. Raises MR409 while it is alive, MR404 for an id that never was.
create or replace function app.workspace_erase(p_id uuid)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_erasure uuid;
	v_rows    jsonb := '{}';
	v_left    text[];
	v_rel     text;
	v_n       bigint;
	v_head    app.audit_head;
begin
	if exists (select from app.workspace w where w.id = p_id and w.deleted_at is null) then
		perform app.fail('MR409', 'the workspace is alive: delete it first');
	elsif not exists (select from app.workspace w where w.id = p_id)
	      and not exists (select from app.erasure e where e.subject_id = p_id) then
		perform app.fail('MR404', 'no such workspace');
	end if;
	insert into app.erasure (kind, subject_id) values ('workspace', p_id) returning id into v_erasure;
	perform app.context_seal(p_id, null, null, null, 'system', ',');
	v_left := array(
		select c.relname
		  from pg_catalog.pg_class c
		  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
		 where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
		   and c.relname not in ('audit', 'audit_detail', 'audit_link', 'audit_head', 'audit_open', 'session')
		 order by c.relname);
	-- A table that others refer to goes in a later round.
	while v_left <> '{}' loop
		v_n := cardinality(v_left);
		foreach v_rel in array v_left loop
			begin
				v_rows := v_rows || jsonb_build_object(v_rel, app.erase_rows(v_rel, p_id));
				v_left := array_remove(v_left, v_rel);
			exception when foreign_key_violation then
				null;
			end;
		end loop;
		if cardinality(v_left) = v_n then
			perform app.fail('MR500', format('tables refer to each other crosswise: %s', v_left));
		end if;
	end loop;
	update app.session s set workspace_id = null where s.workspace_id = p_id;
	update app.user_account u set last_workspace_id = null where u.last_workspace_id = p_id;
	delete from app.workspace w where w.id = p_id;
	get diagnostics v_n = row_count;
	v_rows := v_rows || jsonb_build_object('workspace', v_n);
	-- The entries of all this are in the workspace's own chain: link them, then let the whole chain go.
	perform pg_advisory_xact_lock(hashtext('millrace.audit'));
	delete from app.audit_open o where o.workspace_id = p_id and not exists (
		select from app.audit a where a.workspace_id = p_id and a.id = o.id);
	while exists (select from app.audit_open o where o.workspace_id = p_id) loop
		perform app.audit_chain(100000);
	end loop;
	select * into v_head from app.audit_head h where h.workspace_id = p_id;
	update app.audit_head h set base_seq = h.seq, base_hash = h.hash where h.workspace_id = p_id;
	perform app.audit_drop(p_id, v_head.seq);
	delete from app.audit_head h where h.workspace_id = p_id;
	perform set_config('app.ctx', '', true);
	return app.erase_certify(v_erasure, v_rows || jsonb_build_object(
		'audit', coalesce(v_head.seq - v_head.base_seq, 0), 'audit_head', encode(coalesce(v_head.hash, ''), 'hex')));
end
$$;
revoke all on function app.workspace_erase(uuid) from public;
grant execute on function app.workspace_erase(uuid) to mr_keep;

-- app.workspace_erase_due() -> the certificate of the workspace whose grace has been over for longest; null: there is none. One a
--   call, so that a large one holds up no other's transaction.
create or replace function app.workspace_erase_due()
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id uuid;
begin
	select w.id into v_id
	  from app.workspace w
	 where w.deleted_at < now() - app.workspace_grace()
	 order by w.deleted_at
	 limit 1
	   for update skip locked;
	return case when v_id is not null then app.workspace_erase(v_id) end;
end
$$;
revoke all on function app.workspace_erase_due() from public;
grant execute on function app.workspace_erase_due() to mr_keep;

-- app.erase_rows(table, workspace) -> the number of rows that were removed.
create or replace function app.erase_rows(p_rel text, p_workspace uuid)
returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_n bigint;
begin
	execute format('delete from app.%I x where x.workspace_id = $1', p_rel) using p_workspace;
	get diagnostics v_n = row_count;
	return v_n;
end
$$;
revoke all on function app.erase_rows(text, uuid) from public;

-- app.has_others(workspace, user) -> whether another person belongs to it; a service account is none.
create or replace function app.has_others(p_ws uuid, p_user uuid)
returns boolean
language sql stable
return exists (
	select from app.member m
	  join app.user_account u on u.id = m.user_id and u.kind = 'person'
	 where m.workspace_id = p_ws and m.user_id <> p_user);
revoke all on function app.has_others(uuid, uuid) from public;

-- app.user_blocking(user) -> workspaces that the person alone owns and others belong to: [{id, name}]. They'd be left without an owner.
create or replace function app.user_blocking(p_user uuid)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name) order by w.name, w.id), '[]')
		  from app.member m
		  join app.workspace w on w.id = m.workspace_id and w.deleted_at is null
		 where m.user_id = p_user and m.role = 'owner'
		   and not exists (select from app.member o where o.workspace_id = m.workspace_id and o.role = 'owner' and o.user_id <> p_user)
		   and app.has_others(m.workspace_id, p_user));
end
$$;
revoke all on function app.user_blocking(uuid) from public;
grant execute on function app.user_blocking(uuid) to mr_api;

-- app.user_alone(user) -> the living workspaces in which there is nobody else.
create or replace function app.user_alone(p_user uuid)
returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return array(
		select m.workspace_id
		  from app.member m
		  join app.workspace w on w.id = m.workspace_id and w.deleted_at is null
		 where m.user_id = p_user
		   and not app.has_others(m.workspace_id, p_user));
end
$$;
revoke all on function app.user_alone(uuid) from public;
grant execute on function app.user_alone(uuid) to mr_api;

-- app.user_erase(user) -> the erasure's id. Account, sign-in and memberships are gone at once, the address
--   leaves invitations, what was private is shared with the owners. What audit entries know
--   of the person is forgotten by app.erase_finish, soon. The id stays, as a pseudonym, where it says who did something.
create or replace function app.user_erase(p_user uuid)
returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_id    uuid;
	v_entry uuid;
	v_key   text;
	v_map   record;
	v_ws    uuid;
begin
	select u.email_key into v_key from app.user_account u where u.id = p_user;
	insert into app.erasure (kind, subject_id, requested_by) values ('person', p_user, p_user) returning id into v_id;
	for v_ws in select m.workspace_id from app.member m where m.user_id = p_user order by m.workspace_id loop
		perform app.owner_keep(w.id, p_user) from app.workspace w where w.id = v_ws and w.deleted_at is null;
		perform app.share_hand_over(v_ws, p_user);
	end loop;
	delete from app.member m where m.user_id = p_user;
	delete from app.left_member l where l.user_id = p_user;
	update app.invitation i
	   set email = format('erased-%s@invalid', p_user), email_key = format('erased-%s@invalid', p_user)
	 where i.email_key = v_key;
	update app.token t set revoked_at = now() where t.created_by = p_user and t.revoked_at is null;
	delete from app.login_throttle t where t.key = 'account:' || v_key;
	delete from app.mail m where lower(m.mail_to) = v_key;
	-- Sign-in by whatever means, and whatever else is the person's alone.
	for v_map in select m.rel, m.person from app.data_map() m where m.erasure = 'with the person' and m.person <> '' loop
		execute format('delete from app.%I x where x.%I = $1', v_map.rel, v_map.person) using p_user;
	end loop;
	-- An invitation names an address; entries about it are no entries of the person.
	v_entry := app.audit_put(null, 'person.forget', 'person', p_user, null, p_user);
	update app.audit_detail d
	   set what = null, erasure_id = v_entry
	  from app.audit a
	 where a.kind = 'invitation' and d.workspace_id = a.workspace_id and d.audit_id = a.id
	   and position(v_key in lower(d.what::text)) > 0;
	update app.user_account u
	   set email = format('erased-%s@invalid', p_user), email_key = format('erased-%s@invalid', p_user), name = '', password_hash = null,
	       is_active = false, is_superuser = false, preferences = '{}', last_workspace_id = null, updated_at = now()
	 where u.id = p_user;
	return v_id;
end
$$;
revoke all on function app.user_erase(uuid) from public;
grant execute on function app.user_erase(uuid) to mr_api, mr_keep;

-- app.erase_finish() -> the number of erasures of persons that were finished: in entries of the person the address and
--   the agent, and in entries about the person what they say, are forgotten. The chain holds: their digests stay.
create or replace function app.erase_finish()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v       app.erasure;
	v_n     integer := 0;
	v_who   bigint;
	v_what  bigint;
	v_entry uuid;
begin
	for v in select * from app.erasure e where e.kind = 'person' and e.status = 'running' order by e.id limit 10 for update skip locked loop
		v_entry := app.audit_put(null, 'person.forget', 'person', v.subject_id, null, v.requested_by);
		update app.audit_detail d
		   set who = null, erasure_id = v_entry
		  from app.audit a
		 where a.actor_id = v.subject_id and d.workspace_id = a.workspace_id and d.audit_id = a.id and d.who is not null;
		get diagnostics v_who = row_count;
		update app.audit_detail d
		   set what = null, erasure_id = v_entry
		  from app.audit a
		 where a.kind in ('user', 'session', 'member', 'person', 'passkey', 'identity', 'totp') and (a.resource_id = v.subject_id or a.actor_id = v.subject_id and a.kind <> 'member')
		   and d.workspace_id = a.workspace_id and d.audit_id = a.id and d.what is not null;
		get diagnostics v_what = row_count;
		perform app.erase_certify(v.id, jsonb_build_object('user_account', 1, 'audit_who', v_who, 'audit_what', v_what));
		v_n := v_n + 1;
	end loop;
	return v_n;
end
$$;
revoke all on function app.erase_finish() from public;
grant execute on function app.erase_finish() to mr_keep;
