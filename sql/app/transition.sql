-- transition: the one list of moves of a status. What isn't here is refused with MR409, whoever writes.
--
-- The triggers are made of the list at each load, and each holds its moves as a condition: an allowed move evaluates that and
-- calls nothing, so the engine's tick pays no look-up.
--
-- A leased queue row is `running` while app.run still says `queued`: so the moves of a running run are legal there too.
set local role mr_owner;

with wanted (kind, from_status, to_statuses) as (
	values
		('run',  'queued',  '{running,waiting,paused,succeeded,failed,cancelled}'::text[]),
		('run',  'running', '{queued,waiting,paused,succeeded,failed,cancelled}'),
		('run',  'waiting', '{queued,failed,cancelled}'),
		('run',  'paused',  '{queued,failed,cancelled}'),
		('step', 'running', '{succeeded,failed,cancelled,unknown}'),
		('step', 'waiting', '{succeeded,failed,cancelled}'),
		('wait', 'open',    '{answered,expired,cancelled}')),
moves as (
	select w.kind, w.from_status, s.to_status from wanted w, unnest(w.to_statuses) as s (to_status)),
added as (
	insert into app.transition (kind, from_status, to_status)
	select m.kind, m.from_status, m.to_status from moves m
	    on conflict do nothing)
delete from app.transition t
 where not exists (
	select from moves m where m.kind = t.kind and m.from_status = t.from_status and m.to_status = t.to_status);

-- app.transition_refuse() refuses the move. Raises MR409. Called for forbidden ones only.
create or replace function app.transition_refuse()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
	raise exception using errcode = 'MR409', column = 'status',
		message = format('a %s that is %s can''t become %s', tg_argv[0], old.status, new.status);
end
$$;
revoke all on function app.transition_refuse() from public;

do $$
declare
	v_kind  text;
	v_moves text;
begin
	for v_kind in select distinct t.kind from app.transition t loop
		select string_agg(format('old.status = %L and new.status in (%s)', x.from_status, x.list), ' or ' order by x.from_status)
		  into v_moves
		  from (
			select t.from_status, string_agg(quote_literal(t.to_status), ', ' order by t.to_status) as list
			  from app.transition t
			 where t.kind = v_kind
			 group by t.from_status) x;
		execute format('create or replace trigger transition before update of status on app.%I for each row
		                  when (old.status is distinct from new.status and not (%s))
		                  execute function app.transition_refuse(%L)', v_kind, v_moves, v_kind);
	end loop;
end
$$;
