-- 0024 account: where somebody who signs up wanted to go. A column without a rewrite.
set local lock_timeout = '2s';

alter table app.ticket add column next text;  -- verify: the page of the web app that its link leads on to
