-- What migrations/ make, as pg_dump prints it. Written by `make schema`; for reading, not for loading.

CREATE FUNCTION app.uuid7() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    RETURN ((OVERLAY(lpad(to_hex(((((EXTRACT(epoch FROM clock_timestamp()) * (1000000)::numeric))::bigint * 4096) / 1000)), 15, '0'::text) PLACING '7'::text FROM 13 FOR 0) || substr((gen_random_uuid())::text, 20)))::uuid;

CREATE TABLE app.audit (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    via_id uuid,
    action text NOT NULL,
    operation text,
    kind text NOT NULL,
    resource_id uuid,
    request_id text,
    who_digest bytea,
    what_digest bytea,
    CONSTRAINT audit_action_check CHECK (((length(action) >= 1) AND (length(action) <= 100))),
    CONSTRAINT audit_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'token'::text, 'service'::text, 'hook'::text, 'system'::text, 'anonymous'::text]))),
    CONSTRAINT audit_kind_check CHECK (((length(kind) >= 1) AND (length(kind) <= 100)))
);

COMMENT ON TABLE app.audit IS 'One entry of the audit log, ids only. Inserted, never changed; see sql/app/audit.sql.';

CREATE TABLE app.audit_detail (
    workspace_id uuid NOT NULL,
    audit_id uuid NOT NULL,
    who jsonb,
    what jsonb,
    erasure_id uuid
);

COMMENT ON TABLE app.audit_detail IS 'What an audit entry may have to forget. Its digests are in the entry, salted, so the chain outlives it.';

CREATE TABLE app.audit_head (
    workspace_id uuid NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    hash bytea DEFAULT '\x'::bytea NOT NULL,
    base_seq bigint DEFAULT 0 NOT NULL,
    base_hash bytea DEFAULT '\x'::bytea NOT NULL,
    exported_seq bigint DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_head_seq_check CHECK (((seq >= base_seq) AND (base_seq >= 0)))
);

COMMENT ON TABLE app.audit_head IS 'Where each chain ends, and where it begins since retention took its first part.';

CREATE TABLE app.audit_link (
    workspace_id uuid NOT NULL,
    seq bigint NOT NULL,
    audit_id uuid NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_link_seq_check CHECK ((seq >= 1))
);

COMMENT ON TABLE app.audit_link IS 'The chain of each workspace''s entries, in the order in which they were committed.';

CREATE TABLE app.audit_open (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL
);

COMMENT ON TABLE app.audit_open IS 'Entries that are committed and not chained yet: about a second of them.';

CREATE TABLE app.audit_proof (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    status text DEFAULT 'running'::text NOT NULL,
    checked bigint DEFAULT 0 NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    until_seq bigint DEFAULT 0 NOT NULL,
    problems jsonb DEFAULT '[]'::jsonb NOT NULL,
    problem_count bigint DEFAULT 0 NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT audit_proof_completed_check CHECK (((status = 'running'::text) = (completed_at IS NULL))),
    CONSTRAINT audit_proof_status_check CHECK ((status = ANY (ARRAY['running'::text, 'intact'::text, 'broken'::text])))
);

COMMENT ON TABLE app.audit_proof IS 'A check of a workspace''s whole chain, done in slices by workers.';

CREATE TABLE app.audit_sink (
    workspace_id uuid NOT NULL,
    url text NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    generation integer DEFAULT 1 NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    error text,
    sent_at timestamp with time zone,
    etag bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_sink_url_check CHECK (((url ~ '^https?://'::text) AND (length(url) <= 2000)))
);

COMMENT ON TABLE app.audit_sink IS 'Where a workspace''s audit entries are posted, in the order of their chain.';

CREATE TABLE app.challenge (
    challenge_hash bytea NOT NULL,
    user_id uuid,
    expires_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE app.challenge IS 'A challenge given out to an authenticator. Its first use removes it.';

CREATE TABLE app.connection (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    connector text NOT NULL,
    name text NOT NULL,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    sealed bytea NOT NULL,
    secret_version bigint DEFAULT 1 NOT NULL,
    status text DEFAULT 'untested'::text NOT NULL,
    message text,
    is_active boolean DEFAULT true NOT NULL,
    visibility text DEFAULT 'workspace'::text NOT NULL,
    created_by uuid,
    etag bigint DEFAULT 1 NOT NULL,
    last_verified_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT connection_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255))),
    CONSTRAINT connection_secret_version_check CHECK ((secret_version >= 1)),
    CONSTRAINT connection_status_check CHECK ((status = ANY (ARRAY['untested'::text, 'ok'::text, 'failed'::text]))),
    CONSTRAINT connection_visibility_check CHECK ((visibility = ANY (ARRAY['workspace'::text, 'private'::text])))
);

COMMENT ON TABLE app.connection IS 'A stored credential for a service. Its secret is sealed; only millrace-vault can open it.';

CREATE TABLE app.connection_test (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    connection_id uuid NOT NULL,
    taken_at timestamp with time zone,
    done_at timestamp with time zone,
    ok boolean,
    message text,
    CONSTRAINT connection_test_done_check CHECK (((done_at IS NULL) = (ok IS NULL)))
);

COMMENT ON TABLE app.connection_test IS 'Asks a worker to try a connection, and keeps the outcome for a day.';

CREATE TABLE app.context_key (
    id smallint DEFAULT 1 NOT NULL,
    mac bytea NOT NULL,
    CONSTRAINT context_key_id_check CHECK ((id = 1))
);

COMMENT ON TABLE app.context_key IS 'The key that seals the context of api.enter. One row, read by app.* only.';

CREATE TABLE app.delivery (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    run_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    status text DEFAULT 'accepted'::text NOT NULL,
    method text NOT NULL,
    query text DEFAULT ''::text NOT NULL,
    headers json NOT NULL,
    content_type text DEFAULT ''::text NOT NULL,
    body bytea NOT NULL,
    dedup_key text,
    address text,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT delivery_status_check CHECK ((status = 'accepted'::text))
)
PARTITION BY RANGE (id);
ALTER TABLE ONLY app.delivery ALTER COLUMN body SET COMPRESSION lz4;

COMMENT ON TABLE app.delivery IS 'One accepted webhook, raw. Never updated.';

CREATE TABLE app.delivery_key (
    workspace_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    key text NOT NULL,
    delivery_id uuid NOT NULL,
    run_id uuid NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE app.delivery_key IS 'Dedup keys of the last 24 hours. Unpartitioned: a unique key can''t span partitions.';

CREATE TABLE app.domain (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    domain text NOT NULL,
    proof text NOT NULL,
    verified_at timestamp with time zone,
    proven_at timestamp with time zone,
    lost_at timestamp with time zone,
    asked_at timestamp with time zone,
    due_at timestamp with time zone,
    checked_at timestamp with time zone,
    problem text,
    is_capturing boolean DEFAULT false NOT NULL,
    role text DEFAULT 'viewer'::text NOT NULL,
    role_id uuid,
    set_by uuid NOT NULL,
    refused_at timestamp with time zone,
    refusal text,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    etag bigint DEFAULT 1 NOT NULL,
    asks_first boolean DEFAULT false NOT NULL,
    CONSTRAINT domain_asked_at_check CHECK (((asked_at IS NULL) OR (due_at IS NOT NULL))),
    CONSTRAINT domain_domain_check CHECK (((length(domain) <= 233) AND (domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'::text))),
    CONSTRAINT domain_is_capturing_check CHECK (((NOT is_capturing) OR (verified_at IS NOT NULL))),
    CONSTRAINT domain_lost_at_check CHECK (((lost_at IS NULL) OR (verified_at IS NOT NULL))),
    CONSTRAINT domain_refused_at_check CHECK (((refused_at IS NULL) = (refusal IS NULL))),
    CONSTRAINT domain_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'editor'::text, 'operator'::text, 'viewer'::text, 'custom'::text]))),
    CONSTRAINT domain_role_id_check CHECK (((role = 'custom'::text) = (role_id IS NOT NULL))),
    CONSTRAINT domain_verified_at_check CHECK (((verified_at IS NULL) OR (proven_at IS NOT NULL)))
);

