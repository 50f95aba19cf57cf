#ifndef MR_WEB_HASHING_H
#define MR_WEB_HASHING_H

/*
 * hashing.h: passwords hashed for a call, in a thread: at most one a core at a time, and when too
 * many wait the call is answered 503.
 */

#include "core/str.h"
#include "web/call.h"

/*
 * Derives the hash of `password` as `like` says (the salt that SQL gave; "": none is derived), then
 * makes a new hash of `fresh` (empty: none is made, but of `password` when `like` is outdated).
 * `then` finds them in c->reply: text is the derived hash, message the new one; NULL: none.
 */
enum call_next hashing_start(
    struct call *c, struct str password, const char *like, struct str fresh, call_step then);

#endif
