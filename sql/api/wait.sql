-- wait: answers to steps that wait. The address is the credential: no workspace is entered, so work.* does it and gives back
-- nothing but what became of the answer.
set local role mr_api;

-- api.wait_answer({token, item}) -> {status}: the step that the token names has its answer. `item` is JSON as text. Raises MR404, MR409
--   it was answered already, its time is over, or its run is.
create or replace function api.wait_answer(p jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
	v_said constant text := work.wait_answer(p->>'token', (p->>'item')::json);
begin
	case v_said
		when 'answered' then return jsonb_build_object('status', 'answered');
		when 'unknown' then perform app.fail('MR404', 'nothing waits at this address');
		when 'used' then perform app.fail('MR409', 'this was answered already; an address takes one answer');
		when 'expired' then perform app.fail('MR409', 'the time for an answer is over');
		else perform app.fail('MR409', 'the run that waited here is over');
	end case;
end
$$;
revoke all on function api.wait_answer(jsonb) from public;
grant execute on function api.wait_answer(jsonb) to mr_web;
