-- world: the throw-away people and workspaces of `millrace check`. Temporary functions for the administrator's connection.
--
-- People are made by the functions that signing up calls and not by signing up: an installation may want its mail read
-- first, or be closed. Everything below them is made by the API. Marked by address and slug, so that what an interrupted
-- check left is found again.

-- check_roles() -> the roles of this release, the one that a workspace makes for itself last.
create or replace function pg_temp.check_roles() returns text[] language sql as $$
	select array['owner', 'admin', 'editor', 'operator', 'viewer'] || case when to_regclass('app.role') is not null then array['custom'] end $$;

-- check_may(role) -> ',permission,permission,': what the table of roles gives it; `custom` is one that none of the five is.
create or replace function pg_temp.check_may(p_role text) returns text language sql as $$
	select case p_role when 'custom' then ',workflow:read,workflow:write,run:read,'
	       else (select ',' || string_agg(p.permission, ',') || ',' from app.role_permission p where p.role = p_role) end $$;

-- check_custom(workspace) -> the id of its custom role, made when it wasn't yet.
create or replace function pg_temp.check_custom(p_workspace uuid) returns uuid language plpgsql as $$
begin
	insert into app.role (workspace_id, name, permissions)
	values (p_workspace, 'check', string_to_array(trim(both ',' from pg_temp.check_may('custom')), ','))
	    on conflict do nothing;
	return (select r.id from app.role r where r.workspace_id = p_workspace and r.name = 'check');
end $$;

-- check_user(name, role, workspace) -> the new person's id, a member where a workspace is given.
create or replace function pg_temp.check_user(p_name text, p_workspace uuid, p_role text) returns uuid language plpgsql as $$
declare
	v_user uuid;
begin
	set local role mr_owner;
	v_user := app.user_make(p_name || '@check.millrace.invalid', 'Check ' || p_name, null);
	reset role;
	if p_role = 'custom' then
		insert into app.member (workspace_id, user_id, role, role_id)
		values (p_workspace, v_user, p_role, pg_temp.check_custom(p_workspace));
	elsif p_workspace is not null then
		insert into app.member (workspace_id, user_id, role) values (p_workspace, v_user, p_role);
	end if;
	-- What only an authenticator or another site could make; neither opens anything.
	insert into app.passkey (user_id, credential_id, public_key, algorithm, sign_count, name)
	values (v_user, convert_to(v_user::text, 'UTF8'), '\x00', -7, 0, 'Check');
	insert into app.identity (user_id, provider, issuer, subject)
	values (v_user, 'check', 'https://check.millrace.invalid', v_user::text);
	return v_user;
end $$;

-- check_workspace(owner, name) -> the new workspace's id. Its slug starts with millrace-check-.
create or replace function pg_temp.check_workspace(p_owner uuid, p_name text) returns uuid language plpgsql as $$
declare
	v_id uuid;
begin
	set local role mr_owner;
	v_id := app.workspace_make(p_owner, 'Check ' || p_name, 'millrace-check-' || p_name);
	reset role;
	return v_id;
end $$;

-- check_session(user, kind) -> as app.session_make.
create or replace function pg_temp.check_session(p_user uuid, p_kind text) returns jsonb language plpgsql as $$
declare
	v jsonb;
begin
	set local role mr_owner;
	perform set_config('app.client', '{"address":"127.0.0.1","agent":"millrace check"}', true);
	v := app.session_make(p_user, p_kind);
	reset role;
	return v;
end $$;

-- check_token(workspace, user, scopes) -> the token. The API refuses some that the matrix needs: without a scope, or with
--   more than its maker's role has.
create or replace function pg_temp.check_token(p_workspace uuid, p_user uuid, p_scopes text[]) returns text language plpgsql as $$
declare
	v_token text;
begin
	set local role mr_owner;
	v_token := app.token_make('t');
	reset role;
	insert into app.token (workspace_id, name, prefix, token_hash, scopes, created_by)
	values (p_workspace, 'millrace check', left(v_token, 8), sha256(convert_to(v_token, 'UTF8')), p_scopes, p_user);
	return v_token;
end $$;

-- refusal(credential, operation, p) -> what api.<operation> answers web: SQLSTATE, field, message; 'none' when it does it.
--   What it did is taken back.
create or replace function pg_temp.refusal(p_credential text, p_operation text, p jsonb) returns text language plpgsql as $$
declare
	v_state text; v_column text; v_message text;
begin
	begin
		set local role mr_web;
		perform api.enter(p_credential, '{}');
		execute format('select api.%I($1)', p_operation) using p;
		raise exception using errcode = 'ZZ000', message = 'none';
	exception
		when sqlstate 'ZZ000' then v_message := 'none';
		when others then get stacked diagnostics v_state = returned_sqlstate, v_column = column_name, v_message = message_text;
	end;
	reset role;
	return concat_ws(' ', v_state, nullif(v_column, ''), v_message);
end $$;

