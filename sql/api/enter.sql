-- enter: what goes before and after an operation in the same pipeline.
set local role mr_api;

-- api.enter(credential, client) -> 'workspace|user|session|token' of whom it is; enters the workspace that the credential
--   opens, for this transaction. What it says is for web to count by (src/web/rate.h), and for nobody else.
--   credential: null | 'mrt_…' API token | 'mrs_…' session cookie | 'mrj_<sid>' session of a JWT that web has verified |
--   'mrh_…' hook token, good for workflow_execute only.
--   client: {"address","agent","workspace": X-Workspace or null,"operation","method","request_id"}.
--   Raises MR401 the credential isn't (or is no longer) good, MR40E its time is over, MR404 not a member of that workspace.
create or replace function api.enter(p_credential text, p_client jsonb)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.enter(p_credential, p_client);
	return array_to_string((string_to_array(current_setting('app.ctx', true), '|'))[2:5], '|');
end
$$;
revoke all on function api.enter(text, jsonb) from public;
grant execute on function api.enter(text, jsonb) to mr_web;

-- api.wake(rows): tells the workers that runs became ready. Sent after the commit, on a connection of its own.
--   rows: '<workspace>:<run>:<prio>:<block>:<item> …', the queue rows that became ready, so that an idle worker claims
--   without asking the feed first; '' when there are too many, or the caller doesn't know them.
create or replace function api.wake(p_rows text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform pg_notify('mr_work', p_rows);
end
$$;
revoke all on function api.wake(text) from public;
grant execute on function api.wake(text) to mr_web;

-- api.idempotency_check(key, operation, sha256 of the request): before the operation. First use: keeps the key.
--   Raises MR2R0 with the stored answer as message when the same request was answered within 24 hours, MR409 when the
--   key was used for another request, MR400 for a bad key. Without a workspace (sign-in, sign-up) it does nothing.
--   The stored answer stays out of the server's log.
create or replace function api.idempotency_check(p_key text, p_operation text, p_hash bytea)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set log_min_messages = fatal
as $$
declare
	v_ws  constant uuid := app.workspace_id();
	v_row app.idempotency;
begin
	if v_ws is null then
		return;
	elsif length(p_key) not between 1 and 255 then
		perform app.fail('MR400', 'an Idempotency-Key has 1 to 255 characters', 'Idempotency-Key');
	end if;
	-- The key is the caller's: two people may use the same one. Waits here while the first request is under way.
	insert into app.idempotency as i (workspace_id, key, operation, request_hash)
	values (v_ws, app.idempotency_key(p_key), p_operation, p_hash)
	on conflict (workspace_id, key) do update
	   set operation = excluded.operation, request_hash = excluded.request_hash, response = null, created_at = now()
	 where i.created_at < now() - interval '24 hours';
	if found then
		return;
	end if;
	select * into v_row from app.idempotency i where i.workspace_id = v_ws and i.key = app.idempotency_key(p_key);
	if v_row.operation <> p_operation or v_row.request_hash <> p_hash then
		perform app.fail('MR409', 'this Idempotency-Key was used for another request', 'Idempotency-Key');
	end if;
	raise exception using errcode = 'MR2R0', message = coalesce(v_row.response, 'null')::text;
end
$$;
revoke all on function api.idempotency_check(text, text, bytea) from public;
grant execute on function api.idempotency_check(text, text, bytea) to mr_web;

-- api.idempotency_keep(key, response) -> the response, which is kept under the key for 24 hours.
--   A secret that is shown once isn't kept: a repeat shows the token's row without it.
create or replace function api.idempotency_keep(p_key text, p_response jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.idempotency i
	   set response = coalesce(case when i.operation in ('token_create', 'token_rotate', 'invitation_create') then p_response - '{token,url}'::text[]
	                      else p_response end, 'null')
	 where i.workspace_id = app.workspace_id() and i.key = app.idempotency_key(p_key);
	return p_response;
end
$$;
revoke all on function api.idempotency_keep(text, jsonb) from public;
grant execute on function api.idempotency_keep(text, jsonb) to mr_web;

-- api.permit(permission) -> null. For operations that web answers itself: may the caller? Raises MR401, MR403.
create or replace function api.permit(p_permission text)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.need(p_permission);
	return null;
end
$$;
revoke all on function api.permit(text) from public;
grant execute on function api.permit(text) to mr_web;
