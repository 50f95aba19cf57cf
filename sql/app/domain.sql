-- domain: domains that a workspace has proven to be its own by a TXT record, and the people who join by them.
--
-- Who publishes the record controls the domain's DNS. A worker looks for it (work.domain_take), first when it is asked to,
-- then each week. A proven domain whose record is gone is looked at daily; after the grace time it is nobody's again.
-- Capture: a person whose address at the domain is verified joins when a session opens, with the role that was chosen; or, where
-- the workspace asks first, is offered to join, and does by saying yes.
set local role mr_owner;

-- app.domain_again() -> how long a proof is taken to hold; app.domain_grace() -> how long its record may then be missing.
create or replace function app.domain_again() returns interval
language sql immutable parallel safe
return interval '7 days';
create or replace function app.domain_grace() returns interval
language sql immutable parallel safe
return interval '7 days';
revoke all on function app.domain_again(), app.domain_grace() from public;
grant execute on function app.domain_again(), app.domain_grace() to mr_api, mr_work;

-- app.domain_record(domain) -> the name at which its TXT record stands.
create or replace function app.domain_record(p_domain text)
returns text
language sql immutable parallel safe
return '_millrace-challenge.' || p_domain;
revoke all on function app.domain_record(text) from public;
grant execute on function app.domain_record(text) to mr_api, mr_work;

-- app.domain_proof() -> what a new record must say: 160 random bits.
create or replace function app.domain_proof()
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	return 'millrace-verify=' || encode(ext.gen_random_bytes(20), 'hex');
end
$$;
revoke all on function app.domain_proof() from public;
grant execute on function app.domain_proof() to mr_api;