COMMENT ON TABLE app.domain IS 'A domain whose addresses a workspace claims; verified while its TXT record is there.';

CREATE TABLE app.erasure (
    id uuid DEFAULT app.uuid7() NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    requested_by uuid,
    status text DEFAULT 'running'::text NOT NULL,
    certificate jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT erasure_completed_check CHECK (((status = 'done'::text) = ((completed_at IS NOT NULL) AND (certificate IS NOT NULL)))),
    CONSTRAINT erasure_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'workspace'::text]))),
    CONSTRAINT erasure_status_check CHECK ((status = ANY (ARRAY['running'::text, 'done'::text])))
);

COMMENT ON TABLE app.erasure IS 'Tombstones: who and what was erased, and the proof of it. A restore from an older backup erases them again.';

CREATE TABLE app.idempotency (
    workspace_id uuid NOT NULL,
    key text NOT NULL,
    operation text NOT NULL,
    request_hash bytea NOT NULL,
    response jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);

COMMENT ON TABLE app.idempotency IS 'Answers of POSTs that carried an Idempotency-Key, kept for 24 hours.';

CREATE TABLE app.identity (
    id uuid DEFAULT app.uuid7() NOT NULL,
    user_id uuid NOT NULL,
    workspace_id uuid,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    used_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT identity_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 255)))
);

COMMENT ON TABLE app.identity IS 'An account elsewhere that opens one here.';

CREATE TABLE app.invitation (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    role text NOT NULL,
    role_id uuid,
    token_hash bytea NOT NULL,
    invited_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    accepted_by uuid,
    revoked_at timestamp with time zone,
    CONSTRAINT invitation_accepted_check CHECK (((accepted_at IS NULL) = (accepted_by IS NULL))),
    CONSTRAINT invitation_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    CONSTRAINT invitation_end_check CHECK (((accepted_at IS NULL) OR (revoked_at IS NULL))),
    CONSTRAINT invitation_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'editor'::text, 'operator'::text, 'viewer'::text, 'custom'::text]))),
    CONSTRAINT invitation_role_id_check CHECK (((role = 'custom'::text) = (role_id IS NOT NULL)))
);

COMMENT ON TABLE app.invitation IS 'Somebody asked into a workspace by address. Only the hash of the link''s token is stored.';

CREATE TABLE app.key (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    name text NOT NULL,
    purpose text DEFAULT 'data'::text NOT NULL,
    current integer DEFAULT 1 NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    rotated_at timestamp with time zone,
    CONSTRAINT key_current_check CHECK ((current >= 1)),
    CONSTRAINT key_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255))),
    CONSTRAINT key_purpose_check CHECK ((purpose = ANY (ARRAY['connections'::text, 'data'::text])))
);

COMMENT ON TABLE app.key IS 'A key of a workspace: the one that its connections are sealed with, and those made for the encrypt operation.';

CREATE TABLE app.key_version (
    workspace_id uuid NOT NULL,
    key_id uuid NOT NULL,
    number integer NOT NULL,
    kek bigint NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT key_version_number_check CHECK ((number >= 1)),
    CONSTRAINT key_version_wrapped_check CHECK ((octet_length(wrapped) = 65))
);

COMMENT ON TABLE app.key_version IS 'The versions of a key, wrapped. Old ones stay, since they open what was sealed before.';

CREATE TABLE app.left_member (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    left_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE app.left_member IS 'Who left, was removed, or said no to joining by the domain of their address: nobody brings them back but an invitation.';

CREATE TABLE app.log (
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    id uuid NOT NULL,
    node_id text,
    level text NOT NULL,
    at timestamp with time zone NOT NULL,
    message text NOT NULL,
    data json,
    CONSTRAINT log_level_check CHECK ((level = ANY (ARRAY['debug'::text, 'info'::text, 'warn'::text, 'error'::text])))
)
PARTITION BY RANGE (run_id);

COMMENT ON TABLE app.log IS 'Lines that nodes and the engine wrote. What steps did is read from app.step instead.';

CREATE UNLOGGED TABLE app.login_throttle (
    key text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    blocked_at timestamp with time zone DEFAULT now() NOT NULL,
    until_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE app.login_throttle IS 'Failed logins by account and by network. Unlogged: lost in a crash, which only forgives.';

CREATE TABLE app.mail (
    id uuid DEFAULT app.uuid7() NOT NULL,
    workspace_id uuid,
    mail_to text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    body text,
    status text DEFAULT 'queued'::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    done_at timestamp with time zone,
    CONSTRAINT mail_body_check CHECK (((length(body) >= 1) AND (length(body) <= 65536))),
    CONSTRAINT mail_kind_check CHECK ((kind ~ '^[a-z][a-z_]{0,39}$'::text)),
    CONSTRAINT mail_mail_to_check CHECK ((((length(mail_to) >= 3) AND (length(mail_to) <= 254)) AND (mail_to ~ '^[^[:space:][:cntrl:]@<>(),:;"\\]+@[^[:space:][:cntrl:]@<>(),:;"\\]+$'::text))),
    CONSTRAINT mail_status_check CHECK ((((status = 'queued'::text) AND (done_at IS NULL) AND (body IS NOT NULL)) OR ((status = 'sent'::text) AND (done_at IS NOT NULL) AND (body IS NULL)) OR ((status = 'dead'::text) AND (done_at IS NOT NULL) AND (body IS NULL) AND (error IS NOT NULL)))),
    CONSTRAINT mail_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 200)))
);

COMMENT ON TABLE app.mail IS 'Mail to be sent, and what became of it. A worker sends it by way of egress.';

CREATE TABLE app.mail_setup (
    id smallint DEFAULT 1 NOT NULL,
    is_on boolean NOT NULL,
    url text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT mail_setup_id_check CHECK ((id = 1))
);

COMMENT ON TABLE app.mail_setup IS 'What the worker that sends says of the installation. One row.';

CREATE TABLE app.member (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    role_id uuid,
    CONSTRAINT member_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'editor'::text, 'operator'::text, 'viewer'::text, 'custom'::text]))),
    CONSTRAINT member_role_id_check CHECK (((role = 'custom'::text) = (role_id IS NOT NULL)))
);

COMMENT ON TABLE app.member IS 'A person in a workspace, with a role.';

CREATE TABLE app.meter (
    workspace_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    day date NOT NULL,
    runs integer DEFAULT 0 NOT NULL,
    deliveries integer DEFAULT 0 NOT NULL,
    steps integer DEFAULT 0 NOT NULL,
    compute_us bigint DEFAULT 0 NOT NULL,
    delivery_bytes bigint DEFAULT 0 NOT NULL,
    step_bytes bigint DEFAULT 0 NOT NULL,
    log_bytes bigint DEFAULT 0 NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.2', autovacuum_vacuum_threshold='20000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='100000', vacuum_truncate=off);

COMMENT ON TABLE app.meter IS 'What was used and is not rolled up yet.';

CREATE TABLE app.meter_mark (
    id smallint DEFAULT 1 NOT NULL,
    low xid8 DEFAULT '0'::xid8 NOT NULL,
    CONSTRAINT meter_mark_id_check CHECK ((id = 1))
);

