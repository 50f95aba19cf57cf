-- check: one row a fault; all must be 0. Read after the last injury, when the queue has drained.
select 'lost' as fault, count(*) as n
  from witness.answered a left join app.run r on r.id = a.run_id where r.id is null
union all
select 'two runs for one key', count(*)
  from (select 1 from witness.answered group by key having count(distinct run_id) > 1) x
union all
select 'step recorded twice', count(*)
  from (select 1 from witness.step_log group by run_id, node_id, iteration, attempt having count(*) > 1) x
union all
select 'finished twice', count(*)
  from (select 1 from witness.end_log group by run_id having count(*) > 1) x
union all
select 'stuck', count(*)
  from app.run r where r.status not in ('succeeded', 'failed', 'cancelled')
union all
-- A write by a worker process after another had claimed the run. Connections are told apart by their last claim.
select 'stale write', count(*)
  from witness.step_log s
  cross join lateral (select c.owner from witness.claim_log c where c.run_id = s.run_id and c.seq < s.seq order by c.seq desc limit 1) holder
  cross join lateral (select c.owner from witness.claim_log c where c.pid = s.pid and c.seq < s.seq order by c.seq desc limit 1) writer
  join witness.worker_log h on h.owner = holder.owner
  join witness.worker_log w on w.owner = writer.owner
 where h.os_pid <> w.os_pid
union all
select 'succeeded without all its steps', count(*)
  from app.run r
 where r.status = 'succeeded'
   and (select count(distinct s.node_id) from app.step s where s.workspace_id = r.workspace_id and s.run_id = r.id and s.status = 'succeeded') <> 5
union all
select 'failed for another reason than quarantine', count(*)
  from app.run_outcome o where o.error->>'code' <> 'QUARANTINED'
union all
select 'quarantined before its third loss', count(*)
  from app.run_outcome o
 where o.error->>'code' = 'QUARANTINED' and (select count(*) from witness.loss_log l where l.run_id = o.run_id) < 3
union all
-- Metered = counted, exactly, for each workspace that either knows; what is rolled up and what isn't yet.
select 'metered is not counted', count(*)
  from app.workspace w
 cross join lateral (
	select u.runs, u.deliveries, u.steps, u.us, u.bytes
	  from (
		select coalesce(sum(x.runs), 0) as runs, coalesce(sum(x.deliveries), 0) as deliveries, coalesce(sum(x.steps), 0) as steps,
		       coalesce(sum(x.us), 0) as us, coalesce(sum(x.bytes), 0) as bytes
		  from (
			select m.runs, m.deliveries, m.steps, m.compute_us as us, m.bytes from app.usage_month m where m.workspace_id = w.id
			 union all
			select m.runs, m.deliveries, m.steps, m.compute_us, m.delivery_bytes + m.step_bytes + m.log_bytes
			  from app.meter m where m.workspace_id = w.id) x) u) metered
 cross join lateral (
	select (select count(*) from app.run r where r.workspace_id = w.id) as runs,
	       (select count(*) from app.delivery d where d.workspace_id = w.id) as deliveries,
	       s.steps, s.us,
	       s.bytes
	       + (select coalesce(sum(octet_length(d.body) + octet_length(d.headers::text) + octet_length(d.query)), 0)
	            from app.delivery d where d.workspace_id = w.id)
	       + (select coalesce(sum(octet_length(l.message) + coalesce(octet_length(l.data::text), 0)), 0)
	            from app.log l where l.workspace_id = w.id) as bytes
	  from (
		select count(*) filter (where s.status <> 'skipped') as steps, coalesce(sum(s.duration_us), 0) as us,
		       coalesce(sum(coalesce(octet_length(s.source::text), 0) + coalesce(octet_length(s.output::text), 0)
		                    + coalesce(octet_length(s.error::text), 0)), 0) as bytes
		  from app.step s where s.workspace_id = w.id) s) counted
 where to_jsonb(metered) <> to_jsonb(counted)
union all
select 'bytes kept are not those stored', count(*)
  from app.workspace w
 where (select coalesce(sum(k.bytes), 0) from app.usage_kept k where k.workspace_id = w.id)
       <> (select coalesce(sum(m.bytes), 0) from app.usage_month m where m.workspace_id = w.id);
