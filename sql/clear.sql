-- clear: takes away the functions that earlier loads made, before the files of sql/ make theirs: a function that is gone
-- from the files, or has other parameters now, would stay beside the new one, and calls of it become ambiguous.
--
-- In the load's own transaction, so nobody sees the gap. What a default, a constraint or a policy uses stays, and is
-- replaced in place; a function that a migration makes is always one of these, since nothing else is a reason to.
do $$
declare
	v_function record;
	v_kept     integer;
	v_before   integer := -1;
begin
	-- Several rounds: a function in SQL with a standard body holds on to those it calls.
	loop
		v_kept := 0;
		for v_function in
			select p.oid::regprocedure as signature, r.rolname as owner
			  from pg_catalog.pg_proc p
			  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
			  join pg_catalog.pg_roles r on r.oid = p.proowner
			 where n.nspname in ('app', 'api', 'work', 'ops', 'report')
		loop
			begin
				execute format('set local role %I', v_function.owner);
				execute format('drop routine %s', v_function.signature);
			exception when dependent_objects_still_exist then
				v_kept := v_kept + 1;
			end;
		end loop;
		exit when v_kept in (0, v_before);
		v_before := v_kept;
	end loop;
end
$$;