-- app.domain_read(text) -> the domain in lower case, without a dot at the end. Raises MR400 on domain.
create or replace function app.domain_read(p_text text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	v constant text := lower(rtrim(trim(p_text), '.'));
begin
	if v ~ '[^[:ascii:]]' then
		perform app.fail('MR400', 'write an international name in its ASCII form, which begins with xn--', 'domain');
	elsif length(v) > 233 then
		perform app.fail('MR400', 'must not be longer than 233 characters, since its record has 20 more', 'domain');
	elsif v !~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$' then
		perform app.fail('MR400', 'must be what stands behind the @ of your addresses, such as example.com', 'domain');
	elsif v = any (app.public_mail()) then
		perform app.fail('MR400', 'anybody can get an address there, so it can''t be one team''s', 'domain');
	end if;
	return v;
end
$$;
revoke all on function app.domain_read(text) from public;
grant execute on function app.domain_read(text) to mr_api;

-- app.domain_free(domain). Raises MR409 on domain when another workspace has proven it; not which.
create or replace function app.domain_free(p_domain text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
	if app.domain_taken(p_domain, app.workspace_id()) then
		perform app.fail('MR409', 'another workspace has proven that this domain is its own', 'domain');
	end if;
end
$$;
revoke all on function app.domain_free(text) from public;
grant execute on function app.domain_free(text) to mr_api;

-- app.domain_taken(domain, workspace) -> whether another workspace than this one has proven it.
create or replace function app.domain_taken(p_domain text, p_ws uuid)
returns boolean
language sql stable
return exists (
	select from app.domain d
	 where d.domain = p_domain and d.verified_at is not null and d.workspace_id is distinct from p_ws);
revoke all on function app.domain_taken(text, uuid) from public;
grant execute on function app.domain_taken(text, uuid) to mr_work;

-- app.domain_given(domain) -> whether who chose the role of those who join may still give it.
create or replace function app.domain_given(p app.domain)
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_may text[];
begin
	select string_to_array(app.role_text(m.workspace_id, m.role, m.role_id), ',') into v_may
	  from app.member m
	  join app.user_account u on u.id = m.user_id and u.is_active
	 where m.workspace_id = p.workspace_id and m.user_id = p.set_by;
	return coalesce('member:write' = any (v_may)
	       and string_to_array(app.role_text(p.workspace_id, p.role, p.role_id), ',') <@ v_may, false);
end
$$;
revoke all on function app.domain_given(app.domain) from public;
grant execute on function app.domain_given(app.domain) to mr_api;

-- app.domain_role(name) -> the role for who joins. Raises MR400 on role, MR403 for one above that of who asks.
create or replace function app.domain_role(p_name text, out role text, out role_id uuid)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	if p_name = 'owner' then
		perform app.fail('MR400', 'nobody becomes an owner by an address', 'role');
	end if;
	select f.role, f.role_id into role, role_id from app.role_find(p_name) f;
	perform app.role_within(role, role_id);
end
$$;
revoke all on function app.domain_role(text) from public;
grant execute on function app.domain_role(text) to mr_api;

-- app.domain_lock(id) -> the domain of the entered workspace, locked for a change. Raises MR404.
create or replace function app.domain_lock(p_id text)
returns app.domain
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v app.domain;
begin
	select * into v from app.domain d where d.id = app.uuid_read(p_id) for update;
	if v.id is null then
		raise exception using errcode = 'MR404', message = 'no such domain';
	end if;
	return v;
end
$$;
revoke all on function app.domain_lock(text) from public;
grant execute on function app.domain_lock(text) to mr_api;

-- app.domain_json(domain) -> as the API shows it. `warning` says why nobody joins although capture is on.
create or replace function app.domain_json(p app.domain)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return jsonb_build_object(
		'id', p.id, 'domain', p.domain,
		'record', jsonb_build_object('name', app.domain_record(p.domain), 'type', 'TXT', 'value', p.proof),
		'state', case when p.verified_at is null then 'pending' when p.lost_at is null then 'verified' else 'lost' end,
		'is_checking', p.asked_at is not null, 'checked_at', app.ts(p.checked_at), 'problem', p.problem,
		'verified_at', app.ts(p.verified_at), 'ends_at', app.ts(p.lost_at + app.domain_grace()),
		'is_capturing', p.is_capturing, 'asks_first', p.asks_first, 'role', app.role_name(p.workspace_id, p.role, p.role_id),
		'warning', case
			when p.is_capturing and not app.domain_given(p)
			then 'nobody joins: who chose the role may not give it any more; choose it again'
			when p.is_capturing then p.refusal end,
		'created_at', app.ts(p.created_at), 'etag', p.etag);
end
$$;
revoke all on function app.domain_json(app.domain) from public;
grant execute on function app.domain_json(app.domain) to mr_api;

-- app.domain_of(user) -> the proven domain of the person's verified address that captures for a workspace in which the person has
--   never been, and to which they didn't say no; nulls: none, or who chose the role may not give it any more.
create or replace function app.domain_of(p_user uuid)
returns app.domain
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
	-- First, so that the domain is found by its index.
	v_domain constant text := (
		select split_part(u.email_key, '@', 2)
		  from app.user_account u
		 where u.id = p_user and u.kind = 'person' and u.is_active and u.email_verified_at is not null);
	v app.domain;
begin
	select d.* into v
	  from app.domain d
	  join app.workspace w on w.id = d.workspace_id and w.deleted_at is null
	 where d.domain = v_domain and d.verified_at is not null and d.is_capturing
	   and not exists (select from app.member m where m.workspace_id = d.workspace_id and m.user_id = p_user)
	   and not exists (select from app.left_member l where l.workspace_id = d.workspace_id and l.user_id = p_user);
	if not app.domain_given(v) then
		return null;
	end if;
	return v;
end
$$;
revoke all on function app.domain_of(uuid) from public;

-- app.domain_join(domain, user): the person is a member from now on. Raises MR42Q where the plan has no room.
create or replace function app.domain_join(p app.domain, p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	perform app.member_add(p.workspace_id, p_user, p.role, p.role_id);
	perform app.audit_put(p.workspace_id, 'domain.join', 'domain', p.id,
		jsonb_build_object('detail', jsonb_build_object('user_id', p_user, 'role', app.role_name(p.workspace_id, p.role, p.role_id))),
		p_user);
end
$$;
revoke all on function app.domain_join(app.domain, uuid) from public;

-- app.domain_capture(user): the person joins by the domain of their address (app.domain_of), unless the workspace asks first;
--   once: who left, or was removed, isn't brought back. Where the plan has no room nobody joins, and the domain says so.
create or replace function app.domain_capture(p_user uuid)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v     constant app.domain := app.domain_of(p_user);
	v_why text;
begin
	if v.id is null or v.asks_first then
		return;
	end if;
	begin
		perform app.domain_join(v, p_user);
	exception when sqlstate 'MR42Q' then
		get stacked diagnostics v_why = message_text;
	end;
	if v_why is not null then
		perform app.audit_put(v.workspace_id, 'domain.join_refused', 'domain', v.id,
			jsonb_build_object('detail', jsonb_build_object('user_id', p_user, 'why', v_why)), p_user);
	end if;
	update app.domain d
	   set refused_at = case when v_why is not null then now() end,
	       refusal = 'somebody could not join: ' || v_why
	 where d.workspace_id = v.workspace_id and d.id = v.id and (v_why is not null or d.refusal is not null);
end
$$;
revoke all on function app.domain_capture(uuid) from public;

-- app.join_offer_list() -> [{id, workspace, domain, role}]: the workspace that the person of the context may join by the domain of
--   their address; one at most, since a domain is one workspace's. id: the workspace's.
create or replace function app.join_offer_list()
returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v constant app.domain := app.domain_of(app.user_id());
begin
	return coalesce((
		select jsonb_agg(jsonb_build_object('id', w.id, 'workspace', w.name, 'domain', v.domain,
		                                    'role', app.role_name(v.workspace_id, v.role, v.role_id)))
		  from app.workspace w
		 where w.id = v.workspace_id and v.asks_first), '[]');
end
$$;
revoke all on function app.join_offer_list() from public;
grant execute on function app.join_offer_list() to mr_api;

-- app.join_offer_answer(workspace, accept): the person of the context joins, or isn't asked again. Raises MR404 where nothing is
--   offered (any more), MR42Q where the plan has no room.
create or replace function app.join_offer_answer(p_id uuid, p_accept boolean)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v constant app.domain := app.domain_of(app.user_id());
begin
	if v.id is null or v.workspace_id is distinct from p_id or not v.asks_first then
		raise exception using errcode = 'MR404', message = 'no such offer';
	elsif p_accept then
		perform app.domain_join(v, app.user_id());
	else
		insert into app.left_member (workspace_id, user_id) values (v.workspace_id, app.user_id())
		    on conflict (workspace_id, user_id) do nothing;
		perform app.audit_put(v.workspace_id, 'domain.decline', 'domain', v.id,
			jsonb_build_object('detail', jsonb_build_object('user_id', app.user_id())), app.user_id());
	end if;
end
$$;
revoke all on function app.join_offer_answer(uuid, boolean) from public;
grant execute on function app.join_offer_answer(uuid, boolean) to mr_api;

-- app.domain_mail(domain): tells the owners that the record is gone and what will come of it, or, the domain being nobody's
--   again, what came of it.
create or replace function app.domain_mail(p app.domain)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_name constant text := (select w.name from app.workspace w where w.id = p.workspace_id and w.deleted_at is null);
	v_text text := format(E'The TXT record that proves that %s belongs to the workspace %s is missing:\n\n%s\n%s\n\n',
	                      p.domain, v_name, app.domain_record(p.domain), p.proof);
begin
	v_text := v_text || case when p.verified_at is null
		then 'The domain doesn''t count as yours any more, and people with an address there don''t join by themselves. '
		     'Publish the record again, then have it checked at'
		else format('Publish it again. Otherwise people with an address there stop joining by themselves on %s. See',
		            to_char((p.lost_at + app.domain_grace()) at time zone 'utc', 'YYYY-MM-DD')) end
		|| E'\n' || app.mail_link('/settings/domains') || E'\n';
	perform app.mail_put(p.workspace_id, u.email, 'domain',
		format(case when p.verified_at is null then '%s: the domain %s is not yours any more'
		            else '%s: the record of the domain %s is missing' end, v_name, p.domain), v_text)
	   from app.member m
	   join app.user_account u on u.id = m.user_id and u.is_active and u.kind = 'person'
	  where m.workspace_id = p.workspace_id and m.role = 'owner' and v_name is not null and app.mail_fits(u.email);
end
$$;
revoke all on function app.domain_mail(app.domain) from public;
grant execute on function app.domain_mail(app.domain) to mr_work;
