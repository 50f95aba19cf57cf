-- 0028 proxy_secret: a workspace's proxy may ask for a user and a password. Columns without a rewrite.
set local lock_timeout = '2s';

alter table app.outgoing
	add column proxy_user    text,                       -- null: the proxy asks for nobody
	add column proxy_sealed  bytea,                      -- the password; only millrace-vault opens it
	add column proxy_version bigint not null default 0,  -- part of what `proxy_sealed` is bound to: an older one doesn't open
	add constraint outgoing_proxy_user_check   check (length(proxy_user) between 1 and 255),
	add constraint outgoing_proxy_sealed_check check ((proxy_sealed is null) = (proxy_user is null)
		and (proxy_user is null or proxy is not null));
