#include "web/webauthn.h"

#include <cbor.h>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <string.h>

#include "core/json.h"

enum { CLIENT_DATA_MAX = 4096, ATTESTATION_MAX = 65536 };

/* The parts of an attestation object; they point into its item. */
struct attestation {
	cbor_item_t *item;
	struct str format;
	struct str authenticator_data;
	struct str signature; /* of format packed; p NULL: none */
	bool has_certificate;
};

static int attestation_read(struct str bytes, struct attestation *out, struct err *e);
static void statement_read(const cbor_item_t *statement, struct attestation *out);
static struct str text_of(const cbor_item_t *item);
static struct str bytes_of(const cbor_item_t *item);
static int credential_fill(fido_cred_t *cred, const struct webauthn_site *site,
    struct str client_data, const struct attestation *a, int algorithm);
static int site_is_right(const struct webauthn_site *site, struct str authenticator_data);
static int key_copy(const fido_cred_t *cred, struct webauthn_key *out);
static int signature_verify(const fido_assert_t *assertion, const struct webauthn_key *key);

int
webauthn_client_data(const struct webauthn_site *site, struct str client_data, const char *type,
    uint8_t challenge_hash[SHA256_SIZE], struct err *e)
{
	struct buf challenge = { 0 };
	json_t *data = NULL;
	const char *origin;
	bool is_own = false;
	int rc = -1;

	if (js_parse(client_data, CLIENT_DATA_MAX, 4, &data, e) != 0 || !json_is_object(data)) {
		err_set_field(e, "MR400", "client_data", "this is not what a browser sends");
		goto out;
	}
	if (strcmp(js_text_or(data, "type", ""), type) != 0) {
		err_set_field(e, "MR400", "client_data", "this was made for another purpose");
		goto out;
	}
	origin = js_text_or(data, "origin", "");
	for (const char *const *own = site->origins; *own != NULL; own++)
		is_own = is_own || strcmp(*own, origin) == 0;
	if (!is_own || js_bool_or(data, "crossOrigin", false)) {
		err_set(e, "MR403", "the passkey was used on another site");
		goto out;
	}
	if (crypto_unbase64url(&challenge, js_str(json_object_get(data, "challenge")), e) != 0 ||
	    challenge.len < 16) {
		err_set_field(e, "MR400", "client_data", "it holds no challenge");
		goto out;
	}
	crypto_sha256(buf_view(&challenge), challenge_hash);
	rc = 0;
out:
	buf_free(&challenge);
	json_decref(data);
	return rc;
}

int
webauthn_register(const struct webauthn_site *site, struct str client_data, struct str attestation,
    struct webauthn_key *out, struct err *e)
{
	static const int algorithms[] = { COSE_ES256, COSE_EDDSA, COSE_RS256 };
	struct attestation a = { 0 };
	fido_cred_t *cred = NULL;
	int rc = -1;

	if (attestation_read(attestation, &a, e) != 0)
		goto out;
	if (site_is_right(site, a.authenticator_data) != 0) {
		err_set_field(e, "MR400", "attestation", "the passkey belongs to another site");
		goto out;
	}
	/* libfido2 takes a key only of the algorithm that it is told. */
	for (size_t i = 0; i < countof(algorithms); i++) {
		fido_cred_free(&cred);
		cred = fido_cred_new();
		if (cred != NULL &&
		    credential_fill(cred, site, client_data, &a, algorithms[i]) == 0)
			break;
		fido_cred_free(&cred);
	}
	if (cred == NULL) {
		err_set_field(e, "MR400", "attestation",
		    "the passkey is of no kind that we know, or did not check who used it");
		goto out;
	}
	/* Other formats say who made the authenticator, which we neither ask nor trust. */
	if (a.signature.p != NULL && !a.has_certificate && fido_cred_verify_self(cred) != FIDO_OK) {
		err_set_field(e, "MR400", "attestation", "the passkey's own signature is wrong");
		goto out;
	}
	if (key_copy(cred, out) != 0) {
		err_set_field(e, "MR400", "attestation", "the passkey's id or key is too long");
		goto out;
	}
	rc = 0;
out:
	fido_cred_free(&cred);
	if (a.item != NULL)
		cbor_decref(&a.item);
	return rc;
}

