-- run_status: what a run's status is, for every reader.
set local role mr_owner;

-- app.run_status(stored status, is leased) -> the status.
--   A leased queue row is `running`: no claim writes app.run. p_leased is null where there is no queue row.
create or replace function app.run_status(p_status text, p_leased boolean)
returns text
language sql immutable parallel safe
return case
	when p_status in ('queued', 'running') and p_leased then 'running'
	when p_status = 'running' and not p_leased then 'queued'
	else p_status end;
revoke all on function app.run_status(text, boolean) from public;
grant execute on function app.run_status(text, boolean) to mr_api, mr_work;
