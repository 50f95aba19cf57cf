#ifndef MR_WEB_PASSWORD_H
#define MR_WEB_PASSWORD_H

/*
 * password.h: argon2id, as PHC strings "$argon2id$v=19$m=…,t=…,p=…$salt$hash", and bcrypt as
 * crypt(3) writes it, for hashes that were brought from elsewhere. Slow by design: for threads
 * only. SQL keeps the hash and gives out the part before it; it compares what we derive.
 */

#include <stdbool.h>

#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

#define PASSWORD_HASH_SIZE 256

/* A new hash under today's parameters (19 MiB, 2 passes) and a new salt. */
mr_must_check int password_hash(struct str password, char out[PASSWORD_HASH_SIZE]);

/* The hash of `password` under the salt and parameters of `like`
 * ("$argon2id$v=19$m=…,t=…,p=…$salt", "$2b$12$salt"). */
mr_must_check int password_derive(
    struct str password, const char *like, char out[PASSWORD_HASH_SIZE]);

/* Are the parameters of `like` older than today's? Those of bcrypt are. */
bool password_is_outdated(const char *like);

/* NULL, or why nobody should use this password, as an issue of the field. */
const char *password_weakness(struct str password, struct str email);

#endif
