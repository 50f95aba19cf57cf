-- audit_list: pages of audit entries by any filter, each by an index; and how an entry looks. They run with the rights of
-- their caller, so policies bind them.
set local role mr_owner;

-- app.audit_json(entry) -> an entry with its details and its place in the chain; seq and hash are null for about a second.
create or replace function app.audit_json(a app.audit)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	d app.audit_detail;
	l app.audit_link;
begin
	select * into d from app.audit_detail x where x.workspace_id = a.workspace_id and x.audit_id = a.id;
	select * into l from app.audit_link x where x.workspace_id = a.workspace_id and x.audit_id = a.id;
	return jsonb_build_object(
		'id', a.id, 'at', app.ts(a.at),
		'actor', jsonb_build_object('kind', a.actor_kind, 'id', a.actor_id, 'name', app.user_name(a.actor_id)), 'via_id', a.via_id,
		'action', a.action, 'operation', a.operation, 'kind', a.kind, 'resource_id', a.resource_id, 'request_id', a.request_id,
		'address', d.who->'address', 'agent', d.who->'agent',
		'before', d.what->'before', 'after', d.what->'after', 'detail', d.what->'detail', 'is_erased', d.erasure_id is not null,
		'seq', l.seq, 'hash', encode(l.hash, 'hex'));
end
$$;
revoke all on function app.audit_json(app.audit) from public;
grant execute on function app.audit_json(app.audit) to mr_api;

-- app.member_find(text) -> the id of a person: an id, or the address of a member of the entered workspace. An unknown
--   address is an id that nobody has.
create or replace function app.member_find(p_text text)
returns uuid
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return coalesce(app.uuid_read(p_text), (
		select u.id
		  from app.user_account u
		  join app.member m on m.workspace_id = app.workspace_id() and m.user_id = u.id
		 where u.email_key = lower(p_text)), app.audit_home());
end
$$;
revoke all on function app.member_find(text) from public;
grant execute on function app.member_find(text) to mr_api;

-- app.audit_ids(actor, action, kind, resource, from, below, most) -> ids of at most `most` entries, newest first: those that the filter
--   with the best index leaves. The caller checks the other filters.
create or replace function app.audit_ids(
	p_actor uuid, p_action text, p_kind text, p_resource uuid, p_from uuid, p_below uuid, p_most integer)
