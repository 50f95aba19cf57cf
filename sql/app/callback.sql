-- callback: the tokens of callback addresses. Each names one step of one run and is sealed, so nothing of it is stored: the worker
-- makes it (flow/callback.h) and this reads it.
--
-- Base64url, without padding, of workspace (16 octets), run (16), iteration (4), node id, and 16 octets of the HMAC-SHA-256 of
-- those under the workspace's key, of which the text is taken.
set local role mr_owner;

-- app.callback_key(workspace) -> the key of its callbacks: drawn from the installation's, which nobody else gets.
create or replace function app.callback_key(p_ws uuid)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_key bytea;
begin
	select k.mac into v_key from app.context_key k;
	return encode(ext.hmac(convert_to('callback ' || p_ws, 'UTF8'), v_key, 'sha256'), 'hex');
end
$$;
revoke all on function app.callback_key(uuid) from public;
grant execute on function app.callback_key(uuid) to mr_work;

-- app.callback_read(token) -> the step that it names; nulls when it isn't one of ours.
create or replace function app.callback_read(
	p_token text, out workspace_id uuid, out run_id uuid, out iteration integer, out node_id text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v      bytea;
	v_said bytea;
	v_ws   uuid;
begin
	if p_token is null or length(p_token) not between 60 and 600 or length(p_token) % 4 = 1 or p_token !~ '^[-_0-9A-Za-z]+$' then
		return;
	end if;
	v := decode(translate(p_token, '-_', '+/') || repeat('=', 3 - (length(p_token) + 3) % 4), 'base64');
	-- One spelling only: bits that say nothing are zero.
	if translate(encode(v, 'base64'), E'+/=\n', '-_') <> p_token then
		return;
	end if;
	v_said := substring(v for length(v) - 16);
	v_ws := encode(substring(v for 16), 'hex')::uuid;
	-- Hashed, so that the time tells nothing of how much of it is right.
	if sha256(substring(v from length(v) - 15)) <>
	   sha256(substring(ext.hmac(v_said, convert_to(app.callback_key(v_ws), 'UTF8'), 'sha256') for 16)) then
		return;
	end if;
	workspace_id := v_ws;
	run_id := encode(substring(v from 17 for 16), 'hex')::uuid;
	iteration := ('x' || encode(substring(v from 33 for 4), 'hex'))::bit(32)::integer;
	node_id := convert_from(substring(v_said from 37), 'UTF8');
end
$$;
revoke all on function app.callback_read(text) from public;
grant execute on function app.callback_read(text) to mr_work;