COMMENT ON TABLE app.meter_mark IS 'Rows of app.meter with a smaller xid are rolled up. Bounds the look of a quota at it.';

CREATE TABLE app.oidc_state (
    state_hash bytea NOT NULL,
    browser_hash bytea NOT NULL,
    provider text,
    workspace_id uuid,
    user_id uuid,
    next text NOT NULL,
    network text,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT oidc_state_next_check CHECK (((next ~ '^/([^/\\]|$)'::text) AND (length(next) <= 500))),
    CONSTRAINT oidc_state_provider_check CHECK (((provider IS NULL) <> (workspace_id IS NULL)))
);

COMMENT ON TABLE app.oidc_state IS 'A sign-in that is under way at a provider. Its first use removes it.';

CREATE TABLE app.old_slug (
    workspace_id uuid NOT NULL,
    slug text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE app.old_slug IS 'Slugs that a workspace had. They stay its own: nobody else can take over its webhooks'' addresses.';

CREATE TABLE app.outgoing (
    workspace_id uuid NOT NULL,
    hosts text[],
    networks text[] DEFAULT '{}'::text[] NOT NULL,
    proxy text,
    etag bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    proxy_user text,
    proxy_sealed bytea,
    proxy_version bigint DEFAULT 0 NOT NULL,
    CONSTRAINT outgoing_hosts_check CHECK ((cardinality(hosts) <= 500)),
    CONSTRAINT outgoing_networks_check CHECK ((cardinality(networks) <= 100)),
    CONSTRAINT outgoing_proxy_check CHECK (((proxy ~ '^http://'::text) AND (length(proxy) <= 300))),
    CONSTRAINT outgoing_proxy_sealed_check CHECK ((((proxy_sealed IS NULL) = (proxy_user IS NULL)) AND ((proxy_user IS NULL) OR (proxy IS NOT NULL)))),
    CONSTRAINT outgoing_proxy_user_check CHECK (((length(proxy_user) >= 1) AND (length(proxy_user) <= 255)))
);

COMMENT ON TABLE app.outgoing IS 'Where a workspace''s calls may go, and through which proxy. Without a row: every public host, directly.';

CREATE TABLE app.passkey (
    id uuid DEFAULT app.uuid7() NOT NULL,
    user_id uuid NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    algorithm integer NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    used_at timestamp with time zone,
    cloned_at timestamp with time zone,
    CONSTRAINT passkey_algorithm_check CHECK ((algorithm = ANY (ARRAY['-7'::integer, '-8'::integer, '-257'::integer]))),
    CONSTRAINT passkey_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);

COMMENT ON TABLE app.passkey IS 'A WebAuthn credential of a person. Only its public half is here.';

CREATE TABLE app.plan (
    id text NOT NULL,
    name text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    rates jsonb DEFAULT '{}'::jsonb NOT NULL,
    etag bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT plan_id_check CHECK ((id ~ '^[a-z][a-z0-9_]{1,31}$'::text)),
    CONSTRAINT plan_limits_check CHECK ((jsonb_typeof(limits) = 'object'::text)),
    CONSTRAINT plan_name_check CHECK (((length(name) >= 1) AND (length(name) <= 64))),
    CONSTRAINT plan_rates_check CHECK ((jsonb_typeof(rates) = 'object'::text))
);

COMMENT ON TABLE app.plan IS 'What a workspace may use, by kind. Belongs to the installation.';

CREATE TABLE app.queue_mark (
    id smallint DEFAULT 1 NOT NULL,
    low xid8 DEFAULT '0'::xid8 NOT NULL,
    CONSTRAINT queue_mark_id_check CHECK ((id = 1))
);

COMMENT ON TABLE app.queue_mark IS 'No live queue row has a smaller ready_xid than low. Bounds the reaper and a cold start.';

CREATE UNLOGGED TABLE app.rate_bucket (
    key bytea NOT NULL,
    size integer NOT NULL,
    tokens double precision NOT NULL,
    granted integer DEFAULT 0 NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT rate_bucket_size_check CHECK ((size >= 1))
)
WITH (fillfactor='50');

COMMENT ON TABLE app.rate_bucket IS 'Token buckets that web processes lease from. Unlogged: lost in a crash, which only forgives.';

CREATE TABLE app.recovery_code (
    user_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    used_at timestamp with time zone
);

COMMENT ON TABLE app.recovery_code IS 'Codes that each stand for the second factor once.';

CREATE TABLE app.refresh_token (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

COMMENT ON TABLE app.refresh_token IS 'The chain of refresh tokens of a JWT session; the newest one is unused.';

CREATE TABLE app.replay (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    workflow_id uuid NOT NULL,
    version_id uuid NOT NULL,
    version integer NOT NULL,
    total integer NOT NULL,
    same integer DEFAULT 0 NOT NULL,
    differs integer DEFAULT 0 NOT NULL,
    skipped integer DEFAULT 0 NOT NULL,
    lease_owner bigint DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT replay_total_check CHECK ((((total >= 0) AND (total <= 1000)) AND (((same + differs) + skipped) <= total)))
);

COMMENT ON TABLE app.replay IS 'A version tried over recorded runs of its workflow: nothing is sent, and nothing recorded as a run.';

CREATE TABLE app.replay_run (
    workspace_id uuid NOT NULL,
    replay_id uuid NOT NULL,
    run_id uuid NOT NULL,
    outcome text,
    reason text,
    differences json,
    CONSTRAINT replay_run_outcome_check CHECK ((outcome = ANY (ARRAY['same'::text, 'differs'::text, 'skipped'::text]))),
    CONSTRAINT replay_run_reason_check CHECK (((NOT (outcome IS DISTINCT FROM 'skipped'::text)) = (reason IS NOT NULL)))
);

COMMENT ON TABLE app.replay_run IS 'One recorded run of a replay, and what would have been different.';

CREATE TABLE app.retention (
    workspace_id uuid NOT NULL,
    run_days integer,
    log_days integer,
    delivery_days integer,
    audit_days integer,
    etag bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT retention_audit_days_check CHECK (((audit_days >= 30) AND (audit_days <= 3650))),
    CONSTRAINT retention_delivery_days_check CHECK (((delivery_days >= 1) AND (delivery_days <= 30))),
    CONSTRAINT retention_log_days_check CHECK (((log_days >= 1) AND (log_days <= 14))),
    CONSTRAINT retention_run_days_check CHECK (((run_days >= 1) AND (run_days <= 30)))
);

COMMENT ON TABLE app.retention IS 'How long a workspace keeps its data, where that is shorter than the installation does.';

CREATE TABLE app.role (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    permissions text[] NOT NULL,
    etag bigint DEFAULT 1 NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT role_name_check CHECK (((name ~ '^[a-z][a-z0-9_-]{1,39}$'::text) AND (name <> ALL (ARRAY['owner'::text, 'admin'::text, 'editor'::text, 'operator'::text, 'viewer'::text, 'custom'::text, 'hook'::text, 'whole'::text]))))
);

COMMENT ON TABLE app.role IS 'A role that a workspace has made of permissions, beside the five of app.role_permission.';

CREATE TABLE app.role_permission (
    role text NOT NULL,
    permission text NOT NULL,
    CONSTRAINT role_permission_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'editor'::text, 'operator'::text, 'viewer'::text])))
);

COMMENT ON TABLE app.role_permission IS 'What each role may do: the only truth about permissions.';

