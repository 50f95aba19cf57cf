-- format: how instants, ids and numbers of the database look in JSON, and how those of a request are read.
set local role mr_owner;

-- app.ts(instant) -> RFC 3339 in UTC with milliseconds.
create or replace function app.ts(p_at timestamptz)
returns text
language sql stable parallel safe
return to_char(p_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
revoke all on function app.ts(timestamptz) from public;
grant execute on function app.ts(timestamptz) to mr_api, mr_work, mr_keep;

-- app.ms(from, to) -> whole milliseconds between two instants, never negative, null while one is missing.
create or replace function app.ms(p_from timestamptz, p_to timestamptz)
returns bigint
language sql immutable parallel safe
return case when p_from <= p_to then round(extract(epoch from p_to - p_from) * 1000)::bigint when p_from > p_to then 0 end;
revoke all on function app.ms(timestamptz, timestamptz) from public;
grant execute on function app.ms(timestamptz, timestamptz) to mr_api;

-- app.uuid_read(text) -> the id, null when it is none: an odd path id is then not found, like any unknown one.
create or replace function app.uuid_read(p_text text)
returns uuid
language sql immutable parallel safe
return case when length(p_text) = 36 and p_text ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then p_text::uuid end;
revoke all on function app.uuid_read(text) from public;
grant execute on function app.uuid_read(text) to mr_api, mr_work;

-- app.instant_read(text, field) -> the instant. Raises MR400 on the field when it isn't one.
create or replace function app.instant_read(p_text text, p_field text)
returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
	if p_text !~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|z|[+-]\d\d:?\d\d)?)?$' then
		perform app.fail('MR400', format('`%s` must be an instant such as 2030-01-31T12:00:00Z', p_field), p_field);
	end if;
	return p_text::timestamptz;
exception when datetime_field_overflow or invalid_datetime_format then
	perform app.fail('MR400', format('`%s` must be an instant such as 2030-01-31T12:00:00Z', p_field), p_field);
end
$$;
revoke all on function app.instant_read(text, text) from public;
grant execute on function app.instant_read(text, text) to mr_api;

-- app.limit_read(p) -> how many rows a list returns: `limit`, 1..200, else 50. Raises MR400 on `limit`.
create or replace function app.limit_read(p jsonb)
returns integer
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
	v_limit text := p->>'limit';
begin
	if v_limit is null then
		return 50;
	elsif v_limit !~ '^\d{1,4}$' or v_limit::integer not between 1 and 200 then
		perform app.fail('MR400', '`limit` must be a number from 1 to 200', 'limit');
	end if;
	return v_limit::integer;
end
$$;
revoke all on function app.limit_read(jsonb) from public;
grant execute on function app.limit_read(jsonb) to mr_api;

-- app.id_floor(instant) -> the smallest id that can have been made at or after it, null for none given.
--   Ids are uuid v7, so a span of time is a span of the key.
create or replace function app.id_floor(p_at timestamptz)
returns uuid
language sql immutable parallel safe
return case when p_at is not null then
	rpad(lpad(to_hex(greatest(0, ceil(extract(epoch from p_at) * 1000))::bigint), 12, '0'), 32, '0')::uuid end;
revoke all on function app.id_floor(timestamptz) from public;
grant execute on function app.id_floor(timestamptz) to mr_api;

