-- 0038 domain_ask: a workspace may ask people at its domain whether they join. A column without a rewrite.
set local lock_timeout = '2s';

alter table app.domain add column asks_first boolean not null default false;  -- who is captured joins when they say yes
comment on table app.left_member is 'Who left, was removed, or said no to joining by the domain of their address: nobody brings them back but an invitation.';