int
webauthn_assert(const struct webauthn_site *site, struct str client_data,
    struct str authenticator_data, struct str signature, const struct webauthn_key *key,
    uint32_t *count, struct err *e)
{
	uint8_t hash[SHA256_SIZE];
	fido_assert_t *a = fido_assert_new();
	int rc = -1;

	*count = 0;
	crypto_sha256(client_data, hash);
	if (a == NULL || fido_assert_set_count(a, 1) != FIDO_OK ||
	    fido_assert_set_rp(a, site->id) != FIDO_OK ||
	    fido_assert_set_clientdata_hash(a, hash, sizeof(hash)) != FIDO_OK ||
	    fido_assert_set_authdata_raw(a, 0, (const unsigned char *)authenticator_data.p,
	        authenticator_data.n) != FIDO_OK ||
	    fido_assert_set_sig(a, 0, (const unsigned char *)signature.p, signature.n) != FIDO_OK ||
	    fido_assert_set_up(a, FIDO_OPT_TRUE) != FIDO_OK ||
	    fido_assert_set_uv(a, FIDO_OPT_TRUE) != FIDO_OK || signature_verify(a, key) != 0) {
		err_set(e, "MR401", "this passkey opens no account here");
		goto out;
	}
	*count = fido_assert_sigcount(a, 0);
	rc = 0;
out:
	fido_assert_free(&a);
	return rc;
}

static int
attestation_read(struct str bytes, struct attestation *out, struct err *e)
{
	struct cbor_load_result result;
	struct cbor_pair *pairs;

	if (bytes.n > 0 && bytes.n <= ATTESTATION_MAX)
		out->item = cbor_load((cbor_data)bytes.p, bytes.n, &result);
	if (out->item == NULL || !cbor_isa_map(out->item) || !cbor_map_is_definite(out->item))
		return err_set_field(e, "MR400", "attestation", "this is not what a browser sends");
	pairs = cbor_map_handle(out->item);
	for (size_t i = 0; i < cbor_map_size(out->item); i++) {
		struct str key = text_of(pairs[i].key);

		if (str_is(key, "fmt"))
			out->format = text_of(pairs[i].value);
		else if (str_is(key, "authData"))
			out->authenticator_data = bytes_of(pairs[i].value);
		else if (str_is(key, "attStmt"))
			statement_read(pairs[i].value, out);
	}
	if (out->format.p == NULL || out->authenticator_data.n < 37)
		return err_set_field(e, "MR400", "attestation", "this is not what a browser sends");
	return 0;
}

static void
statement_read(const cbor_item_t *statement, struct attestation *out)
{
	struct cbor_pair *pairs;

	if (!cbor_isa_map(statement) || !cbor_map_is_definite(statement))
		return;
	pairs = cbor_map_handle(statement);
	for (size_t i = 0; i < cbor_map_size(statement); i++) {
		struct str key = text_of(pairs[i].key);

		if (str_is(key, "sig"))
			out->signature = bytes_of(pairs[i].value);
		else if (str_is(key, "x5c") || str_is(key, "ecdaaKeyId"))
			out->has_certificate = true;
	}
}

static struct str
text_of(const cbor_item_t *item)
{
	if (!cbor_isa_string(item) || !cbor_string_is_definite(item))
		return (struct str){ 0 };
	return str_make((const char *)cbor_string_handle(item), cbor_string_length(item));
}

static struct str
bytes_of(const cbor_item_t *item)
{
	if (!cbor_isa_bytestring(item) || !cbor_bytestring_is_definite(item))
		return (struct str){ 0 };
	return str_make((const char *)cbor_bytestring_handle(item), cbor_bytestring_length(item));
}

