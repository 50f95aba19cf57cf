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
 where o.error->>'code' = 'QUARANTINED' and (select count(*) from witness.loss_log l where l.run_id = o.run_id) < 3;
