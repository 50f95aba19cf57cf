-- delivery: accepts webhooks, many in one statement, and answers those who wait for the run.
set local role mr_work;

-- work.delivery_accept(…) -> one row for each delivery given, in its order.
--   A delivery names its hook by token, or by workspace slug (of now or before) and path (token null). The token is the credential:
--   no workspace is entered, and nothing is read back but the receipt.
--   verdict  accepted   delivery, run and queue row are made; they are durable once this transaction commits
--            duplicate  the dedup key was seen within 24 hours: receipt and run are those of the first one
--            not_found  no such hook, or its workflow isn't live
--            method     the hook doesn't take this method; `said` lists those it takes
--            proof      the sender must prove itself, and p_proof isn't of the trigger as it is now: `said` is what
--                       work.trigger_proof tells; web checks, and gives `proof` of it back with the same delivery
--            quota      the workspace has used up what its plan allows; `said` is the object of app.quota_said with message and retry_after_s
--   mode, timeout_ms    how the hook answers: immediate, or when the run has answered (last_node, respond)
--   prio, tid           of the queue row of an accepted one: with them the wake-up can name it, see api.wake
--   workflow_id … node_id  what an accepted one starts, so that web can offer it to an idle worker
--   p_announce: the caller has one delivery and nothing else under way, so this transaction wakes the workers itself. A
--   transaction that notifies holds a lock of the whole cluster over its flush: never when there is anything to group.
create or replace function work.delivery_accept(
	p_token text[], p_slug text[], p_path text[], p_method text[], p_id uuid[], p_run_id uuid[], p_dedup_key text[],
	p_headers json[], p_query text[], p_content_type text[], p_body bytea[], p_address text[],
	p_proof text[], p_announce boolean)
