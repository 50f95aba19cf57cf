-- witness: what really happened, in one order, written beside the product by triggers of the suite alone. The tables have
-- no unique key, and the key of app.step is dropped, so that a duplicate shows instead of raising.
create schema witness;
create sequence witness.seq;
create table witness.claim_log (seq bigint default nextval('witness.seq'), run_id uuid, fence bigint, owner bigint, pid integer default pg_backend_pid());
create table witness.step_log  (seq bigint default nextval('witness.seq'), run_id uuid, node_id text, iteration integer, attempt smallint, status text, pid integer default pg_backend_pid());
create table witness.end_log   (seq bigint default nextval('witness.seq'), run_id uuid, status text);
create table witness.loss_log  (seq bigint default nextval('witness.seq'), run_id uuid);
create table witness.worker_log (owner bigint, os_pid integer);  -- a process that was reaped joins anew under another id
create table witness.answered  (run_id uuid, key text);

create function witness.on_queue() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
	if new.fence > old.fence or (new.lease_owner <> old.lease_owner and new.lease_owner <> 0) then
		insert into witness.claim_log (run_id, fence, owner) values (new.run_id, new.fence, new.lease_owner);
	end if;
	if new.lost > old.lost then
		insert into witness.loss_log (run_id) values (new.run_id);
	end if;
	return null;
end $$;
create trigger witness after update on app.run_queue for each row execute function witness.on_queue();

create function witness.on_step() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
	insert into witness.step_log (run_id, node_id, iteration, attempt, status)
	values (new.run_id, new.node_id, new.iteration, new.attempt, new.status);
	return null;
end $$;
create trigger witness after insert on app.step for each row execute function witness.on_step();

create function witness.on_run() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
	if new.status in ('succeeded', 'failed', 'cancelled') then
		insert into witness.end_log (run_id, status) values (new.id, new.status);
	end if;
	return null;
end $$;
create trigger witness after update of status on app.run for each row execute function witness.on_run();

create function witness.on_worker() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
	insert into witness.worker_log values (new.id, new.pid);
	return null;
end $$;
create trigger witness after insert on app.worker for each row execute function witness.on_worker();
insert into witness.worker_log select w.id, w.pid from app.worker w;

alter table app.step drop constraint step_pkey;
create index on app.step (workspace_id, run_id);
