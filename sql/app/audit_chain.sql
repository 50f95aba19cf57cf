-- audit_chain: makes and checks the hash chain of each workspace's entries.
--
-- hash = sha256(previous hash || entry as a JSON array with its number). Entries are chained about a second after their
-- commit, by one caller at a time, in the order in which they became visible (docs/decisions/0008).
set local role mr_owner;

-- app.audit_hash(previous, seq, entry) -> the hash of a link. Instants as seconds: no setting changes how they look.
create or replace function app.audit_hash(p_previous bytea, p_seq bigint, p app.audit)
returns bytea
language sql immutable
return sha256(p_previous || convert_to(jsonb_build_array(
	p_seq, p.workspace_id, p.id, extract(epoch from p.at), p.actor_kind, p.actor_id, p.via_id, p.action, p.operation, p.kind,
	p.resource_id, p.request_id, encode(p.who_digest, 'hex'), encode(p.what_digest, 'hex'))::text, 'UTF8'));
revoke all on function app.audit_hash(bytea, bigint, app.audit) from public;

-- app.audit_chain(limit) -> the number of entries that were chained. Safe to call twice, late, or beside another.
create or replace function app.audit_chain(p_limit integer)
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_n     integer := 0;
	v_head  app.audit_head;
	v_entry app.audit;
	v_open  record;
begin
	if not pg_try_advisory_xact_lock(hashtext('millrace.audit')) then
		return 0;
	end if;
	for v_open in
		select o.workspace_id, o.id
		  from (select * from app.audit_open x order by x.id limit p_limit) o
		 order by o.workspace_id, o.id
	loop
		if v_head.workspace_id is distinct from v_open.workspace_id then
			update app.audit_head h
			   set seq = v_head.seq, hash = v_head.hash, updated_at = now()
			 where h.workspace_id = v_head.workspace_id;
			insert into app.audit_head (workspace_id) values (v_open.workspace_id) on conflict (workspace_id) do nothing;
			select * into v_head from app.audit_head h where h.workspace_id = v_open.workspace_id;
		end if;
		select * into v_entry from app.audit a where a.workspace_id = v_open.workspace_id and a.id = v_open.id;
		v_head.seq := v_head.seq + 1;
		v_head.hash := app.audit_hash(v_head.hash, v_head.seq, v_entry);
		-- An entry that was removed before it was chained leaves its link without it: the check tells.
		insert into app.audit_link (workspace_id, seq, audit_id, hash)
		values (v_open.workspace_id, v_head.seq, v_open.id, v_head.hash);
		delete from app.audit_open o where o.workspace_id = v_open.workspace_id and o.id = v_open.id;
		v_n := v_n + 1;
	end loop;
	update app.audit_head h
	   set seq = v_head.seq, hash = v_head.hash, updated_at = now()
	 where h.workspace_id = v_head.workspace_id;
	return v_n;
end
$$;
revoke all on function app.audit_chain(integer) from public;
grant execute on function app.audit_chain(integer) to mr_work, mr_keep;

-- app.audit_check(workspace, from, most) -> what is wrong with up to `most` links behind number `from`, by the chain
--   itself: {checked, seq, problems: [{seq, id, problem}]}; problems: changed, removed, reordered, detail_changed,
--   detail_removed.
create or replace function app.audit_check(p_workspace uuid, p_from bigint, p_most integer)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		with link as (
			select l.seq, l.audit_id, l.hash,
			       coalesce(lag(l.hash) over w, (
			           select p.hash from app.audit_link p where p.workspace_id = p_workspace and p.seq = l.seq - 1),
			           case when l.seq = h.base_seq + 1 then h.base_hash end) as previous,
			       coalesce(lag(l.seq) over w, case when p_from > h.base_seq then p_from else h.base_seq end) as before
			  from app.audit_link l
			  join app.audit_head h on h.workspace_id = l.workspace_id
			 where l.workspace_id = p_workspace and l.seq > p_from
			window w as (order by l.seq)
			 order by l.seq
			 limit p_most),
		told as (
			select k.seq, k.audit_id as id, case
			       when k.seq <> k.before + 1 then 'removed'
			       when a.id is null then 'removed'
			       when app.audit_hash(coalesce(k.previous, '\x00'), k.seq, a) <> k.hash then
			           case when exists (
			               select from app.audit_link o
			                where o.workspace_id = p_workspace and o.seq between k.seq - 1000 and k.seq + 1000 and o.seq <> k.seq
			                  and app.audit_hash(k.previous, k.seq, (
			                      select x from app.audit x where x.workspace_id = p_workspace and x.id = o.audit_id)) = k.hash)
			           then 'reordered' else 'changed' end
			       when d.audit_id is null
			            or d.erasure_id is null and ((d.who is null) <> (a.who_digest is null) or (d.what is null) <> (a.what_digest is null))
			           then 'detail_removed'
			       when app.audit_digest(d.who) <> a.who_digest or app.audit_digest(d.what) <> a.what_digest then 'detail_changed'
			       when d.erasure_id is not null and not exists (
			           select from app.audit e where e.workspace_id in (p_workspace, app.audit_home()) and e.id = d.erasure_id)
			           then 'detail_removed' end as problem
			  from link k
			  left join app.audit a on a.workspace_id = p_workspace and a.id = k.audit_id
			  left join app.audit_detail d on d.workspace_id = p_workspace and d.audit_id = k.audit_id)
		select jsonb_build_object(
			'checked', count(*), 'seq', max(t.seq),
			'problems', coalesce(jsonb_agg(jsonb_build_object('seq', t.seq, 'id', t.id, 'problem', t.problem) order by t.seq)
			                     filter (where t.problem is not null), '[]'))
		  from told t);