returns table (ord bigint, verdict text, receipt uuid, run_id uuid, received_at timestamptz, mode text,
               timeout_ms integer, said text, workspace_id uuid, prio smallint, tid tid, workflow_id uuid, version_id uuid,
               version integer, node_id text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
	v_token   text[] := p_token;
	v_ws      uuid[];
	v_trigger uuid[];
	v_mode    text[];
	v_timeout integer[];
	v_workflow uuid[];
	v_version uuid[];
	v_number  integer[];
	v_node    text[];
	v_priority smallint[];
	v_verdict text[];
	v_keyed   boolean := cardinality(array_remove(p_dedup_key, null)) > 0;
	v_fresh   uuid[];
	v_queued  uuid[];
	v_prio    smallint[];
	v_tid     tid[];
	v_said    text[];
	v_limited uuid[];
begin
	if array_position(v_token, null) is not null then
		v_token := work.hook_tokens(p_token, p_slug, p_path);
	end if;
	-- Which hook is meant, does it take this, and whose runs may be refused?
	select array_agg(h.workspace_id), array_agg(h.id), array_agg(h.mode), array_agg(h.answer_timeout_ms), array_agg(h.verdict),
	       array_agg(h.workflow_id), array_agg(h.version_id), array_agg(h.number), array_agg(h.node_id), array_agg(h.priority),
	       array_agg(distinct h.workspace_id order by h.workspace_id) filter (where h.is_limited and h.id is not null)
	  into v_ws, v_trigger, v_mode, v_timeout, v_verdict, v_workflow, v_version, v_number, v_node,
	       v_priority, v_limited
	  from (
		select t.workspace_id, t.id, t.mode, t.answer_timeout_ms, t.workflow_id, t.version_id, v.number, t.node_id,
		       t.priority,
		       case
		           when t.id is null or not t.is_active then 'not_found'
		           when g.method <> all (t.methods) then 'method'
		           when t.scheme <> 'none' and g.proof is distinct from t.id || ':' || t.etag then 'proof'
		           else 'accepted' end as verdict,
		       exists (
			select from app.plan_of(t.workspace_id) p
			 where jsonb_strip_nulls(p.limits) ?| array['runs', 'steps', 'compute_ms', 'storage_bytes']) as is_limited
		  from unnest(v_token, p_method, p_proof) with ordinality as g (token, method, proof, ord)
		  left join app.trigger t on t.token = g.token
		  left join app.version v on v.workspace_id = t.workspace_id and v.id = t.version_id
		 order by g.ord) h;

	if v_limited is not null then
		select q.verdict, q.said into v_verdict, v_said
		  from work.quota_cut(v_limited, v_ws, v_trigger, p_dedup_key, v_verdict) q;
	end if;
	if v_verdict && array['method', 'proof'] then
		v_said := work.hook_said(v_ws, v_trigger, v_verdict, v_said);
	end if;

	if v_keyed then
		-- The first of equal keys wins, in this call by order, against others by the unique key.
		with keyed as (
			select distinct on (g.ws, g.trigger_id, g.key) g.*
			  from unnest(v_ws, v_trigger, p_dedup_key, p_id, p_run_id, v_verdict) with ordinality
			       as g (ws, trigger_id, key, id, run_id, verdict, ord)
			 where g.verdict = 'accepted' and g.key is not null
			 order by g.ws, g.trigger_id, g.key, g.ord),
		won as (
			insert into app.delivery_key as k (workspace_id, trigger_id, key, delivery_id, run_id)
			select k.ws, k.trigger_id, k.key, k.id, k.run_id from keyed k
			on conflict (workspace_id, trigger_id, key) do update
			   set delivery_id = excluded.delivery_id, run_id = excluded.run_id, received_at = excluded.received_at
			 where k.received_at < clock_timestamp() - interval '24 hours'
			returning k.delivery_id)
		select array_agg(w.delivery_id) into v_fresh from won w;
		select array_agg(case
		           when g.verdict = 'accepted' and g.key is not null and (v_fresh is null or g.id <> all (v_fresh))
		           then 'duplicate' else g.verdict end order by g.ord)
		  into v_verdict
		  from unnest(v_verdict, p_dedup_key, p_id) with ordinality as g (verdict, key, id, ord);
	end if;

	with fresh as (
		select g.*
		  from unnest(v_ws, v_trigger, v_verdict, v_mode, v_priority, v_workflow, v_version, v_number, v_node, p_id, p_run_id,
		              p_method, p_query, p_headers, p_content_type, p_body, p_dedup_key, p_address)
		       as g (ws, trigger_id, verdict, mode, priority, workflow_id, version_id, number, node_id, id, run_id, method,
		             query, headers, content_type, body, dedup_key, address)
		 where g.verdict = 'accepted'),
	d as (
		insert into app.delivery (workspace_id, id, run_id, trigger_id, workflow_id, method, query, headers, content_type,
		                          body, dedup_key, address)
		select f.ws, f.id, f.run_id, f.trigger_id, f.workflow_id, f.method, f.query, f.headers, f.content_type, f.body,
		       f.dedup_key, f.address
		  from fresh f),
	r as (
		insert into app.run (workspace_id, id, workflow_id, version_id, version, trigger_type, node_id, trigger_id,
		                     delivery_id, priority, is_sync)
		select f.ws, f.run_id, f.workflow_id, f.version_id, f.number, 'webhook', f.node_id, f.trigger_id, f.id,
		       f.priority, f.mode <> 'immediate'
		  from fresh f),
	m as (
		insert into app.meter (workspace_id, workflow_id, day, runs, deliveries, delivery_bytes)
		select f.ws, f.workflow_id, app.meter_day(f.id), count(*), count(*),
		       sum(octet_length(f.body) + octet_length(f.headers::text) + octet_length(f.query))
		  from fresh f
		 group by f.ws, f.workflow_id, app.meter_day(f.id)),
	q as (
		insert into app.run_queue as q (workspace_id, run_id, prio)
		select f.ws, f.run_id, f.priority from fresh f
		returning q.run_id, q.prio, q.ctid)
	select array_agg(q.run_id), array_agg(q.prio), array_agg(q.ctid) into v_queued, v_prio, v_tid from q;
	if p_announce and v_queued is not null then
		perform pg_notify('mr_work',
		    concat_ws(':', v_ws[1], v_queued[1], v_prio[1], translate(v_tid[1]::text, ',()', ':')));
	end if;

	return query
	select g.ord, g.verdict,
	       case g.verdict when 'accepted' then g.id when 'duplicate' then k.delivery_id end,
	       case g.verdict when 'accepted' then g.run_id when 'duplicate' then k.run_id end,
	       case g.verdict when 'accepted' then now() when 'duplicate' then k.received_at end,
	       g.mode, g.timeout, g.said, case when g.verdict in ('accepted', 'duplicate', 'quota') then g.ws end,
	       v_prio[array_position(v_queued, g.run_id)], v_tid[array_position(v_queued, g.run_id)], g.workflow_id, g.version_id,
	       g.number, g.node_id
	  from unnest(v_verdict, p_id, p_run_id, v_ws, v_trigger, p_dedup_key, v_mode, v_timeout, v_said, v_workflow, v_version,
	              v_number, v_node) with ordinality
	       as g (verdict, id, run_id, ws, trigger_id, key, mode, timeout, said, workflow_id, version_id, number, node_id, ord)
	  left join app.delivery_key k on v_keyed and g.verdict = 'duplicate'
	       and k.workspace_id = g.ws and k.trigger_id = g.trigger_id and k.key = g.key
	 order by g.ord;
end
$$;
revoke all on function work.delivery_accept(text[], text[], text[], text[], uuid[], uuid[], text[], json[], text[],
	text[], bytea[], text[], text[], boolean) from public;
grant execute on function work.delivery_accept(text[], text[], text[], text[], uuid[], uuid[], text[], json[], text[],
	text[], bytea[], text[], text[], boolean) to mr_api;

-- work.hook_tokens(tokens, slugs, paths) -> the tokens, also of the hooks that are named by their workspace's slug, of now or
--   before, and their path; null: there is none. Part of work.delivery_accept.
create or replace function work.hook_tokens(p_token text[], p_slug text[], p_path text[])
returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	return (
		select array_agg(coalesce(g.token, t.token) order by g.ord)
		  from unnest(p_token, p_slug, p_path) with ordinality as g (token, slug, path, ord)
		  left join lateral (
			select a.token
			  from (select x.id from app.workspace x where x.slug = g.slug
			        union all
			        select o.workspace_id from app.old_slug o where o.slug = g.slug) n
			  join app.workspace w on w.id = n.id and w.deleted_at is null
			  join app.trigger a on a.workspace_id = w.id and a.path = g.path
			 where g.token is null
			 limit 1) t on true);
end
$$;
revoke all on function work.hook_tokens(text[], text[], text[]) from public;

-- work.hook_said(workspaces, triggers, verdicts, said) -> said, also where a sender is told the methods that the hook takes, or
--   how it is to prove itself. Part of work.delivery_accept.
create or replace function work.hook_said(p_ws uuid[], p_trigger uuid[], p_verdict text[], p_said text[])
returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	return (
		select array_agg(case g.verdict when 'method' then array_to_string(t.methods, ', ')
		                     when 'proof' then work.trigger_proof(t)::text else p_said[g.ord] end order by g.ord)
		  from unnest(p_ws, p_trigger, p_verdict) with ordinality as g (ws, trigger_id, verdict, ord)
		  left join app.trigger t on t.workspace_id = g.ws and t.id = g.trigger_id);
end
$$;
revoke all on function work.hook_said(uuid[], uuid[], text[], text[]) from public;

-- work.trigger_proof(trigger) -> {proof, workspace, trigger, scheme, config, secrets: [{until_s?, place}]}: what web needs to have the
--   vault check whether a sender proves itself. `proof` names this state of the trigger. Part of work.delivery_accept.
create or replace function work.trigger_proof(p app.trigger)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object('proof', p.id || ':' || p.etag, 'workspace', p.workspace_id, 'trigger', p.id,
		'scheme', p.scheme, 'config', p.config, 'secrets', (
		select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('until_s', floor(extract(epoch from s.expires_at)), 'place',
		           app.record_place(s.workspace_id, s.trigger_id, s.id::text, 1, s.sealed)
		           || jsonb_build_object('record', translate(encode(s.sealed, 'base64'), E'\n', ''))))
		           order by s.expires_at desc nulls first), '[]')
		  from app.trigger_secret s
		 where s.workspace_id = p.workspace_id and s.trigger_id = p.id
		   and (s.expires_at is null or s.expires_at > clock_timestamp())));
