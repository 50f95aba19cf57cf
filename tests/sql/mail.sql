-- mail: the outbox: put in a transaction, claimed under a lease, tried again with longer waits, dead with its reason.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select is(app.mail_put(null, 'ines@example.com', 'verify', 'Hello', 'text'), false, 'without a mail server nothing is kept');
select is_empty('select 1 from app.mail', 'namely no row');
select work.mail_setup(true, 'https://m.example');
select is(app.mail_link('/verify#x'), 'https://m.example/verify#x', 'links begin with the installation''s origin');
select is(app.mail_put(null, 'ines@example.com', 'verify', E'Hello\r\nBcc: all@example.com', 'text'), true, 'with one it will be sent');
select is((select m.subject from app.mail m), 'Hello Bcc: all@example.com', 'a line break can''t leave the subject');
select throws_ok(format('select app.mail_put(null, %L, ''verify'', ''s'', ''t'')', a), 'MR400', null, 'no address: ' || left(a, 40))
  from (values ('nobody'), (E'a@b.example\r\nRCPT TO:<c@d.example>'), ('a@b.example>'), ('"a b"@c.example'), ('a,b@c.example'),
               (repeat('x', 250) || '@b.example'), ('a@b@c.example')) as t (a);

select c.id, c.attempt from work.mail_claim(5, 60000) c \gset
select is(:attempt, 1, 'a mail is claimed');
select is_empty('select * from work.mail_claim(5, 60000)', 'by one worker only');
select is(work.mail_done(:'id', 1, 'nobody answers', false, 10000, 3), 'queued', 'a failure waits for another try');
select ok((select m.due_at - clock_timestamp() between '9 s' and '10 s' from app.mail m), 'in the first wait');
update app.mail set due_at = now() - interval '1 s';
select is((select c.attempt from work.mail_claim(5, 60000) c), 2, 'when it is over the mail is claimed again');
select is(work.mail_done(:'id', 1, null, false, 10000, 3), null, 'a worker whose lease was over changes nothing');
select is(work.mail_done(:'id', 2, '451 later', false, 10000, 3), 'queued', 'the second failure waits too');
select ok((select m.due_at - clock_timestamp() between '29 s' and '30 s' from app.mail m), 'three times as long');
update app.mail set due_at = now() - interval '1 s';
select work.mail_claim(5, 60000);
select is(work.mail_done(:'id', 3, '451 still later', false, 10000, 3), 'dead', 'the last try kills it');
select is((select (m.error, m.body)::text from app.mail m), '("451 still later",)', 'its reason is kept, its text is not');
select is_empty('select * from work.mail_claim(5, 60000)', 'it isn''t tried again');

select app.mail_put(null, 'ines@example.com', 'verify', 'Hello', 'text');
select c.id from work.mail_claim(5, 60000) c \gset
select is(work.mail_done(:'id', 1, '550 no such user', true, 10000, 3), 'dead', 'a final refusal kills it at once');
select app.mail_put(null, 'ines@example.com', 'verify', 'Hello', 'text');
select c.id from work.mail_claim(5, 60000) c \gset
select is(work.mail_done(:'id', 1, null, false, 10000, 3), 'sent', 'what was taken is sent');
select is((select m.body from app.mail m where m.id = :'id'), null, 'and its text, which may hold a link that signs in, is gone');
update app.mail set done_at = now() - interval '31 days';
select ops.retention();
select is_empty('select 1 from app.mail', 'old mail is forgotten');
select * from finish();
rollback;
