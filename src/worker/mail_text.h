/*
 * mail_text.h: makes the message that goes over the wire (RFC 5322): headers and a plain text.
 *
 * What a person wrote (subject, name) can't add a header: anything but printable ASCII goes as
 * encoded words (RFC 2047), line breaks among it. The body is quoted-printable, so no line is long
 * and no byte has eight bits.
 */
#ifndef MR_WORKER_MAIL_TEXT_H
#define MR_WORKER_MAIL_TEXT_H

#include <stdint.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

/* `address`, or `Name <address>`; views into the text that was read. */
struct mailbox {
	struct str name;
	struct str address;
};

struct mail_text {
	const char *id; /* the same for each try, so that a receiver knows a repeat */
	struct mailbox from;
	struct str to; /* an address */
	struct str subject;
	struct str body;    /* UTF-8, lines end in \n */
	int64_t created_ms; /* wall clock, ms since 1970 */
};

/* -1: MR400, what stands there is no mailbox. */
mr_must_check int mailbox_read(struct str text, struct mailbox *out, struct err *e);

/* Appends the message; its lines end in CRLF. */
void mail_write(const struct mail_text *m, struct buf *out);

#endif
