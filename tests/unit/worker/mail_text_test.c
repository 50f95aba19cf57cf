#include "worker/mail_text.h"

#include "unit.h"

static struct err e;

static const char *
written(const char *from, const char *subject, const char *body, struct buf *out)
{
	struct mail_text m = { .id = "0197c0de-0000-7000-8000-000000000001",
		.to = str_of("ines@example.com"),
		.subject = str_of(subject),
		.body = str_of(body),
		.created_ms = 1763735597000 };

	assert_ok(mailbox_read(str_of(from), &m.from, &e), e);
	buf_reset(out);
	mail_write(&m, out);
	return buf_cstr(out);
}

static void
a_sender_is_an_address_with_or_without_a_name(void **state)
{
	static const char *const bad[] = { "", "nobody", "a@b@c", "Ines <ines@example.com", "<>",
		"a b@example.com", "a@b.example\r\nBcc: c@d.example", "Ines <a@b>c",
		"x\xff <a@b.example>" };
	struct mailbox box;

	(void)state;
	assert_ok(mailbox_read(str_of(" Ines K <ines@example.com>"), &box, &e), e);
	assert_true(str_is(box.name, "Ines K"));
	assert_true(str_is(box.address, "ines@example.com"));
	assert_ok(mailbox_read(str_of("ines@example.com"), &box, &e), e);
	assert_int_equal(box.name.n, 0);
	for (size_t i = 0; i < countof(bad); i++)
		assert_err(mailbox_read(str_of(bad[i]), &box, &e), e, "MR400", NULL);
}

static void
a_message_has_its_headers_and_a_plain_text(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_string_equal(written("m@example.com", "Hello", "Line\nnext", &out),
	    "From: <m@example.com>\r\n"
	    "To: <ines@example.com>\r\n"
	    "Subject: Hello\r\n"
	    "Date: Fri, 21 Nov 2025 14:33:17 +0000\r\n"
	    "Message-ID: <0197c0de-0000-7000-8000-000000000001@example.com>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "Line\r\nnext\r\n");
	buf_free(&out);
}

static void
a_line_break_in_a_subject_adds_no_header(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_null(
	    strstr(written("M\xc3\xbcller <m@example.com>", "a\r\nBcc: x@y.example", "t", &out),
	        "\r\nBcc"));
	assert_non_null(
	    strstr(buf_cstr(&out), "Subject: =?utf-8?B?YQ0KQmNjOiB4QHkuZXhhbXBsZQ==?=\r\n"));
	assert_non_null(
	    strstr(buf_cstr(&out), "From: =?utf-8?B?TcO8bGxlcg==?=\r\n <m@example.com>\r\n"));
	assert_non_null(
	    strstr(written("m@example.com", "=?x?=", "t", &out), "Subject: =?utf-8?B?PT94Pz0=?="));
	buf_free(&out);
}

static void
no_line_is_longer_than_78_and_no_byte_has_eight_bits(void **state)
{
	struct buf out = { 0 }, subject = { 0 }, body = { 0 };
	struct str rest, line;

	(void)state;
	for (int i = 0; i < 40; i++) {
		buf_text(&subject, "\xe2\x82\xac");
		buf_text(&body, "gr\xc3\xbc\xc3\x9f"
		                "e = \xf0\x9f\x98\x80 ");
	}
	(void)written("m@example.com", buf_cstr(&subject), buf_cstr(&body), &out);
	rest = buf_view(&out);
	while (str_next(&rest, '\n', &line)) {
		assert_true(line.n <= 79); /* with its \r */
		for (size_t i = 0; i < line.n; i++)
			assert_true((unsigned char)line.p[i] < 0x80);
	}
	buf_free(&out);
	buf_free(&subject);
	buf_free(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_is_an_address_with_or_without_a_name),
		cmocka_unit_test(a_message_has_its_headers_and_a_plain_text),
		cmocka_unit_test(a_line_break_in_a_subject_adds_no_header),
		cmocka_unit_test(no_line_is_longer_than_78_and_no_byte_has_eight_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