CREATE TABLE app.run (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    version_id uuid NOT NULL,
    version integer NOT NULL,
    status text DEFAULT 'queued'::text NOT NULL,
    trigger_type text NOT NULL,
    node_id text NOT NULL,
    trigger_id uuid,
    delivery_id uuid,
    user_id uuid,
    token_id uuid,
    retry_of uuid,
    due_at timestamp with time zone,
    priority smallint DEFAULT 0 NOT NULL,
    is_sync boolean DEFAULT false NOT NULL,
    seq integer DEFAULT 0 NOT NULL,
    output json,
    response json,
    input json,
    variables json,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    parent_id uuid,
    wait_id uuid,
    CONSTRAINT run_completed_check CHECK (((completed_at IS NOT NULL) = (status = ANY (ARRAY['succeeded'::text, 'failed'::text, 'cancelled'::text])))),
    CONSTRAINT run_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'paused'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text])))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05');
ALTER TABLE ONLY app.run ALTER COLUMN workflow_id SET (n_distinct=1000);

COMMENT ON TABLE app.run IS 'One execution of one version. No foreign keys: runs outlive what they name, and the hot path pays none.';

CREATE TABLE app.run_outcome (
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    status text NOT NULL,
    error json,
    ended_at timestamp with time zone DEFAULT now() NOT NULL,
    handled_at timestamp with time zone,
    handled_as text,
    replay_id uuid,
    CONSTRAINT run_outcome_handled_as_check CHECK ((handled_as = ANY (ARRAY['replayed'::text, 'discarded'::text]))),
    CONSTRAINT run_outcome_handled_check CHECK ((((handled_at IS NULL) = (handled_as IS NULL)) AND ((replay_id IS NULL) OR (handled_at IS NOT NULL)))),
    CONSTRAINT run_outcome_status_check CHECK ((status = ANY (ARRAY['failed'::text, 'cancelled'::text])))
);

COMMENT ON TABLE app.run_outcome IS 'A row for each run that did not succeed: what lists of failed and cancelled runs read.';

CREATE TABLE app.run_pause (
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    fence bigint NOT NULL,
    prio smallint DEFAULT 0 NOT NULL,
    paused_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE app.run_pause IS 'A run that is paused: a row, and no queue row once its steps in flight have ended.';

CREATE TABLE app.run_queue (
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    ready_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    lease_owner bigint DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    prio smallint DEFAULT 0 NOT NULL,
    lost smallint DEFAULT 0 NOT NULL,
    current_nodes json,
    is_paused boolean DEFAULT false NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.2', autovacuum_vacuum_threshold='200000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='50000', vacuum_truncate=off);

COMMENT ON TABLE app.run_queue IS 'One row for each run that is runnable now or leased. The hot path never searches it: work.feed.';

CREATE TABLE app.schedule_due (
    workspace_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    due_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE app.schedule_due IS 'The next due times of a schedule, worked out ahead by web and worker. Firing deletes the row and makes the run in one transaction.';

CREATE TABLE app.session (
    id uuid DEFAULT app.uuid7() NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    token_hash bytea NOT NULL,
    workspace_id uuid,
    address text,
    agent text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    sso_workspace_id uuid,
    mfa_at timestamp with time zone,
    CONSTRAINT session_kind_check CHECK ((kind = ANY (ARRAY['cookie'::text, 'jwt'::text])))
);

COMMENT ON TABLE app.session IS 'A signed-in browser or program. Only hashes of its secrets are stored.';

CREATE TABLE app.share (
    workspace_id uuid NOT NULL,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    user_id uuid NOT NULL,
    level text NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT share_kind_check CHECK ((kind = ANY (ARRAY['workflow'::text, 'connection'::text]))),
    CONSTRAINT share_level_check CHECK ((level = ANY (ARRAY['view'::text, 'run'::text, 'edit'::text])))
);

COMMENT ON TABLE app.share IS 'Who besides its maker sees a private thing, and what they may do with it.';

CREATE TABLE app.share_workspace (
    workspace_id uuid NOT NULL,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    to_workspace_id uuid NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT share_workspace_kind_check CHECK ((kind = 'connection'::text))
);

COMMENT ON TABLE app.share_workspace IS 'Which other workspace may use a connection of this one, without reading or changing it.';

CREATE TABLE app.sso (
    workspace_id uuid NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    client_secret bytea,
    scopes text DEFAULT 'openid email profile'::text NOT NULL,
    role_claim text,
    role_map jsonb DEFAULT '{}'::jsonb NOT NULL,
    default_role text DEFAULT 'viewer'::text NOT NULL,
    is_enforced boolean DEFAULT false NOT NULL,
    etag bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sso_client_id_check CHECK (((length(client_id) >= 1) AND (length(client_id) <= 255))),
    CONSTRAINT sso_default_role_check CHECK ((default_role <> 'owner'::text)),
    CONSTRAINT sso_issuer_check CHECK (((issuer ~ '^https?://[^[:space:]?#]+$'::text) AND (length(issuer) <= 500)))
);

COMMENT ON TABLE app.sso IS 'How a workspace''s people sign in by its own OpenID provider.';

CREATE TABLE app.step (
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    node_id text NOT NULL,
    iteration integer DEFAULT 0 NOT NULL,
    attempt smallint DEFAULT 1 NOT NULL,
    step_no integer NOT NULL,
    status text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    duration_us bigint DEFAULT 0 NOT NULL,
    source json,
    output json,
    error json,
    CONSTRAINT step_status_check CHECK ((status = ANY (ARRAY['running'::text, 'waiting'::text, 'succeeded'::text, 'failed'::text, 'skipped'::text, 'cancelled'::text, 'unknown'::text])))
)
PARTITION BY RANGE (run_id);
ALTER TABLE ONLY app.step ALTER COLUMN output SET COMPRESSION lz4;

COMMENT ON TABLE app.step IS 'One execution of one node. Inserted once, when it ends; partitioned by the day of its run''s id.';

CREATE TABLE app.ticket (
    token_hash bytea NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    email text,
    name text,
    password_hash text,
    workspace_name text,
    session_kind text,
    tries integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    next text,
    CONSTRAINT ticket_kind_check CHECK ((((kind = 'verify'::text) AND (user_id IS NULL) AND (email IS NOT NULL) AND (password_hash IS NOT NULL)) OR ((kind = 'reset'::text) AND (user_id IS NOT NULL)) OR ((kind = 'email'::text) AND (user_id IS NOT NULL) AND (email IS NOT NULL)) OR ((kind = 'mfa'::text) AND (user_id IS NOT NULL) AND (session_kind = ANY (ARRAY['cookie'::text, 'jwt'::text])))))
);

COMMENT ON TABLE app.ticket IS 'A secret good for one thing, once. Its use removes it.';

CREATE TABLE app.timer (
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    due_at timestamp with time zone NOT NULL,
    fence bigint NOT NULL,
    prio smallint DEFAULT 0 NOT NULL
);

COMMENT ON TABLE app.timer IS 'A run that waits for a time: a row, not a thread.';

CREATE TABLE app.token (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    token_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    addresses cidr[] DEFAULT '{}'::cidr[] NOT NULL,
    used_address text,
    replaces uuid,
    CONSTRAINT token_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255)))
);

COMMENT ON TABLE app.token IS 'An API token of a workspace. Its rights are its scopes cut by its maker''s present role.';

