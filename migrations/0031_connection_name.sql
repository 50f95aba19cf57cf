-- connection_name: a private connection's name is its maker's own, so that a name that is taken tells nobody of somebody else's.
set local lock_timeout = '2s';

alter table app.connection drop constraint connection_name_key;
create unique index connection_name_key on app.connection
	(workspace_id, (case when visibility = 'private' then coalesce(created_by, id) end), name) nulls not distinct;
comment on index app.connection_name_key is 'A name once among those that everybody sees, and once among the private ones of each maker.';
