-- delivery: webhooks. The hook's token is the credential: no workspace is entered, so work.* does it and gives back
-- nothing but the receipt.
set local role mr_api;

-- api.delivery_accept(…) -> one row for each delivery given, in its order. See work.delivery_accept.
create or replace function api.delivery_accept(
	p_token text[], p_slug text[], p_path text[], p_method text[], p_id uuid[], p_run_id uuid[], p_dedup_key text[],
	p_headers json[], p_query text[], p_content_type text[], p_body bytea[], p_address text[],
	p_proof text[], p_announce boolean)
returns table (ord bigint, verdict text, receipt uuid, run_id uuid, received_at timestamptz, mode text,
               timeout_ms integer, said text, workspace_id uuid, prio smallint, tid tid, workflow_id uuid, version_id uuid,
               version integer, node_id text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	select * from work.delivery_accept(p_token, p_slug, p_path, p_method, p_id, p_run_id, p_dedup_key, p_headers, p_query,
	                                   p_content_type, p_body, p_address, p_proof, p_announce);
end
$$;
revoke all on function api.delivery_accept(text[], text[], text[], text[], uuid[], uuid[], text[], json[], text[],
	text[], bytea[], text[], text[], boolean) from public;
grant execute on function api.delivery_accept(text[], text[], text[], text[], uuid[], uuid[], text[], json[], text[],
	text[], bytea[], text[], text[], boolean) to mr_web;

-- api.delivery_refused({workspace, trigger, scheme, refused, address}): web tells of deliveries that it refused, since their sender
--   proved nothing. Called by web itself, with nobody entered. See work.delivery_refused.
create or replace function api.delivery_refused(p jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform work.delivery_refused(p);
end
$$;
revoke all on function api.delivery_refused(jsonb) from public;
grant execute on function api.delivery_refused(jsonb) to mr_web;

-- api.delivery_answer(workspace, run) -> {status, output, node_id, error} of a webhook's run that a request waits for;
--   null while it isn't over. See work.delivery_answer.
create or replace function api.delivery_answer(p_ws uuid, p_run_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return work.delivery_answer(p_ws, p_run_id);
end
$$;
revoke all on function api.delivery_answer(uuid, uuid) from public;
grant execute on function api.delivery_answer(uuid, uuid) to mr_web;
