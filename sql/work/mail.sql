-- mail: the worker's side of the outbox: claim under a lease, send, say how it went.
set local role mr_work;

-- work.mail_setup(on, url): at a worker's start: whether it can send mail, and the origin for links. Put only when changed.
create or replace function work.mail_setup(p_on boolean, p_url text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	update app.mail_setup s
	   set is_on = p_on, url = p_url, updated_at = now()
	 where (s.is_on, s.url) is distinct from (p_on, p_url);
end
$$;
revoke all on function work.mail_setup(boolean, text) from public;
grant execute on function work.mail_setup(boolean, text) to mr_worker;

-- work.mail_claim(limit, lease ms) -> mails to send now, oldest first; nobody else gets them until the lease is over.
--   A worker that dies in between costs a second sending at worst: a mail is sent at least once.
create or replace function work.mail_claim(p_limit integer, p_lease_ms integer)
returns table (id uuid, attempt integer, mail_to text, kind text, subject text, body text, created_at timestamptz)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return query
	update app.mail m
	   set due_at = clock_timestamp() + p_lease_ms * interval '1 ms', attempt = m.attempt + 1
	 where m.id = any (array(
		select m2.id from app.mail m2
		 where m2.status = 'queued' and m2.due_at <= clock_timestamp()
		 order by m2.due_at
		 limit p_limit
		   for update skip locked))
	returning m.id, m.attempt, m.mail_to, m.kind, m.subject, m.body, m.created_at;
end
$$;
revoke all on function work.mail_claim(integer, integer) from public;
grant execute on function work.mail_claim(integer, integer) to mr_worker;

-- work.mail_done(id, attempt, error, final, retry ms, tries) -> the mail's status. No error: it is sent. Else it waits
--   retry_ms, three times as long after each failure and an hour at most, and is dead after `tries`, or at once when
--   the refusal is final. Another attempt than the present one changes nothing: its lease was over.
create or replace function work.mail_done(
	p_id uuid, p_attempt integer, p_error text, p_final boolean, p_retry_ms integer, p_tries integer)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_status text := case
		when p_error is null then 'sent'
		when p_final or p_attempt >= p_tries then 'dead'
		else 'queued' end;
begin
	update app.mail m
	   set status = v_status, error = coalesce(p_error, m.error),
	       body = case when v_status = 'queued' then m.body end,
	       done_at = case when v_status <> 'queued' then now() end,
	       due_at = clock_timestamp()
	              + least(3600000, p_retry_ms * 3.0 ^ least(p_attempt - 1, 20)) * interval '1 ms'
	 where m.id = p_id and m.attempt = p_attempt and m.status = 'queued'
	returning m.status into v_status;
	return v_status;
end
$$;
revoke all on function work.mail_done(uuid, integer, text, boolean, integer, integer) from public;
grant execute on function work.mail_done(uuid, integer, text, boolean, integer, integer) to mr_worker;
