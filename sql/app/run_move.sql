-- run_move: which moves of a run's status are legal. The rule is the trigger's condition, so a legal move calls nothing.
--
-- A leased queue row is `running` while app.run still says `queued`: so the moves of a running run are legal there too.
set local role mr_owner;

-- app.run_move() refuses the move. Raises MR409. Called for illegal ones only.
create or replace function app.run_move()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
	raise exception using errcode = 'MR409', column = 'status',
		message = format('a run that is %s can''t become %s', old.status, new.status);
end
$$;
revoke all on function app.run_move() from public;

create or replace trigger run_move
	before update of status on app.run
	for each row
	when (old.status is distinct from new.status and not (
		(old.status in ('queued', 'running')
		 and new.status in ('queued', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'cancelled'))
		or (old.status in ('waiting', 'paused') and new.status in ('queued', 'failed', 'cancelled'))))
	execute function app.run_move();
