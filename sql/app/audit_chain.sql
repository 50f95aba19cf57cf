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
