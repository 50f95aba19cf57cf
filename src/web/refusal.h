#ifndef MR_WEB_REFUSAL_H
#define MR_WEB_REFUSAL_H

/*
 * refusal.h: the audit log learns what was refused. The refused transaction is rolled back, so the
 * entry is made by a statement of its own, after the answer and without waiting for it.
 */

#include "web/call.h"

/*
 * Notes how the call was answered if that is a 403, and a 401 of somebody who signs in; nothing
 * else. When too many are under way or the database is out of reach, the line in our own log is all
 * there is.
 */
void refusal_note(const struct call *c);

#endif