CREATE TABLE app.totp (
    user_id uuid NOT NULL,
    sealed bytea NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE app.totp IS 'The authenticator app of a person (RFC 6238).';

COMMENT ON COLUMN app.totp.sealed IS 'To the vault''s public key: the vault alone checks codes.';

CREATE TABLE app.transition (
    kind text NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    CONSTRAINT transition_kind_check CHECK ((kind = ANY (ARRAY['run'::text, 'step'::text, 'wait'::text]))),
    CONSTRAINT transition_move_check CHECK ((from_status <> to_status))
);

COMMENT ON TABLE app.transition IS 'Every move of a status that is allowed. Filled by sql/app/transition.sql, which makes triggers of it.';

CREATE TABLE app.trigger (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    workflow_id uuid NOT NULL,
    node_id text NOT NULL,
    type text NOT NULL,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    is_active boolean DEFAULT false NOT NULL,
    is_enabled boolean DEFAULT true NOT NULL,
    version_id uuid,
    token text,
    path text,
    methods text[] DEFAULT '{POST}'::text[] NOT NULL,
    mode text DEFAULT 'immediate'::text NOT NULL,
    answer_timeout_ms integer DEFAULT 30000 NOT NULL,
    priority smallint DEFAULT 0 NOT NULL,
    rule text,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    missed text DEFAULT 'skip'::text NOT NULL,
    due_until timestamp with time zone,
    fired_at timestamp with time zone,
    etag bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    scheme text DEFAULT 'none'::text NOT NULL,
    CONSTRAINT trigger_active_check CHECK (((NOT is_active) OR (version_id IS NOT NULL))),
    CONSTRAINT trigger_missed_check CHECK ((missed = ANY (ARRAY['skip'::text, 'one'::text, 'all'::text]))),
    CONSTRAINT trigger_mode_check CHECK ((mode = ANY (ARRAY['immediate'::text, 'last_node'::text, 'respond'::text]))),
    CONSTRAINT trigger_schedule_check CHECK (((type = 'schedule'::text) = (rule IS NOT NULL))),
    CONSTRAINT trigger_scheme_check CHECK (((scheme = ANY (ARRAY['none'::text, 'standard'::text, 'github'::text, 'stripe'::text, 'slack'::text, 'hmac'::text, 'basic'::text, 'header'::text, 'jwt'::text])) AND ((scheme = 'none'::text) OR (type = 'webhook'::text)))),
    CONSTRAINT trigger_type_check CHECK ((type = ANY (ARRAY['webhook'::text, 'schedule'::text, 'manual'::text, 'error'::text, 'called'::text]))),
    CONSTRAINT trigger_webhook_check CHECK (((type = 'webhook'::text) = (token IS NOT NULL)))
);

COMMENT ON TABLE app.trigger IS 'How runs of a workflow start. Rows of trigger nodes are made when a version goes live.';

COMMENT ON COLUMN app.trigger.scheme IS 'How a webhook''s sender proves itself; none: whoever knows the address.';

CREATE TABLE app.trigger_secret (
    workspace_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    id uuid NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT trigger_secret_sealed_check CHECK (((octet_length(sealed) >= 34) AND (octet_length(sealed) <= 1024)))
);

COMMENT ON TABLE app.trigger_secret IS 'Secrets of webhooks, sealed: one in use, and those that still hold while senders change over.';

COMMENT ON COLUMN app.trigger_secret.sealed IS 'To the vault''s public key, then under the workspace''s key: the vault alone checks proofs.';

CREATE TABLE app.usage_day (
    workspace_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    day date NOT NULL,
    runs bigint NOT NULL,
    deliveries bigint NOT NULL,
    steps bigint NOT NULL,
    compute_us bigint NOT NULL,
    bytes bigint NOT NULL
);

COMMENT ON TABLE app.usage_day IS 'Usage by day and workflow, in UTC. Kept as long as the workspace.';

CREATE TABLE app.usage_hour (
    workspace_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    runs bigint NOT NULL,
    deliveries bigint NOT NULL,
    steps bigint NOT NULL,
    compute_us bigint NOT NULL,
    bytes bigint NOT NULL
);

COMMENT ON TABLE app.usage_hour IS 'Usage by hour, kept for 90 days.';

CREATE TABLE app.usage_kept (
    workspace_id uuid NOT NULL,
    rel text NOT NULL,
    day date NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT usage_kept_rel_check CHECK ((rel = ANY (ARRAY['step'::text, 'log'::text, 'delivery'::text])))
);

COMMENT ON TABLE app.usage_kept IS 'Bytes that a workspace has in a day''s partition; goes with the partition.';

CREATE TABLE app.usage_month (
    workspace_id uuid NOT NULL,
    month date NOT NULL,
    runs bigint NOT NULL,
    deliveries bigint NOT NULL,
    steps bigint NOT NULL,
    compute_us bigint NOT NULL,
    bytes bigint NOT NULL
);

COMMENT ON TABLE app.usage_month IS 'Usage of a calendar month in UTC: what quotas are compared with.';

CREATE TABLE app.usage_notice (
    workspace_id uuid NOT NULL,
    month date NOT NULL,
    kind text NOT NULL,
    level smallint NOT NULL,
    limit_was bigint NOT NULL,
    used_was bigint NOT NULL,
    told_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT usage_notice_level_check CHECK ((level = ANY (ARRAY[80, 100])))
);

COMMENT ON TABLE app.usage_notice IS 'That a workspace was told it nears a limit, or has reached it: once a month, kind and level.';

CREATE TABLE app.user_account (
    id uuid DEFAULT app.uuid7() NOT NULL,
    email text,
    email_key text,
    name text DEFAULT ''::text NOT NULL,
    password_hash text,
    is_active boolean DEFAULT true NOT NULL,
    is_superuser boolean DEFAULT false NOT NULL,
    preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_workspace_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    email_verified_at timestamp with time zone,
    mfa_at timestamp with time zone,
    kind text DEFAULT 'person'::text NOT NULL,
    CONSTRAINT user_account_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    CONSTRAINT user_account_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'service'::text]))),
    CONSTRAINT user_account_name_check CHECK ((length(name) <= 255)),
    CONSTRAINT user_account_service_check CHECK ((((kind = 'person'::text) = ((email IS NOT NULL) AND (email_key IS NOT NULL))) AND ((kind = 'person'::text) OR (password_hash IS NULL))))
);

COMMENT ON TABLE app.user_account IS 'A person. Belongs to no workspace; membership is in app.member.';

CREATE TABLE app.vault_ticket_key (
    id smallint DEFAULT 1 NOT NULL,
    key text NOT NULL,
    CONSTRAINT vault_ticket_key_id_check CHECK ((id = 1))
);

COMMENT ON TABLE app.vault_ticket_key IS 'What tickets to the vault are signed with. One row, set by millrace migrate, read by app.* only.';

CREATE TABLE app.version (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    workflow_id uuid NOT NULL,
    number integer NOT NULL,
    label text DEFAULT '1.0.0'::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    definition json NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    error_workflow_id uuid GENERATED ALWAYS AS (
CASE
    WHEN (((definition -> 'settings'::text) ->> 'error_workflow'::text) ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text) THEN (((definition -> 'settings'::text) ->> 'error_workflow'::text))::uuid
    ELSE NULL::uuid
END) STORED,
    CONSTRAINT version_number_check CHECK ((number >= 1))
);

COMMENT ON TABLE app.version IS 'One immutable definition of a workflow. Never updated.';

CREATE TABLE app.wait (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    run_id uuid NOT NULL,
    node_id text NOT NULL,
    iteration integer DEFAULT 0 NOT NULL,
    attempt smallint DEFAULT 1 NOT NULL,
    kind text NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    detail json,
    answer json,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT wait_answer_check CHECK (((answer IS NULL) OR (status = 'answered'::text))),
    CONSTRAINT wait_ended_check CHECK (((ended_at IS NOT NULL) = (status = ANY (ARRAY['answered'::text, 'expired'::text, 'cancelled'::text])))),
    CONSTRAINT wait_kind_check CHECK ((kind = ANY (ARRAY['callback'::text, 'approval'::text, 'run'::text]))),
    CONSTRAINT wait_status_check CHECK ((status = ANY (ARRAY['open'::text, 'answered'::text, 'expired'::text, 'cancelled'::text])))
);