end
$$;
revoke all on function app.audit_check(uuid, bigint, integer) from public;

-- app.audit_verify(slice) -> the number of links that were checked: the next slice of the oldest check under way. At its end
--   it also tells: truncated (links or the head are missing at the end), unchained (an entry that was never linked),
--   base_unknown (the beginning is gone, and no entry says so).
create or replace function app.audit_verify(p_slice integer)
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v      app.audit_proof;
	v_part jsonb;
	v_end  jsonb;
begin
	select * into v from app.audit_proof p where p.status = 'running' order by p.id limit 1 for update skip locked;
	if v.id is null then
		return 0;
	end if;
	v_part := app.audit_check(v.workspace_id, v.seq, p_slice);
	v.checked := v.checked + (v_part->>'checked')::bigint;
	v.seq := coalesce((v_part->>'seq')::bigint, v.seq);
	if (v_part->>'checked')::integer < p_slice then
		v_end := app.audit_ends(v.workspace_id);
		v_part := jsonb_set(v_part, '{problems}', v_part->'problems' || v_end);
		v.completed_at := now();
	end if;
	v.problem_count := v.problem_count + jsonb_array_length(v_part->'problems');
	v.problems := (
		select coalesce(jsonb_agg(x.e order by x.ord), '[]')
		  from jsonb_array_elements(v.problems || (v_part->'problems')) with ordinality as x (e, ord)
		 where x.ord <= 100);
	update app.audit_proof p
	   set checked = v.checked, seq = v.seq, problems = v.problems, problem_count = v.problem_count, completed_at = v.completed_at,
	       status = case when v.completed_at is null then 'running' when v.problem_count = 0 then 'intact' else 'broken' end
	 where p.workspace_id = v.workspace_id and p.id = v.id;
	return (v_part->>'checked')::integer;
end
$$;
revoke all on function app.audit_verify(integer) from public;
grant execute on function app.audit_verify(integer) to mr_work, mr_keep;

-- app.audit_ends(workspace) -> problems at the two ends of the chain, as audit_check's list.
create or replace function app.audit_ends(p_workspace uuid)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_head app.audit_head;
	v_last app.audit_link;
begin
	select * into v_head from app.audit_head h where h.workspace_id = p_workspace;
	select * into v_last from app.audit_link l where l.workspace_id = p_workspace order by l.seq desc limit 1;
	return (
		select coalesce(jsonb_agg(jsonb_build_object('seq', e.seq, 'id', e.id, 'problem', e.problem)), '[]')
		  from (
			select v_head.seq, null::uuid as id, 'truncated' as problem
			 where coalesce(v_last.seq, v_head.base_seq, 0) <> coalesce(v_head.seq, 0)
			    or coalesce(v_last.hash, v_head.base_hash, '') <> coalesce(v_head.hash, '')
			 union all
			select v_head.base_seq, null, 'base_unknown'
			 where v_head.base_seq > 0 and not exists (
				select from app.audit a
				  join app.audit_link l on l.workspace_id = a.workspace_id and l.audit_id = a.id
				  join app.audit_detail d on d.workspace_id = a.workspace_id and d.audit_id = a.id
				 where a.workspace_id = p_workspace and a.action = 'audit.expire'
				   and d.what->'detail' @> jsonb_build_object('seq', v_head.base_seq, 'hash', encode(v_head.base_hash, 'hex')))
			 union all
			(select null, a.id, 'unchained'
			   from app.audit a
			  where a.workspace_id = p_workspace
			    and not exists (select from app.audit_link l where l.workspace_id = p_workspace and l.audit_id = a.id)
			    and not exists (select from app.audit_open o where o.workspace_id = p_workspace and o.id = a.id)
			  limit 100)) e);
