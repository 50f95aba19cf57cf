-- 0042 uuid_order: ids made one after another in one millisecond sort in that order, too, as those that our processes make do.
--   Replaces a function; locks nothing.

-- A time-ordered uuid (RFC 9562, version 7, method 3 of section 6.2): 48 bits of milliseconds, 12 bits of how much of the next
-- one has passed, so a quarter of a microsecond; then random bits. Postgres 15 has none.
create or replace function app.uuid7() returns uuid
language sql volatile parallel safe
return (overlay(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000000)::bigint * 4096 / 1000), 15, '0') placing '7' from 13 for 0)
	|| substr(gen_random_uuid()::text, 20))::uuid;
