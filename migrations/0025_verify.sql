-- 0025 verify: secrets of webhooks and of authenticator apps are sealed to the vault, which alone opens them. Locks both tables
-- for an instant.
--
-- What was sealed before lay under keys of web's own, which are gone: it opens no more. Webhooks are without a secret until a
-- new one is set, so their senders are refused; an authenticator app asks for a recovery code, and is set up anew (docs/decisions/0013).
-- Unconfirmed ones go.
set local lock_timeout = '2s';

truncate app.trigger_secret;
delete from app.totp t where t.confirmed_at is null;
alter table app.totp drop column secret_hash;
comment on column app.totp.sealed is 'To the vault''s public key: the vault alone checks codes.';
comment on column app.trigger_secret.sealed is 'To the vault''s public key, then under the workspace''s key: the vault alone checks proofs.';