end
$$;
revoke all on function work.trigger_proof(app.trigger) from public;

-- work.delivery_refused({workspace, trigger, scheme, refused, address}): the audit log learns that so many deliveries were
--   refused since their sender proved nothing. A trigger that is gone meanwhile leaves no entry.
create or replace function work.delivery_refused(p jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	perform set_config('app.client', jsonb_build_object('address', p->>'address', 'operation', 'delivery_accept')::text, true);
	perform app.audit_put(t.workspace_id, 'delivery.refused', 'trigger', t.id,
		jsonb_build_object('detail', p - '{workspace,trigger,address}'::text[]))
	  from app.trigger t
	 where t.workspace_id = (p->>'workspace')::uuid and t.id = (p->>'trigger')::uuid;
end
$$;
revoke all on function work.delivery_refused(jsonb) from public;
grant execute on function work.delivery_refused(jsonb) to mr_api;

-- work.quota_cut(limited, workspaces, triggers, keys, verdicts) -> the verdicts, with `quota` for what is accepted beyond the
--   room of a limited workspace, and for these what to say. Part of work.delivery_accept. What was accepted before isn't
--   refused for its quota: it becomes a duplicate.
create or replace function work.quota_cut(p_limited uuid[], p_ws uuid[], p_trigger uuid[], p_key text[], p_verdict text[],
	out verdict text[], out said text[])
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	v_ws   uuid;
	v_ord  integer[];
	v_room record;
begin
	verdict := p_verdict;
	said := array_fill(null::text, array[cardinality(p_verdict)]);
	foreach v_ws in array p_limited loop
		-- Within reach of the limit this waits: keys are read afterwards.
		select r.room, r.said into v_room
		  from app.run_room(v_ws, (select count(*)::integer from unnest(p_ws, p_verdict) as g (ws, verdict)
		                            where g.ws = v_ws and g.verdict = 'accepted')) r;
		continue when v_room.said is null;
		-- Those who still find room use it before the others are refused.
		v_room.said := v_room.said || jsonb_build_object('used', (v_room.said->>'used')::bigint + v_room.room);
		select array_agg(g.ord order by g.ord) into v_ord
		  from unnest(p_ws, p_trigger, p_key, p_verdict) with ordinality as g (ws, trigger_id, key, verdict, ord)
		 where g.ws = v_ws and g.verdict = 'accepted'
		   and not exists (
			select from app.delivery_key k
			 where k.workspace_id = g.ws and k.trigger_id = g.trigger_id and k.key = g.key
			   and k.received_at >= clock_timestamp() - interval '24 hours');
		for v_i in v_room.room + 1 .. coalesce(cardinality(v_ord), 0) loop
			verdict[v_ord[v_i]] := 'quota';
			said[v_ord[v_i]] := v_room.said || jsonb_build_object('message', app.quota_text(v_room.said),
			    'retry_after_s', app.quota_wait(v_room.said));
		end loop;
	end loop;
end
$$;
revoke all on function work.quota_cut(uuid[], uuid[], uuid[], text[], text[]) from public;

-- work.delivery_answer(workspace, run) -> {status, output, response, error} of a webhook's run that a request waits for,
--   or null while it isn't over.
create or replace function work.delivery_answer(p_ws uuid, p_run_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_answer jsonb;
begin
	select jsonb_build_object('status', r.status, 'output', r.output, 'response', r.response, 'error', o.error)
	  into v_answer
	  from app.run r
	  left join app.run_outcome o on o.workspace_id = r.workspace_id and o.run_id = r.id
	 where r.workspace_id = p_ws and r.id = p_run_id and r.is_sync
	   and r.status in ('succeeded', 'failed', 'cancelled');
	return v_answer;
end
$$;
revoke all on function work.delivery_answer(uuid, uuid) from public;
grant execute on function work.delivery_answer(uuid, uuid) to mr_api;