-- fingerprint(workspace) -> a checksum over all its rows in every table, its people and their sessions: what no request of
--   another tenant may change. Left out is what the clock writes about rows that count themselves.
create or replace function pg_temp.fingerprint(p_workspace uuid) returns text language plpgsql as $$
declare
	v_all text := ''; v text; v_rel regclass;
begin
	for v_rel in
		select c.oid::regclass from pg_class c
		 where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
		   and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and a.attnotnull)
		   and c.relname not in ('audit_open', 'audit_link', 'audit_head',  -- the chain of the entries of app.audit
		                         'meter', 'usage_hour', 'usage_day', 'usage_month', 'usage_kept', 'usage_notice')  -- the roll-up
		 order by c.relname
	loop
		execute format('select md5(string_agg(x::text, '','' order by x::text)) from %s x where x.workspace_id = $1', v_rel) into v using p_workspace;
		v_all := v_all || coalesce(v, '-');
	end loop;
	select md5(v_all || string_agg(u::text || coalesce(s.n, ''), ',' order by u.id)) || md5((select w::text from app.workspace w where w.id = p_workspace))
	  into v
	  from app.member m
	  join app.user_account u on u.id = m.user_id
	  left join lateral (
		select string_agg(concat(s.id, s.revoked_at), ',' order by s.id) as n from app.session s where s.user_id = u.id) s on true
	 where m.workspace_id = p_workspace;
	return v;
end $$;

-- rows_clear(table, column, ids): deletes the rows with these ids, and before them what refers to them by one column.
create or replace function pg_temp.rows_clear(p_rel regclass, p_column text, p_ids text[], p_depth integer default 0) returns void language plpgsql as $$
declare
	v record; v_keys text[];
begin
	if cardinality(p_ids) = 0 or p_depth > 8 then
		return;
	end if;
	for v in
		select c.conrelid::regclass as rel, a.attname as col, b.attname as key
		  from pg_constraint c
		  join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
		  join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1]
		 where c.contype = 'f' and c.confrelid = p_rel and cardinality(c.conkey) = 1 and c.conrelid <> p_rel and c.conparentid = 0
	loop
		execute format('select coalesce(array_agg(distinct %I::text), ''{}'') from %s where %I::text = any ($1)', v.key, p_rel, p_column)
		   into v_keys using p_ids;
		perform pg_temp.rows_clear(v.rel, v.col, v_keys, p_depth + 1);
	end loop;
	execute format('delete from %s where %I::text = any ($1)', p_rel, p_column) using p_ids;
end $$;

-- check_dead(run) -> the run, which is a dead letter now: its failure couldn't be brought about by the API alone.
create or replace function pg_temp.check_dead(p_run uuid) returns uuid language sql as $$
	insert into app.run_outcome (workspace_id, run_id, workflow_id, status, error)
	select r.workspace_id, r.id, r.workflow_id, 'failed', '{"code":"CHECK","message":"made by the check","node":null}'
	  from app.run r where r.id = p_run
	    on conflict do nothing
	returning run_id $$;

-- check_forget() -> how many counts of a check's own wrong passwords, and of those from this machine, were forgotten: each
--   operation that asks for a password is tried with a wrong one, by every role.
create or replace function pg_temp.check_forget() returns integer language plpgsql as $$
declare
	v_n integer;
begin
	delete from app.login_throttle t
	 where t.key in (app.network_key('127.0.0.1'), app.network_key('::1'))
	    or t.key in (
		select k from app.user_account u, unnest(array['account:' || u.email_key, 'mfa:' || u.id]) as k
		 where u.email_key like '%@check.millrace.invalid');
	get diagnostics v_n = row_count;
	return v_n;
end $$;

-- check_clear() -> how many workspaces and people of a check were removed, with all that is theirs. Past triggers and
--   references: what refuses to be deleted (an audit trail) goes whole, with its workspace.
create or replace function pg_temp.check_clear() returns integer language plpgsql as $$
declare
	v_ws    text[] := array(select w.id::text from app.workspace w
	                         where w.slug like 'millrace-check-%' or w.created_by in (
	                            select u.id from app.user_account u where u.email_key like '%@check.millrace.invalid'));
	v_users text[] := array(select u.id::text from app.user_account u where u.email_key like '%@check.millrace.invalid');
	v_rel   regclass;
begin
	if cardinality(v_ws) + cardinality(v_users) = 0 then
		return 0;
	end if;
	perform pg_temp.check_forget();
	set local session_replication_role = replica;
	for v_rel in
		select c.oid::regclass from pg_class c
		 where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
		   and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and a.attnotnull)
	loop
		execute format('delete from %s where workspace_id::text = any ($1)', v_rel) using v_ws;
	end loop;
	perform pg_temp.rows_clear('app.user_account', 'id', v_users);
	perform pg_temp.rows_clear('app.workspace', 'id', v_ws);
	set local session_replication_role = origin;
	return cardinality(v_ws) + cardinality(v_users);
end $$;