returns uuid[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	if p_resource is not null then
		return array(select a.id from app.audit a
		              where a.resource_id = p_resource and a.id >= p_from and a.id < p_below order by a.id desc limit p_most);
	elsif p_actor is not null then
		return array(select a.id from app.audit a
		              where a.actor_id = p_actor and a.id >= p_from and a.id < p_below order by a.id desc limit p_most);
	elsif p_action is not null then
		return array(select a.id from app.audit a
		              where a.action = p_action and a.id >= p_from and a.id < p_below order by a.id desc limit p_most);
	elsif p_kind is not null then
		return array(select a.id from app.audit a
		              where a.kind = p_kind and a.id >= p_from and a.id < p_below order by a.id desc limit p_most);
	end if;
	return array(select a.id from app.audit a where a.id >= p_from and a.id < p_below order by a.id desc limit p_most);
end
$$;
revoke all on function app.audit_ids(uuid, text, text, uuid, uuid, uuid, integer) from public;
grant execute on function app.audit_ids(uuid, text, text, uuid, uuid, uuid, integer) to mr_api;

-- app.audit_fits(ids, actor, action, kind, q, limit) -> those that fit all filters, newest first, at most limit + 1.
create or replace function app.audit_fits(
	p_ids uuid[], p_actor uuid, p_action text, p_kind text, p_q text, p_limit integer)
returns uuid[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	return array(
		select a.id
		  from app.audit a
		 where a.id = any (p_ids)
		   and (p_actor is null or a.actor_id = p_actor)
		   and (p_action is null or a.action = p_action)
		   and (p_kind is null or a.kind = p_kind)
		   and (p_q is null or position(lower(p_q) in lower(concat_ws(' ', a.action, a.operation, a.kind, a.resource_id, a.request_id, (
			select concat_ws(' ', d.who - 'salt', d.what - 'salt')
			  from app.audit_detail d
			 where d.workspace_id = a.workspace_id and d.audit_id = a.id)))) > 0)
		 order by a.id desc
		 limit p_limit + 1);
end
$$;
revoke all on function app.audit_fits(uuid[], uuid, text, text, text, integer) from public;
grant execute on function app.audit_fits(uuid[], uuid, text, text, text, integer) to mr_api;

-- app.audit_page(list, p, limit, out ids, out next) : a page by the filters of p: actor (id or address), action, resource
--   (a kind or an id), from, to, q, cursor. At most 2,000 entries are looked at: a page may be short where a filter is rare,
--   and the cursor goes on behind them. Raises MR400 on a filter.
create or replace function app.audit_page(p_list text, p jsonb, p_limit integer, out ids uuid[], out next_cursor text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_actor    constant uuid := case when p->>'actor' is not null then app.member_find(p->>'actor') end;
	v_resource constant uuid := app.uuid_read(p->>'resource');
	v_kind     constant text := case when v_resource is null then p->>'resource' end;
	v_from     constant uuid := coalesce(app.id_floor(app.instant_read(p->>'from', 'from')), app.audit_home());
	v_to       constant uuid := coalesce(app.id_floor(app.instant_read(p->>'to', 'to')), 'ffffffff-ffff-ffff-ffff-ffffffffffff');
	v_after    constant uuid := app.cursor_read(p_list, p->>'cursor')->>0;
	v_looked   uuid[];
	v_most     integer;
	v_next     uuid;
begin
	-- What one index answers needs no more than the page; most other filters find theirs among the newest few.
	foreach v_most in array array[case when p->>'q' is null and num_nonnulls(v_actor, p->>'action', p->>'resource') <= 1
	                                   then p_limit + 1 else 4 * p_limit end, 2000] loop
		v_looked := app.audit_ids(v_actor, p->>'action', v_kind, v_resource, v_from, least(v_to, v_after), v_most);
		ids := app.audit_fits(v_looked, v_actor, p->>'action', v_kind, p->>'q', p_limit);
		exit when cardinality(ids) > p_limit or cardinality(v_looked) < v_most;
	end loop;
	if cardinality(ids) > p_limit then
		ids := ids[1:p_limit];
		v_next := ids[p_limit];
	elsif cardinality(v_looked) >= v_most then
		v_next := v_looked[cardinality(v_looked)];
	end if;
	if v_next is not null then
		next_cursor := app.cursor_make(p_list, jsonb_build_array(v_next));
	end if;
end
$$;
revoke all on function app.audit_page(text, jsonb, integer) from public;
grant execute on function app.audit_page(text, jsonb, integer) to mr_api;

-- app.csv(fields) -> a line of CSV (RFC 4180). A field that a spreadsheet would take for a formula gets a ' in front.
create or replace function app.csv(p text[])
returns text
language sql immutable
return (
	select string_agg('"' || replace(case when f ~ '^[=+@\t\r-]' then '''' || f else coalesce(f, '') end, '"', '""') || '"', ',' order by ord)
	  from unnest(p) with ordinality as u (f, ord)) || E'\r\n';
revoke all on function app.csv(text[]) from public;
grant execute on function app.csv(text[]) to mr_api;

-- app.audit_text(ids, format) -> these entries as lines: csv, or ndjson with an object each.
create or replace function app.audit_text(p_ids uuid[], p_format text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select string_agg(case p_format when 'csv' then app.csv(array[
		           j->>'at', j->'actor'->>'kind', j->'actor'->>'id', j->'actor'->>'name', j->>'action', j->>'operation', j->>'kind',
		           j->>'resource_id', j->>'request_id', j->>'address', j->>'agent', j->>'before', j->>'after', j->>'detail', j->>'seq',
		           j->>'hash']) else j::text || E'\n' end, '' order by e.ord)
		  from (
			select x.ord, app.audit_json(a) as j
			  from unnest(p_ids) with ordinality as x (id, ord)
			  join app.audit a on a.workspace_id = app.workspace_id() and a.id = x.id
			offset 0) e);
end
$$;
revoke all on function app.audit_text(uuid[], text) from public;
grant execute on function app.audit_text(uuid[], text) to mr_api;

-- app.audit_report(from, to) -> what was done in that time, summed up.
create or replace function app.audit_report(p_from timestamptz, p_to timestamptz)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		with sums as (
			select a.action, a.actor_id, a.kind, (a.at at time zone 'utc')::date as day, count(*) as n,
			       grouping(a.action, a.actor_id, a.kind, (a.at at time zone 'utc')::date) as g
			  from app.audit a
			 where a.id >= app.id_floor(p_from) and a.id < app.id_floor(p_to)
			 group by grouping sets ((a.action), (a.actor_id), (a.kind), ((a.at at time zone 'utc')::date), ()))
		select jsonb_build_object(
			'from', app.ts(p_from), 'to', app.ts(p_to),
			'total', coalesce(max(s.n) filter (where s.g = 15), 0),
			'refused', coalesce(max(s.n) filter (where s.g = 7 and s.action = 'refused'), 0),
			'failed_logins', coalesce(max(s.n) filter (where s.g = 7 and s.action = 'login.failed'), 0),
			'actions', coalesce(jsonb_agg(jsonb_build_object('action', s.action, 'count', s.n) order by s.n desc, s.action)
			                    filter (where s.g = 7), '[]'),
			'actors', coalesce(jsonb_agg(jsonb_build_object('id', s.actor_id, 'name', app.user_name(s.actor_id), 'count', s.n)
			                   order by s.n desc) filter (where s.g = 11), '[]'),
			'kinds', coalesce(jsonb_agg(jsonb_build_object('kind', s.kind, 'count', s.n) order by s.n desc, s.kind)
			                  filter (where s.g = 13), '[]'),
			'days', coalesce(jsonb_agg(jsonb_build_object('day', s.day, 'count', s.n) order by s.day) filter (where s.g = 14), '[]'))
		  from sums s);
end
$$;
revoke all on function app.audit_report(timestamptz, timestamptz) from public;
grant execute on function app.audit_report(timestamptz, timestamptz) to mr_api;
