-- throttle: slows down who guesses passwords, and locks nobody out.
--
-- Counted by account and by network (/24, or /64 of IPv6): the free tries, then 1, 2, 4 … 60 s until the next. A try is
-- counted when it begins, in the transaction that reads the hash, since the refusal that follows a wrong password
-- rolls its own transaction back; success takes it back. A network gets more free tries than an account: an office
-- shares one, and a success says nothing about the others in it. Sign-ups, mails that strangers cause and tries at the
-- second factor are counted likewise, under keys of their own.
set local role mr_owner;

-- app.throttle_free(key) -> how many tries are free.
create or replace function app.throttle_free(p_key text)
returns integer
language sql immutable
return case when p_key like 'address:%' then 20 when p_key like 'register:%' then 30 else 5 end;
revoke all on function app.throttle_free(text) from public;

-- app.network_key(address) -> the throttle's key of an address, null when it isn't one.
create or replace function app.network_key(p_address text)
returns text
language sql immutable
return case when p_address ~ '^[0-9]{1,3}(\.[0-9]{1,3}){3}$' or p_address ~ '^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$'
	then 'address:' || network(set_masklen(p_address::inet, case when p_address like '%:%' then 64 else 24 end))::text end;
revoke all on function app.network_key(text) from public;

-- app.register_key() -> the throttle's key for what is done from a network by people who aren't signed in: sign-ups, mails.
--   Null for this machine itself: behind an edge that hides its clients all would share it.
create or replace function app.register_key()
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
	return nullif(replace(app.network_key(app.client('address')), 'address:', 'register:'), 'register:127.0.0.0/24');
end
$$;
revoke all on function app.register_key() from public;

-- app.throttle_count(keys): counts a try for each key. Raises MR429 with the seconds to wait while one is blocked.
create or replace function app.throttle_count(p_keys text[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
	v_key  text;
	v_row  app.login_throttle;
	v_wait integer;
begin
	-- Who is blocked only reads: a flood of guesses neither writes nor waits for a row, and delays nobody else.
	select ceil(extract(epoch from max(t.until_at) - clock_timestamp()))::integer into v_wait
	  from app.login_throttle t
	 where t.key = any (p_keys) and t.until_at > clock_timestamp();
	if v_wait > 0 then
		perform app.fail('MR429', format('too many tries; wait %s s', v_wait), p_seconds => v_wait);
	end if;
	-- In order, so that two requests don't wait for each other crosswise.
	for v_key in select distinct k from unnest(p_keys) as k where k is not null order by k loop
		insert into app.login_throttle as t (key, failures) values (v_key, 1)
		on conflict (key) do update
		   set failures = case
		           when t.until_at > clock_timestamp() then t.failures
		           when t.blocked_at < clock_timestamp() - interval '15 minutes' then 1
		           else t.failures + 1 end,
		       blocked_at = case when t.until_at > clock_timestamp() then t.blocked_at else clock_timestamp() end
		returning t.* into v_row;
		v_wait := ceil(extract(epoch from v_row.until_at - clock_timestamp()))::integer;
		if v_wait > 0 then
			perform app.fail('MR429', format('too many tries; wait %s s', v_wait), p_seconds => v_wait);
		elsif v_row.failures > app.throttle_free(v_key) then
			update app.login_throttle t
			   set until_at = clock_timestamp()
			       + least(60, 2 ^ least(10, v_row.failures - app.throttle_free(v_key) - 1)) * interval '1 second'
			 where t.key = v_key;
		end if;
	end loop;
end
$$;
revoke all on function app.throttle_count(text[]) from public;

-- app.throttle_clear(account key, network key): a success. The account starts anew, the network is given its try back.
create or replace function app.throttle_clear(p_account text, p_network text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
	delete from app.login_throttle t where t.key = p_account;
	update app.login_throttle t
	   set failures = greatest(0, t.failures - 1), until_at = least(t.until_at, clock_timestamp())
	 where t.key = p_network;
end
$$;
revoke all on function app.throttle_clear(text, text) from public;