COMMENT ON TABLE app.wait IS 'What a step waits for that comes from outside: at most one end, whoever is first.';

CREATE SEQUENCE app.worker_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE app.worker (
    id bigint DEFAULT nextval('app.worker_id_seq'::regclass) NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    heartbeat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    load jsonb DEFAULT '{}'::jsonb NOT NULL
)
WITH (fillfactor='50');

COMMENT ON TABLE app.worker IS 'One row for each living worker process. Its heartbeat renews all its leases at once.';

CREATE TABLE app.workflow (
    workspace_id uuid NOT NULL,
    id uuid DEFAULT app.uuid7() NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    draft_version integer DEFAULT 1 NOT NULL,
    live_version integer,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_by uuid,
    etag bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    visibility text DEFAULT 'workspace'::text NOT NULL,
    CONSTRAINT workflow_live_check CHECK (((state <> 'active'::text) OR (live_version IS NOT NULL))),
    CONSTRAINT workflow_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255))),
    CONSTRAINT workflow_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'active'::text, 'paused'::text, 'archived'::text]))),
    CONSTRAINT workflow_visibility_check CHECK ((visibility = ANY (ARRAY['private'::text, 'workspace'::text])))
);

COMMENT ON TABLE app.workflow IS 'A named automation. Its definitions are in app.version.';

CREATE TABLE app.workspace (
    id uuid DEFAULT app.uuid7() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    domain text,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_by uuid,
    etag bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    sso_enforced boolean DEFAULT false NOT NULL,
    CONSTRAINT workspace_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255))),
    CONSTRAINT workspace_slug_check CHECK ((slug ~ '^[a-z0-9](-?[a-z0-9]){1,62}$'::text))
);

COMMENT ON TABLE app.workspace IS 'The tenant. Every tenant row carries its id as workspace_id.';

CREATE TABLE app.workspace_plan (
    workspace_id uuid NOT NULL,
    plan_id text NOT NULL,
    limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    set_by uuid,
    set_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT workspace_plan_limits_check CHECK ((jsonb_typeof(limits) = 'object'::text))
);

COMMENT ON TABLE app.workspace_plan IS 'The plan that a workspace was given. No row: the default one.';

ALTER TABLE ONLY app.audit_detail
    ADD CONSTRAINT audit_detail_pkey PRIMARY KEY (workspace_id, audit_id);

ALTER TABLE ONLY app.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY app.audit_link
    ADD CONSTRAINT audit_link_audit_id_key UNIQUE (workspace_id, audit_id);

ALTER TABLE ONLY app.audit_link
    ADD CONSTRAINT audit_link_pkey PRIMARY KEY (workspace_id, seq);

ALTER TABLE ONLY app.audit_open
    ADD CONSTRAINT audit_open_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.audit_proof
    ADD CONSTRAINT audit_proof_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.audit_sink
    ADD CONSTRAINT audit_sink_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY app.challenge
    ADD CONSTRAINT challenge_pkey PRIMARY KEY (challenge_hash);

ALTER TABLE ONLY app.connection
    ADD CONSTRAINT connection_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.connection_test
    ADD CONSTRAINT connection_test_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.context_key
    ADD CONSTRAINT context_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.delivery_key
    ADD CONSTRAINT delivery_key_pkey PRIMARY KEY (workspace_id, trigger_id, key);

ALTER TABLE ONLY app.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.domain
    ADD CONSTRAINT domain_domain_key UNIQUE (workspace_id, domain);

ALTER TABLE ONLY app.domain
    ADD CONSTRAINT domain_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.erasure
    ADD CONSTRAINT erasure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (workspace_id, key);

ALTER TABLE ONLY app.identity
    ADD CONSTRAINT identity_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.identity
    ADD CONSTRAINT identity_subject_key UNIQUE NULLS NOT DISTINCT (workspace_id, issuer, subject);

ALTER TABLE ONLY app.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.invitation
    ADD CONSTRAINT invitation_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY app.key
    ADD CONSTRAINT key_name_key UNIQUE (workspace_id, name);

ALTER TABLE ONLY app.key
    ADD CONSTRAINT key_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.key_version
    ADD CONSTRAINT key_version_pkey PRIMARY KEY (workspace_id, key_id, number);

ALTER TABLE ONLY app.left_member
    ADD CONSTRAINT left_member_pkey PRIMARY KEY (workspace_id, user_id);

ALTER TABLE ONLY app.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (workspace_id, run_id, id);

ALTER TABLE ONLY app.login_throttle
    ADD CONSTRAINT login_throttle_pkey PRIMARY KEY (key);

ALTER TABLE ONLY app.mail
    ADD CONSTRAINT mail_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.mail_setup
    ADD CONSTRAINT mail_setup_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (workspace_id, user_id);

ALTER TABLE ONLY app.meter_mark
    ADD CONSTRAINT meter_mark_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.oidc_state
    ADD CONSTRAINT oidc_state_pkey PRIMARY KEY (state_hash);

ALTER TABLE ONLY app.old_slug
    ADD CONSTRAINT old_slug_pkey PRIMARY KEY (workspace_id, slug);

ALTER TABLE ONLY app.old_slug
    ADD CONSTRAINT old_slug_slug_key UNIQUE (slug);

ALTER TABLE ONLY app.outgoing
    ADD CONSTRAINT outgoing_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY app.passkey
    ADD CONSTRAINT passkey_credential_id_key UNIQUE (credential_id);

ALTER TABLE ONLY app.passkey
    ADD CONSTRAINT passkey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.queue_mark
    ADD CONSTRAINT queue_mark_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.rate_bucket
    ADD CONSTRAINT rate_bucket_pkey PRIMARY KEY (key);

ALTER TABLE ONLY app.recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (user_id, code_hash);

ALTER TABLE ONLY app.refresh_token
    ADD CONSTRAINT refresh_token_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY app.replay
    ADD CONSTRAINT replay_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.replay_run
    ADD CONSTRAINT replay_run_pkey PRIMARY KEY (workspace_id, replay_id, run_id);

ALTER TABLE ONLY app.retention
    ADD CONSTRAINT retention_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY app.role
    ADD CONSTRAINT role_name_key UNIQUE (workspace_id, name);

ALTER TABLE ONLY app.role_permission
    ADD CONSTRAINT role_permission_pkey PRIMARY KEY (role, permission);

ALTER TABLE ONLY app.role
    ADD CONSTRAINT role_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.run_outcome
    ADD CONSTRAINT run_outcome_pkey PRIMARY KEY (workspace_id, run_id);

ALTER TABLE ONLY app.run_pause
    ADD CONSTRAINT run_pause_pkey PRIMARY KEY (workspace_id, run_id);

ALTER TABLE ONLY app.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.run_queue
    ADD CONSTRAINT run_queue_pkey PRIMARY KEY (workspace_id, run_id);

ALTER TABLE app.run
    ADD CONSTRAINT run_trigger_type_check CHECK ((trigger_type = ANY (ARRAY['webhook'::text, 'schedule'::text, 'manual'::text, 'api'::text, 'retry'::text, 'error'::text, 'workflow'::text]))) NOT VALID;

ALTER TABLE ONLY app.schedule_due
    ADD CONSTRAINT schedule_due_pkey PRIMARY KEY (workspace_id, trigger_id, due_at);

ALTER TABLE ONLY app.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.session
    ADD CONSTRAINT session_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY app.share
    ADD CONSTRAINT share_pkey PRIMARY KEY (workspace_id, kind, object_id, user_id);