end
$$;
revoke all on function app.audit_ends(uuid) from public;

-- app.audit_proof_json(check) -> a check as the API shows it.
create or replace function app.audit_proof_json(p app.audit_proof)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return (
		select jsonb_build_object(
			'id', p.id, 'status', p.status, 'checked', p.checked, 'total', greatest(p.checked, coalesce(h.seq - h.base_seq, 0)),
			'problems', p.problems, 'problem_count', p.problem_count, 'head', jsonb_build_object('seq', h.seq, 'hash', encode(h.hash, 'hex')),
			'created_at', app.ts(p.created_at), 'completed_at', app.ts(p.completed_at))
		  from (values (1)) as one (n)
		  left join app.audit_head h on h.workspace_id = p.workspace_id);
end
$$;
revoke all on function app.audit_proof_json(app.audit_proof) from public;
grant execute on function app.audit_proof_json(app.audit_proof) to mr_api;

-- app.audit_heads() -> the number of chains whose head went to the server's log: those that grew since the last time.
--   A chain whose end was cut off later, head and all, no longer has what the log says.
create or replace function app.audit_heads()
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v   record;
	v_n integer := 0;
begin
	for v in
		update app.audit_head h
		   set exported_seq = h.seq
		 where h.seq > h.exported_seq
		returning h.workspace_id, h.seq, h.hash
	loop
		raise log 'millrace audit.head workspace=% seq=% hash=%', v.workspace_id, v.seq, encode(v.hash, 'hex');
		v_n := v_n + 1;
	end loop;
	return v_n;
end
$$;
revoke all on function app.audit_heads() from public;
grant execute on function app.audit_heads() to mr_keep;

-- app.audit_expire(workspace, before, most) -> the number of entries that were removed for being older: the first `most` links
--   at most. The new base is an entry of the chain, so that a beginning which just vanished is told from this.
create or replace function app.audit_expire(p_workspace uuid, p_before timestamptz, p_most integer)
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_head app.audit_head;
	v_link app.audit_link;
begin
	perform pg_advisory_xact_lock(hashtext('millrace.audit'));
	select * into v_head from app.audit_head h where h.workspace_id = p_workspace;
	select l.* into v_link
	  from app.audit_link l
	  join app.audit a on a.workspace_id = l.workspace_id and a.id = l.audit_id
	 where l.workspace_id = p_workspace and l.seq > v_head.base_seq and l.seq <= v_head.base_seq + p_most and a.at < p_before
	 order by l.seq desc
	 limit 1;
	if v_link.seq is null then
		return 0;
	end if;
	update app.audit_head h
	   set base_seq = v_link.seq, base_hash = v_link.hash
	 where h.workspace_id = p_workspace;
	perform app.audit_put(p_workspace, 'audit.expire', 'audit', null, jsonb_build_object('detail', jsonb_build_object(
		'seq', v_link.seq, 'hash', encode(v_link.hash, 'hex'), 'before', app.ts(p_before))));
	perform app.audit_drop(p_workspace, v_link.seq);
	return v_link.seq - v_head.base_seq;
end
$$;
revoke all on function app.audit_expire(uuid, timestamptz, integer) from public;
grant execute on function app.audit_expire(uuid, timestamptz, integer) to mr_keep;

-- app.audit_drop(workspace, until): removes entries up to that number, which the head's base has passed.
create or replace function app.audit_drop(p_workspace uuid, p_until bigint)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	delete from app.audit_detail d
	 using app.audit_link l
	 where l.workspace_id = p_workspace and l.seq <= p_until and d.workspace_id = p_workspace and d.audit_id = l.audit_id;
	delete from app.audit a
	 using app.audit_link l
	 where l.workspace_id = p_workspace and l.seq <= p_until and a.workspace_id = p_workspace and a.id = l.audit_id;
	delete from app.audit_link l where l.workspace_id = p_workspace and l.seq <= p_until;
end
$$;
revoke all on function app.audit_drop(uuid, bigint) from public;
