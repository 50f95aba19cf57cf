#include "worker/mail_text.h"

#include <time.h>

#include "core/crypto.h"

#define WORD_BYTES 42  /* of an encoded word: 68 characters with its frame, behind "Subject: " */
#define HEADER_MAX 66  /* of a value that needs no folding */
#define LINE_MAX_QP 75 /* before the = of a soft break */

static bool is_address(struct str s);
static void header_text(struct buf *out, struct str text);
static bool is_plain(struct str text);
static void header_words(struct buf *out, struct str text);
static void header_date(struct buf *out, int64_t ms);
static struct str domain_of(struct str address);
static void quoted_printable(struct buf *out, struct str text);

int
mailbox_read(struct str text, struct mailbox *out, struct err *e)
{
	ptrdiff_t open = str_find(text, "<", 0);

	*out = (struct mailbox){ .address = str_trim(text) };
	if (open >= 0) {
		struct str rest = str_trim(str_sub(text, (size_t)open + 1, text.n));

		out->name = str_trim(str_sub(text, 0, (size_t)open));
		out->address = str_sub(rest, 0, rest.n > 0 ? rest.n - 1 : 0);
		if (!str_ends(rest, ">"))
			return err_set(e, "MR400", "after < there must be an address and >");
	}
	if (!str_is_utf8(text) || !is_address(out->address))
		return err_set(e, "MR400", "this is neither an address nor `Name <address>`");
	return 0;
}

void
mail_write(const struct mail_text *m, struct buf *out)
{
	buf_text(out, "From: ");
	if (m->from.name.n > 0) {
		header_words(out, m->from.name);
		buf_text(out, "\r\n ");
	}
	buf_printf(out, "<" STR_FMT ">\r\nTo: <" STR_FMT ">\r\nSubject: ", STR_ARG(m->from.address),
	    STR_ARG(m->to));
	header_text(out, m->subject);
	buf_text(out, "\r\nDate: ");
	header_date(out, m->created_ms);
	buf_printf(out, "\r\nMessage-ID: <%s@" STR_FMT ">\r\n", m->id,
	    STR_ARG(domain_of(m->from.address)));
	buf_text(out, "Auto-Submitted: auto-generated\r\n"
	              "MIME-Version: 1.0\r\n"
	              "Content-Type: text/plain; charset=utf-8\r\n"
	              "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	quoted_printable(out, m->body);
}

static bool
is_address(struct str s)
{
	size_t at = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '@')
			at++;
		else if (c <= ' ' || c == 0x7f ||
		         str_find(str_of("<>(),:;\"\\"), (char[]){ s.p[i], 0 }, 0) >= 0)
			return false;
	}
	return at == 1 && s.n >= 3 && s.n <= 254 && s.p[0] != '@' && s.p[s.n - 1] != '@';
}

static void
header_text(struct buf *out, struct str text)
{
	if (is_plain(text))
		buf_str(out, text);
	else
		header_words(out, text);
}

static bool
is_plain(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < ' ' || text.p[i] > '~')
			return false;
	}
	/* What looks like an encoded word would be read as one. */
	return text.n <= HEADER_MAX && str_find(text, "=?", 0) < 0;
}

/* A word never ends inside of a character. */
static void
header_words(struct buf *out, struct str text)
{
	size_t from = 0;

	while (from < text.n) {
		size_t n = text.n - from < WORD_BYTES ? text.n - from : WORD_BYTES;

		while (
		    from + n < text.n && n > 1 && ((unsigned char)text.p[from + n] & 0xc0) == 0x80)
			n--;
		buf_text(out, from == 0 ? "=?utf-8?B?" : "\r\n =?utf-8?B?");
		crypto_base64(out, str_sub(text, from, n));
		buf_text(out, "?=");
		from += n;
	}
}

static void
header_date(struct buf *out, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[64];
	struct tm tm;

	/* The process stays in the locale "C". */
	(void)gmtime_r(&seconds, &tm);
	(void)strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	buf_text(out, text);
}

static struct str
domain_of(struct str address)
{
	return str_sub(address, (size_t)str_find(address, "@", 0) + 1, address.n);
}

/* RFC 2045, 6.7. A blank before the end of a line would be lost, so it is written out. */
static void
quoted_printable(struct buf *out, struct str text)
{
	size_t width = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool last = i + 1 == text.n || text.p[i + 1] == '\n';
		bool plain = (c > ' ' && c <= '~' && c != '=') || (c == ' ' && !last);

		if (c == '\n') {
			buf_text(out, "\r\n");
			width = 0;
			continue;
		}
		if (width + (plain ? 1 : 3) > LINE_MAX_QP) {
			buf_text(out, "=\r\n");
			width = 0;
		}
		if (plain)
			buf_byte(out, c);
		else
			buf_printf(out, "=%02X", c);
		width += plain ? 1 : 3;
	}
	buf_text(out, "\r\n");
}