ALTER TABLE ONLY app.share_workspace
    ADD CONSTRAINT share_workspace_pkey PRIMARY KEY (workspace_id, kind, object_id, to_workspace_id);

ALTER TABLE ONLY app.sso
    ADD CONSTRAINT sso_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY app.step
    ADD CONSTRAINT step_pkey PRIMARY KEY (workspace_id, run_id, node_id, iteration, attempt);

ALTER TABLE ONLY app.ticket
    ADD CONSTRAINT ticket_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY app.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (workspace_id, run_id);

ALTER TABLE ONLY app.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.token
    ADD CONSTRAINT token_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY app.totp
    ADD CONSTRAINT totp_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY app.transition
    ADD CONSTRAINT transition_pkey PRIMARY KEY (kind, from_status, to_status);

ALTER TABLE ONLY app.trigger
    ADD CONSTRAINT trigger_node_id_key UNIQUE (workspace_id, workflow_id, node_id);

ALTER TABLE ONLY app.trigger
    ADD CONSTRAINT trigger_path_key UNIQUE (workspace_id, path);

ALTER TABLE ONLY app.trigger
    ADD CONSTRAINT trigger_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.trigger_secret
    ADD CONSTRAINT trigger_secret_pkey PRIMARY KEY (workspace_id, trigger_id, id);

ALTER TABLE ONLY app.trigger
    ADD CONSTRAINT trigger_token_key UNIQUE (token);

ALTER TABLE ONLY app.usage_day
    ADD CONSTRAINT usage_day_pkey PRIMARY KEY (workspace_id, day, workflow_id);

ALTER TABLE ONLY app.usage_hour
    ADD CONSTRAINT usage_hour_pkey PRIMARY KEY (workspace_id, hour);

ALTER TABLE ONLY app.usage_kept
    ADD CONSTRAINT usage_kept_pkey PRIMARY KEY (workspace_id, rel, day);

ALTER TABLE ONLY app.usage_month
    ADD CONSTRAINT usage_month_pkey PRIMARY KEY (workspace_id, month);

ALTER TABLE ONLY app.usage_notice
    ADD CONSTRAINT usage_notice_pkey PRIMARY KEY (workspace_id, month, kind, level);

ALTER TABLE ONLY app.user_account
    ADD CONSTRAINT user_account_email_key UNIQUE (email_key);

ALTER TABLE ONLY app.user_account
    ADD CONSTRAINT user_account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.vault_ticket_key
    ADD CONSTRAINT vault_ticket_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.version
    ADD CONSTRAINT version_number_key UNIQUE (workspace_id, workflow_id, number);

ALTER TABLE ONLY app.version
    ADD CONSTRAINT version_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.wait
    ADD CONSTRAINT wait_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.wait
    ADD CONSTRAINT wait_step_key UNIQUE (workspace_id, run_id, node_id, iteration, attempt);

ALTER TABLE ONLY app.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.workflow
    ADD CONSTRAINT workflow_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY app.workspace
    ADD CONSTRAINT workspace_domain_key UNIQUE (domain);

ALTER TABLE ONLY app.workspace
    ADD CONSTRAINT workspace_pkey PRIMARY KEY (id);

ALTER TABLE ONLY app.workspace_plan
    ADD CONSTRAINT workspace_plan_pkey PRIMARY KEY (workspace_id);

ALTER TABLE ONLY app.workspace
    ADD CONSTRAINT workspace_slug_key UNIQUE (slug);

CREATE INDEX audit_action_idx ON app.audit USING btree (workspace_id, action, id);

CREATE INDEX audit_actor_id_idx ON app.audit USING btree (workspace_id, actor_id, id);

CREATE INDEX audit_kind_idx ON app.audit USING btree (workspace_id, kind, id);

CREATE INDEX audit_open_id_idx ON app.audit_open USING btree (id);

CREATE INDEX audit_proof_running_idx ON app.audit_proof USING btree (id) WHERE (status = 'running'::text);

CREATE INDEX audit_resource_id_idx ON app.audit USING btree (workspace_id, resource_id, id);

CREATE INDEX audit_sink_due_at_idx ON app.audit_sink USING btree (due_at) WHERE is_active;

CREATE INDEX challenge_expires_at_idx ON app.challenge USING btree (expires_at);

CREATE INDEX challenge_user_id_idx ON app.challenge USING btree (user_id);

CREATE UNIQUE INDEX connection_name_key ON app.connection USING btree (workspace_id, (
CASE
    WHEN (visibility = 'private'::text) THEN COALESCE(created_by, id)
    ELSE NULL::uuid
END), name) NULLS NOT DISTINCT;

COMMENT ON INDEX app.connection_name_key IS 'A name once among those that everybody sees, and once among the private ones of each maker.';

CREATE INDEX connection_test_connection_id_idx ON app.connection_test USING btree (workspace_id, connection_id);

CREATE INDEX connection_test_open_idx ON app.connection_test USING btree (id) WHERE (done_at IS NULL);

CREATE INDEX delivery_key_received_at_idx ON app.delivery_key USING btree (received_at);

CREATE INDEX domain_due_at_idx ON app.domain USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX domain_role_id_idx ON app.domain USING btree (workspace_id, role_id) WHERE (role_id IS NOT NULL);

CREATE UNIQUE INDEX domain_verified_key ON app.domain USING btree (domain) WHERE (verified_at IS NOT NULL);

CREATE INDEX erasure_subject_id_idx ON app.erasure USING btree (subject_id);

CREATE INDEX idempotency_created_at_idx ON app.idempotency USING btree (created_at);

CREATE INDEX identity_user_id_idx ON app.identity USING btree (user_id);

CREATE UNIQUE INDEX invitation_email_key ON app.invitation USING btree (workspace_id, email_key) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));

CREATE UNIQUE INDEX key_purpose_key ON app.key USING btree (workspace_id, purpose) WHERE (purpose = 'connections'::text);

CREATE INDEX left_member_user_id_idx ON app.left_member USING btree (user_id);

CREATE INDEX mail_done_at_idx ON app.mail USING btree (done_at) WHERE (status <> 'queued'::text);

CREATE INDEX mail_due_at_idx ON app.mail USING btree (due_at) WHERE (status = 'queued'::text);

CREATE INDEX mail_workspace_id_idx ON app.mail USING btree (workspace_id);

CREATE INDEX member_role_id_idx ON app.member USING btree (workspace_id, role_id) WHERE (role_id IS NOT NULL);

CREATE INDEX member_user_id_idx ON app.member USING btree (user_id);

CREATE INDEX meter_workspace_id_idx ON app.meter USING btree (workspace_id, xid);

CREATE INDEX oidc_state_expires_at_idx ON app.oidc_state USING btree (expires_at);

CREATE INDEX oidc_state_network_idx ON app.oidc_state USING btree (network);

CREATE INDEX oidc_state_user_id_idx ON app.oidc_state USING btree (user_id);

CREATE INDEX oidc_state_workspace_id_idx ON app.oidc_state USING btree (workspace_id);

CREATE INDEX outgoing_updated_at_idx ON app.outgoing USING btree (updated_at);

CREATE INDEX passkey_user_id_idx ON app.passkey USING btree (user_id);

CREATE UNIQUE INDEX plan_is_default_key ON app.plan USING btree (is_default) WHERE is_default;

CREATE INDEX rate_bucket_at_idx ON app.rate_bucket USING btree (at);

CREATE INDEX refresh_token_session_id_idx ON app.refresh_token USING btree (session_id);

CREATE INDEX replay_open_idx ON app.replay USING btree (id) WHERE (completed_at IS NULL);

