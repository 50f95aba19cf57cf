-- audit_sink: posts a workspace's entries to an address of its own, in the order of the chain, as Standard Webhooks.
--
-- A message is up to 100 entries behind the last one that was taken. Its id is made of workspace and number, so a message that is
-- sent again is known by its id; the next one goes out only after it was taken. The signing secret is derived from the
-- installation's key, so it is stored nowhere: it is this system's own, not one that somebody entrusted to it.
set local role mr_owner;

-- app.audit_sink_secret(sink) -> its key, 24 bytes.
create or replace function app.audit_sink_secret(p app.audit_sink)
returns bytea
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_key bytea;
begin
	select k.mac into v_key from app.context_key k;
	return substring(ext.hmac(convert_to(concat_ws('|', 'audit sink', p.workspace_id, p.generation), 'UTF8'), v_key, 'sha256') for 24);
end
$$;
revoke all on function app.audit_sink_secret(app.audit_sink) from public;

-- app.audit_sink_json(sink) -> a sink as the API shows it, with its secret: whoever may set it may read it again.
create or replace function app.audit_sink_json(p app.audit_sink)
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'url', p.url, 'is_active', p.is_active, 'secret', 'whsec_' || encode(app.audit_sink_secret(p), 'base64'),
		'sent_seq', p.seq, 'error', p.error, 'attempt', p.attempt, 'sent_at', app.ts(p.sent_at),
		'pending', coalesce((select greatest(0, h.seq - greatest(p.seq, h.base_seq)) from app.audit_head h where h.workspace_id = p.workspace_id), 0),
		'etag', p.etag, 'created_at', app.ts(p.created_at), 'updated_at', app.ts(p.updated_at));
end
$$;
revoke all on function app.audit_sink_json(app.audit_sink) from public;
grant execute on function app.audit_sink_json(app.audit_sink) to mr_api;

-- app.audit_sink_take(limit) -> messages to be posted now, leased for a minute: workspace, url, id, at (seconds), body, signature,
--   until (the number of its last entry).
create or replace function app.audit_sink_take(p_limit integer)
returns table (workspace_id uuid, url text, id text, at bigint, body text, signature text, until_seq bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_sink app.audit_sink;
begin
	for v_sink in
		select s.*
		  from app.audit_sink s
		  join app.audit_head h on h.workspace_id = s.workspace_id and h.seq > s.seq
		 where s.is_active and s.due_at <= now()
		 order by s.due_at
		 limit p_limit
		   for update of s skip locked
	loop
		update app.audit_sink s set due_at = now() + interval '1 minute' where s.workspace_id = v_sink.workspace_id;
		workspace_id := v_sink.workspace_id;
		url := v_sink.url;
		at := extract(epoch from now())::bigint;
		-- Names of people need the workspace; nobody entered here.
		perform app.context_seal(v_sink.workspace_id, null, null, null, 'system', ',');
		select json_build_object('type', 'audit.entries', 'workspace_id', v_sink.workspace_id, 'timestamp', app.ts(now()),
		                         'data', json_agg(e.entry order by e.seq))::text, max(e.seq)
		  into body, until_seq
		  from (
			select l.seq, app.audit_json(a) as entry
			  from app.audit_link l
			  join app.audit a on a.workspace_id = l.workspace_id and a.id = l.audit_id
			 where l.workspace_id = v_sink.workspace_id and l.seq > v_sink.seq
			 order by l.seq
			 limit 100) e;
		continue when until_seq is null;
		id := format('msg_%s_%s', replace(v_sink.workspace_id::text, '-', ''), until_seq);
		signature := 'v1,' || encode(ext.hmac(convert_to(concat_ws('.', id, at, body), 'UTF8'), app.audit_sink_secret(v_sink), 'sha256'), 'base64');
		return next;
	end loop;
	perform set_config('app.ctx', '', true);
end
$$;
revoke all on function app.audit_sink_take(integer) from public;
grant execute on function app.audit_sink_take(integer) to mr_work;

-- app.audit_sink_done(workspace, until, error): the message was taken (error null), or is sent again after 2, 4, 8 … 3,600 s.
create or replace function app.audit_sink_done(p_workspace uuid, p_until bigint, p_error text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_error is null then
		update app.audit_sink s
		   set seq = p_until, attempt = 0, error = null, sent_at = now(), due_at = now()
		 where s.workspace_id = p_workspace and s.seq < p_until;
	else
		update app.audit_sink s
		   set attempt = s.attempt + 1, error = left(p_error, 500), due_at = now() + least(3600, 2 ^ least(12, s.attempt + 1)) * interval '1 second'
		 where s.workspace_id = p_workspace and s.seq < p_until;
	end if;
end
$$;
revoke all on function app.audit_sink_done(uuid, bigint, text) from public;
grant execute on function app.audit_sink_done(uuid, bigint, text) to mr_work;