/* -1: not of this algorithm, or user presence or verification is missing. */
static int
credential_fill(fido_cred_t *cred, const struct webauthn_site *site, struct str client_data,
    const struct attestation *a, int algorithm)
{
	enum { USER_PRESENT = 0x01, USER_VERIFIED = 0x04, HAS_KEY = 0x40 };
	uint8_t hash[SHA256_SIZE], flags;
	bool is_self = str_is(a->format, "packed") && a->signature.p != NULL && !a->has_certificate;

	crypto_sha256(client_data, hash);
	if (fido_cred_set_type(cred, algorithm) != FIDO_OK ||
	    fido_cred_set_rp(cred, site->id, NULL) != FIDO_OK ||
	    fido_cred_set_clientdata_hash(cred, hash, sizeof(hash)) != FIDO_OK ||
	    fido_cred_set_uv(cred, FIDO_OPT_TRUE) != FIDO_OK ||
	    fido_cred_set_fmt(cred, is_self ? "packed" : "none") != FIDO_OK ||
	    fido_cred_set_authdata_raw(cred, (const unsigned char *)a->authenticator_data.p,
	        a->authenticator_data.n) != FIDO_OK)
		return -1;
	flags = fido_cred_flags(cred);
	if (!(flags & USER_PRESENT) || !(flags & USER_VERIFIED) || !(flags & HAS_KEY))
		return -1;
	if (is_self && fido_cred_set_sig(
	                   cred, (const unsigned char *)a->signature.p, a->signature.n) != FIDO_OK)
		return -1;
	return 0;
}

/* libfido2 compares it where there is a signature to verify; a bare key has none. */
static int
site_is_right(const struct webauthn_site *site, struct str authenticator_data)
{
	uint8_t hash[SHA256_SIZE];

	crypto_sha256(str_of(site->id), hash);
	return crypto_equal(str_sub(authenticator_data, 0, sizeof(hash)),
	           str_make((const char *)hash, sizeof(hash)))
	           ? 0
	           : -1;
}

static int
key_copy(const fido_cred_t *cred, struct webauthn_key *out)
{
	out->id_len = fido_cred_id_len(cred);
	out->public_len = fido_cred_pubkey_len(cred);
	if (out->id_len == 0 || out->id_len > sizeof(out->id) || out->public_len == 0 ||
	    out->public_len > sizeof(out->public))
		return -1;
	memcpy(out->id, fido_cred_id_ptr(cred), out->id_len);
	memcpy(out->public, fido_cred_pubkey_ptr(cred), out->public_len);
	out->algorithm = fido_cred_type(cred);
	out->count = fido_cred_sigcount(cred);
	return 0;
}

/* The form of the key was checked when it was registered, but it has been in the database since. */
static int
signature_verify(const fido_assert_t *assertion, const struct webauthn_key *key)
{
	es256_pk_t *es256 = es256_pk_new();
	eddsa_pk_t *eddsa = eddsa_pk_new();
	rs256_pk_t *rs256 = rs256_pk_new();
	const void *pk = NULL;
	int rc = -1;

	if (es256 == NULL || eddsa == NULL || rs256 == NULL)
		goto out;
	if (key->algorithm == COSE_ES256 &&
	    es256_pk_from_ptr(es256, key->public, key->public_len) == FIDO_OK)
		pk = es256;
	else if (key->algorithm == COSE_EDDSA &&
	         eddsa_pk_from_ptr(eddsa, key->public, key->public_len) == FIDO_OK)
		pk = eddsa;
	else if (key->algorithm == COSE_RS256 &&
	         rs256_pk_from_ptr(rs256, key->public, key->public_len) == FIDO_OK)
		pk = rs256;
	if (pk != NULL && fido_assert_verify(assertion, 0, key->algorithm, pk) == FIDO_OK)
		rc = 0;
out:
	es256_pk_free(&es256);
	eddsa_pk_free(&eddsa);
	rs256_pk_free(&rs256);
	return rc;
}