CREATE INDEX replay_run_open_idx ON app.replay_run USING btree (workspace_id, replay_id, run_id) WHERE (outcome IS NULL);

CREATE INDEX replay_run_outcome_idx ON app.replay_run USING btree (workspace_id, replay_id, outcome, run_id);

CREATE INDEX replay_workflow_id_idx ON app.replay USING btree (workspace_id, workflow_id, id);

CREATE INDEX run_outcome_dead_idx ON app.run_outcome USING btree (workspace_id, run_id) WHERE ((status = 'failed'::text) AND (handled_at IS NULL));

CREATE INDEX run_outcome_dead_workflow_id_idx ON app.run_outcome USING btree (workspace_id, workflow_id, run_id) WHERE ((status = 'failed'::text) AND (handled_at IS NULL));

CREATE INDEX run_outcome_status_idx ON app.run_outcome USING btree (workspace_id, status, run_id);

CREATE INDEX run_outcome_workflow_id_idx ON app.run_outcome USING btree (workspace_id, workflow_id, status, run_id);

CREATE INDEX run_parent_id_idx ON app.run USING btree (workspace_id, parent_id, id) WHERE (parent_id IS NOT NULL);

CREATE INDEX run_queue_ready_xid_idx ON app.run_queue USING btree (ready_xid);

CREATE INDEX run_workflow_id_idx ON app.run USING btree (workflow_id, workspace_id, id);

CREATE INDEX schedule_due_due_at_idx ON app.schedule_due USING btree (due_at);

CREATE INDEX session_user_id_idx ON app.session USING btree (user_id);

CREATE INDEX share_user_id_idx ON app.share USING btree (workspace_id, user_id, kind);

CREATE INDEX share_workspace_to_workspace_id_idx ON app.share_workspace USING btree (to_workspace_id, kind, object_id);

CREATE INDEX ticket_email_idx ON app.ticket USING btree (lower(email)) WHERE (kind = 'verify'::text);

CREATE INDEX ticket_expires_at_idx ON app.ticket USING btree (expires_at);

CREATE INDEX ticket_user_id_idx ON app.ticket USING btree (user_id);

CREATE INDEX timer_due_at_idx ON app.timer USING btree (due_at);

CREATE INDEX token_created_by_idx ON app.token USING btree (workspace_id, created_by);

CREATE INDEX trigger_due_until_idx ON app.trigger USING btree (due_until) WHERE ((type = 'schedule'::text) AND is_active);

CREATE UNIQUE INDEX trigger_secret_current_key ON app.trigger_secret USING btree (workspace_id, trigger_id) WHERE (expires_at IS NULL);

CREATE INDEX usage_hour_hour_idx ON app.usage_hour USING btree (hour);

CREATE INDEX usage_kept_rel_idx ON app.usage_kept USING btree (rel, day);

CREATE INDEX workflow_private_idx ON app.workflow USING btree (workspace_id) WHERE (visibility = 'private'::text);

ALTER TABLE ONLY app.audit_detail
    ADD CONSTRAINT audit_detail_audit_id_fkey FOREIGN KEY (workspace_id, audit_id) REFERENCES app.audit(workspace_id, id);

ALTER TABLE ONLY app.challenge
    ADD CONSTRAINT challenge_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.connection_test
    ADD CONSTRAINT connection_test_connection_id_fkey FOREIGN KEY (workspace_id, connection_id) REFERENCES app.connection(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY app.connection
    ADD CONSTRAINT connection_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.domain
    ADD CONSTRAINT domain_role_id_fkey FOREIGN KEY (workspace_id, role_id) REFERENCES app.role(workspace_id, id);

ALTER TABLE ONLY app.domain
    ADD CONSTRAINT domain_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.identity
    ADD CONSTRAINT identity_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.identity
    ADD CONSTRAINT identity_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.invitation
    ADD CONSTRAINT invitation_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES app.user_account(id);

ALTER TABLE ONLY app.invitation
    ADD CONSTRAINT invitation_role_id_fkey FOREIGN KEY (workspace_id, role_id) REFERENCES app.role(workspace_id, id);

ALTER TABLE ONLY app.invitation
    ADD CONSTRAINT invitation_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.key_version
    ADD CONSTRAINT key_version_key_id_fkey FOREIGN KEY (workspace_id, key_id) REFERENCES app.key(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY app.key
    ADD CONSTRAINT key_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.left_member
    ADD CONSTRAINT left_member_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.left_member
    ADD CONSTRAINT left_member_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.mail
    ADD CONSTRAINT mail_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.member
    ADD CONSTRAINT member_role_id_fkey FOREIGN KEY (workspace_id, role_id) REFERENCES app.role(workspace_id, id);

ALTER TABLE ONLY app.member
    ADD CONSTRAINT member_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id);

ALTER TABLE ONLY app.member
    ADD CONSTRAINT member_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.oidc_state
    ADD CONSTRAINT oidc_state_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.oidc_state
    ADD CONSTRAINT oidc_state_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.old_slug
    ADD CONSTRAINT old_slug_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.outgoing
    ADD CONSTRAINT outgoing_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.passkey
    ADD CONSTRAINT passkey_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.recovery_code
    ADD CONSTRAINT recovery_code_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.refresh_token
    ADD CONSTRAINT refresh_token_session_id_fkey FOREIGN KEY (session_id) REFERENCES app.session(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.replay_run
    ADD CONSTRAINT replay_run_replay_id_fkey FOREIGN KEY (workspace_id, replay_id) REFERENCES app.replay(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY app.replay
    ADD CONSTRAINT replay_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id) REFERENCES app.workflow(workspace_id, id);

ALTER TABLE ONLY app.retention
    ADD CONSTRAINT retention_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.role
    ADD CONSTRAINT role_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.schedule_due
    ADD CONSTRAINT schedule_due_trigger_id_fkey FOREIGN KEY (workspace_id, trigger_id) REFERENCES app.trigger(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY app.session
    ADD CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id);

ALTER TABLE ONLY app.share
    ADD CONSTRAINT share_user_id_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES app.member(workspace_id, user_id) ON DELETE CASCADE;

ALTER TABLE ONLY app.share_workspace
    ADD CONSTRAINT share_workspace_to_workspace_id_fkey FOREIGN KEY (to_workspace_id) REFERENCES app.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.share_workspace
    ADD CONSTRAINT share_workspace_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.sso
    ADD CONSTRAINT sso_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.ticket
    ADD CONSTRAINT ticket_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.token
    ADD CONSTRAINT token_created_by_fkey FOREIGN KEY (created_by) REFERENCES app.user_account(id);

ALTER TABLE ONLY app.token
    ADD CONSTRAINT token_replaces_fkey FOREIGN KEY (workspace_id, replaces) REFERENCES app.token(workspace_id, id);

ALTER TABLE ONLY app.token
    ADD CONSTRAINT token_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.totp
    ADD CONSTRAINT totp_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.user_account(id) ON DELETE CASCADE;

ALTER TABLE ONLY app.trigger_secret
    ADD CONSTRAINT trigger_secret_trigger_id_fkey FOREIGN KEY (workspace_id, trigger_id) REFERENCES app.trigger(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY app.trigger
    ADD CONSTRAINT trigger_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id) REFERENCES app.workflow(workspace_id, id);

ALTER TABLE ONLY app.version
    ADD CONSTRAINT version_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id) REFERENCES app.workflow(workspace_id, id);

ALTER TABLE ONLY app.workflow
    ADD CONSTRAINT workflow_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app.workspace(id);

ALTER TABLE ONLY app.workspace_plan
    ADD CONSTRAINT workspace_plan_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES app.plan(id);

