-- outgoing: where a workspace's calls may go. Enforced by millrace-egress (src/egress/host.h, policy.h, proxy.h), which
-- reads these entries strictly: what is not accepted here, it would refuse together with the whole call.
set local role mr_owner;

-- app.outgoing_json(settings) -> as the API shows them; of a workspace without any, the defaults. Never the proxy's
--   password, sealed or not.
create or replace function app.outgoing_json(p app.outgoing)
returns jsonb
language sql immutable
return jsonb_build_object('hosts', p.hosts, 'networks', coalesce(p.networks, '{}'), 'proxy', p.proxy, 'proxy_user', p.proxy_user,
    'proxy_password_set', p.proxy_sealed is not null, 'etag', coalesce(p.etag, 0));
revoke all on function app.outgoing_json(app.outgoing) from public;
grant execute on function app.outgoing_json(app.outgoing) to mr_api;

-- app.is_port(text) -> whether it is empty or `:` and a port.
create or replace function app.is_port(p text)
returns boolean
language sql immutable parallel safe
return case when p = '' then true when p ~ '^:[1-9][0-9]{0,4}$' then substr(p, 2)::integer <= 65535 else false end;
revoke all on function app.is_port(text) from public;
grant execute on function app.is_port(text) to mr_api;

-- app.is_outgoing_host(text) -> whether it is [*.]<name>[:<port>], an IPv4 address, or an IPv6 address in brackets.
create or replace function app.is_outgoing_host(p text)
returns boolean
language sql immutable parallel safe
begin atomic
	select length(p) <= 260 and app.is_port(coalesce(substring(p from ':[0-9]*$'), ''))
	   and (p ~ '^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?(:[0-9]+)?$' and p !~ '^\*\.[^:]*[0-9.](:[0-9]+)?$'
	        or p ~ '^\[[0-9A-Fa-f:.]{2,45}\](:[0-9]+)?$');
end;
revoke all on function app.is_outgoing_host(text) from public;
grant execute on function app.is_outgoing_host(text) to mr_api;

-- app.is_outgoing_network(text) -> whether it is <address>[/<bits>][:<port>], IPv6 in brackets with its bits, and no bit is set
--   behind the prefix.
create or replace function app.is_outgoing_network(p text)
returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
	v text[] := regexp_match(p, '^(?:\[([0-9A-Fa-f:]{2,39}(?:/[0-9]{1,3})?)\]|((?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})(?:/[0-9]{1,2})?))(:[0-9]+)?$');
begin
	if v is null or not app.is_port(coalesce(v[3], '')) then
		return false;
	end if;
	perform coalesce(v[1], v[2])::cidr;
	return true;
exception when invalid_text_representation then
	return false;
end
$$;
revoke all on function app.is_outgoing_network(text) from public;
grant execute on function app.is_outgoing_network(text) to mr_api;
