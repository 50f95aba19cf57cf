-- permission: what each role may do, and what a token may carry. The one list; openapi.yaml names these in x-permission.
--
-- `session` stands for a person who signed in (no API token), `installation:admin` for one who is a superuser: these are no
-- rows here, app.enter adds them. No role and no token has them.
set local role mr_owner;

with wanted (permission, roles) as (
	values
		('workspace:delete', '{owner}'::text[]),
		('workspace:transfer', '{owner}'),
		('workspace:admin',  '{owner,admin}'),
		('member:write',     '{owner,admin}'),
		('audit:read',       '{owner,admin}'),
		('audit:write',      '{owner,admin,editor}'),
		('connection:write', '{owner,admin,editor}'),
		('connection:use',   '{owner,admin,editor,operator}'),
		('connection:read',  '{owner,admin,editor,operator,viewer}'),
		('key:write',        '{owner,admin}'),
		('key:use',          '{owner,admin,editor}'),
		('key:read',         '{owner,admin,editor,operator,viewer}'),
		('workflow:write',   '{owner,admin,editor}'),
		('run:write',        '{owner,admin,editor,operator}'),
		('run:data',         '{owner,admin,editor,operator}'),
		('workflow:read',    '{owner,admin,editor,operator,viewer}'),
		('run:read',         '{owner,admin,editor,operator,viewer}'),
		('member:read',      '{owner,admin,editor,operator,viewer}'),
		('workspace:read',   '{owner,admin,editor,operator,viewer}')),
added as (
	insert into app.role_permission (role, permission)
	select r.role, w.permission
	  from wanted w, unnest(w.roles) as r (role)
	    on conflict do nothing)
delete from app.role_permission p
 where not exists (select from wanted w where w.permission = p.permission and p.role = any (w.roles));

-- app.scope_list() -> the permissions that an API token may carry. Deleting a workspace, members and roles, and
--   what belongs to the person (profile, sessions, tokens) are for people only.
create or replace function app.scope_list()
returns text[]
language sql immutable parallel safe
return array['workspace:admin', 'workspace:read', 'audit:read', 'audit:write', 'connection:write', 'connection:use', 'connection:read',
             'key:write', 'key:use', 'key:read',
             'workflow:write', 'workflow:read', 'run:write', 'run:data', 'run:read', 'member:read'];
revoke all on function app.scope_list() from public;
grant execute on function app.scope_list() to mr_api;

-- app.scope_read(text) -> the permission that a scope means, null when it means none.
--   Plural nouns and common verbs are read: runs:create is run:write, workflows:list is workflow:read.
create or replace function app.scope_read(p_text text)
returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
	v_noun text := regexp_replace(split_part(lower(p_text), ':', 1), '^(execution|executions)$', 'run');
	v_verb text := split_part(lower(p_text), ':', 2);
	v_text text;
begin
	v_noun := regexp_replace(v_noun, 's$', '');
	v_verb := case
		when v_verb in ('create', 'update', 'delete', 'execute', 'cancel', 'retry', 'start', 'edit', 'manage') then 'write'
		when v_verb in ('list', 'get', 'view') then 'read'
		else v_verb end;
	v_text := v_noun || ':' || v_verb;
	return case when v_text = any (app.scope_list()) then v_text end;
end
$$;
revoke all on function app.scope_read(text) from public;
grant execute on function app.scope_read(text) to mr_api;
