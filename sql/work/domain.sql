-- domain: the worker's side of proofs of domains: take those that are due, ask for their records, say what was found.
set local role mr_work;

-- work.domain_take(limit, lease ms) -> domains whose record is to be looked for now, longest due first; nobody else gets them
--   until the lease is over. A worker that dies in between costs a second look.
create or replace function work.domain_take(p_limit integer, p_lease_ms integer)
returns table (workspace_id uuid, id uuid, record text, proof text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
	return query
	update app.domain d
	   set due_at = clock_timestamp() + p_lease_ms * interval '1 ms'
	 where (d.workspace_id, d.id) in (
		select d2.workspace_id, d2.id from app.domain d2
		 where d2.due_at <= clock_timestamp()
		 order by d2.due_at
		 limit p_limit
		   for update skip locked)
	returning d.workspace_id, d.id, app.domain_record(d.domain), d.proof;
end
$$;
revoke all on function work.domain_take(integer, integer) from public;
grant execute on function work.domain_take(integer, integer) to mr_worker;

-- work.domain_done(workspace, id, proof, found, problem): what came of a look for that proof. found: the record is there or isn't;
--   null: nobody could tell, which alone loses no proof until two more weeks have passed without one.
--   Proven once, by the first workspace: who is later hears that another one has it. A proven domain is looked at again each
--   week, one whose record is missing each day; when the grace time is over it is nobody's, and the owners are told of both.
create or replace function work.domain_done(p_ws uuid, p_id uuid, p_proof text, p_found boolean, p_problem text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v       app.domain;
	v_found boolean := coalesce(p_found, false);
	v_now   constant timestamptz := clock_timestamp();
	v_why   text := p_problem;
	v_lost  boolean;
begin
	select * into v from app.domain d where d.workspace_id = p_ws and d.id = p_id and d.proof = p_proof for update;
	if v.id is null then
		return;
	end if;
	if v_found then
		-- Of two that are proven at once the second waits here, and then sees the first.
		perform pg_advisory_xact_lock(hashtextextended('domain ' || v.domain, 0));
		if app.domain_taken(v.domain, p_ws) then
			v_found := false;
			v_why := 'another workspace has proven that this domain is its own';
		end if;
	end if;
	v.verified_at := case when v_found then coalesce(v.verified_at, v_now) else v.verified_at end;
	v_lost := not v_found and v.verified_at is not null
	      and (p_found is not null or v.proven_at < v_now - 3 * app.domain_again());
	v.lost_at := case when v_lost then coalesce(v.lost_at, v_now) when not v_found then v.lost_at end;
	if v_lost and v.lost_at <= v_now - app.domain_grace() then
		v.verified_at := null;
		v.lost_at := null;
		v.is_capturing := false;
		v.refused_at := null;
		v.refusal := null;
		perform app.domain_mail(v);
	elsif v_lost and v.lost_at = v_now then
		perform app.domain_mail(v);
	end if;
	update app.domain d
	   set verified_at = v.verified_at, proven_at = case when v_found then v_now else v.proven_at end,
	       lost_at = v.lost_at, is_capturing = v.is_capturing, refused_at = v.refused_at, refusal = v.refusal,
	       asked_at = null, checked_at = v_now, problem = case when not v_found then v_why end,
	       due_at = case when v_found then v_now + app.domain_again()
	                     when v.verified_at is null then null
	                     when v_lost then v_now + interval '1 day'
	                     else v_now + interval '1 hour' end,
	       etag = d.etag + ((d.verified_at is null) <> (v.verified_at is null))::integer
	 where d.workspace_id = p_ws and d.id = p_id;
end
$$;
revoke all on function work.domain_done(uuid, uuid, text, boolean, text) from public;
grant execute on function work.domain_done(uuid, uuid, text, boolean, text) to mr_worker;
