#include "worker/mail.h"

#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/value.h"
#include "worker/mail_text.h"
#include "worker/step.h"

#define LOOK_MS 1000
#define AT_ONCE 4 /* mails in flight */
#define SEND_MS 60000
#define LEASE_MS 120000 /* well above SEND_MS */

struct mailer {
	struct worker *w;
	struct loop_timer look;
	struct mailbox from;
	bool said;    /* the database knows whether we send */
	bool looking; /* a claim is under way */
	int flying;
};

struct letter {
	struct mailer *m;
	struct uuid id;
	int32_t attempt;
	struct buf text;
};

static const struct statement st_setup = { "mail_setup", "select work.mail_setup($1, $2)" };
static const struct statement st_claim = { "mail_claim",
	"select id, attempt, mail_to, subject, body, created_at from work.mail_claim($1, $2)" };
static const struct statement st_done = { "mail_done",
	"select work.mail_done($1, $2, $3, $4, $5, $6)" };

static void look(struct loop_timer *t, void *arg);
static void setup(struct mailer *m);
static void setup_done(struct job *job, const struct job_result *result, void *arg);
static void claimed(struct job *job, const struct job_result *result, void *arg);
static void letter_send(struct mailer *m, const PGresult *res, int row);
static void letter_answered(const struct io_result *result, void *arg);
static void letter_record(struct letter *l, const char *error, bool final);
static void recorded(struct job *job, const struct job_result *result, void *arg);
static bool is_final(int status);

int
mailer_new(struct worker *w, struct mailer **out, struct err *e)
{
	struct str from = str_of(conf_text(CONF_MAIL_FROM));
	struct mailer *m;

	*out = NULL;
	m = mem_alloc(sizeof(*m));
	m->w = w;
	if (from.n > 0 && mailbox_read(from, &m->from, e) != 0) {
		mem_free(m);
		return err_at(e, "%s", conf_name(CONF_MAIL_FROM));
	}
	loop_timer(w->loop, &m->look, 0, LOOK_MS, look, m);
	*out = m;
	return 0;
}

void
mailer_free(struct mailer *m)
{
	if (m == NULL)
		return;
	loop_timer_stop(&m->look);
	mem_free(m);
}

static void
look(struct loop_timer *t, void *arg)
{
	struct mailer *m = arg;
	struct job *job;
	struct err e = { 0 };

	(void)t;
	if (!m->said) {
		setup(m);
		return;
	}
	if (m->from.address.n == 0) {
		loop_timer_stop(&m->look);
		return;
	}
	if (m->looking || m->w->draining || m->flying >= AT_ONCE || !step_is_up(m->w->egress))
		return;
	job = job_new(m->w->side_pool, claimed, m);
	job_statement(job, &st_claim, true);
	job_int4(job, AT_ONCE - m->flying);
	job_int4(job, LEASE_MS);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "mail.claim", &e);
	else
		m->looking = true;
}

static void
setup(struct mailer *m)
{
	struct job *job;
	struct err e = { 0 };
	struct buf url = { 0 };

	if (m->looking)
		return;
	conf_public_url(&url);
	job = job_new(m->w->side_pool, setup_done, m);
	job_statement(job, &st_setup, true);
	job_bool(job, m->from.address.n > 0);
	job_str(job, buf_view(&url));
	buf_free(&url);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "mail.setup", &e);
	else
		m->looking = true;
}

static void
setup_done(struct job *job, const struct job_result *result, void *arg)
{
	struct mailer *m = arg;

	(void)job;
	m->looking = false;
	m->said = result->err == NULL;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "mail.setup", result->err);
}

static void
claimed(struct job *job, const struct job_result *result, void *arg)
{
	struct mailer *m = arg;
	struct err e = { 0 };

	(void)job;
	m->looking = false;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "mail.claim", result->err);
	} else if (value_shape(result->v[0], "uitttz", &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "mail.claim", &e);
	} else {
		for (int i = 0; i < PQntuples(result->v[0]); i++)
			letter_send(m, result->v[0], i);
	}
}

static void
letter_send(struct mailer *m, const PGresult *res, int row)
{
	struct letter *l = mem_alloc(sizeof(*l));
	char id[UUID_TEXT_SIZE], from[256], to[256];
	struct mail_text text = { .from = m->from,
		.to = value_str(res, row, 2),
		.subject = value_str(res, row, 3),
		.body = value_str(res, row, 4),
		.created_ms = value_timestamp_ms(res, row, 5) };

	l->m = m;
	l->id = value_uuid(res, row, 0);
	l->attempt = value_int4(res, row, 1);
	m->flying++;
	text.id = uuid_format(&l->id, id);
	mail_write(&text, &l->text);
	if (str_copy(from, sizeof(from), m->from.address) != 0 ||
	    str_copy(to, sizeof(to), text.to) != 0) {
		letter_record(l, "the address is too long", true);
		return;
	}
	step_ask(m->w->egress,
	    json_pack("{s:s, s:s, s:s, s:i}", "op", "mail", "from", from, "to", to, "timeout_ms",
	        SEND_MS),
	    buf_view(&l->text), letter_answered, l);
}

static void
letter_answered(const struct io_result *result, void *arg)
{
	struct letter *l = arg;
	bool sent = result->error == IO_OK && result->status < 400;

	letter_record(l,
	    sent                      ? NULL
	    : result->message != NULL ? result->message
	                              : "it failed",
	    result->error == IO_OK && is_final(result->status));
}

/* Frees the letter. Not recorded, it is sent again when its lease is over. */
static void
letter_record(struct letter *l, const char *error, bool final)
{
	struct mailer *m = l->m;
	struct job *job = job_new(m->w->side_pool, recorded, m);
	char id[UUID_TEXT_SIZE];
	struct err e = { 0 };

	if (error != NULL)
		log_warn("mail.failed", "mail=%s attempt=%d final=%d text=%s",
		    uuid_format(&l->id, id), (int)l->attempt, (int) final, error);
	job_statement(job, &st_done, true);
	job_uuid(job, &l->id);
	job_int4(job, l->attempt);
	job_text(job, error);
	job_bool(job, final);
	job_int4(job, (int32_t)conf_int(CONF_MAIL_RETRY_MS));
	job_int4(job, (int32_t)conf_int(CONF_MAIL_TRIES));
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "mail.record", &e);
	m->flying--;
	buf_free(&l->text);
	mem_free(l);
}

static void
recorded(struct job *job, const struct job_result *result, void *arg)
{
	struct mailer *m = arg;

	(void)job;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "mail.record", result->err);
	else if (!m->w->draining)
		loop_timer(m->w->loop, &m->look, 0, LOOK_MS, look, m);
}

/* 530, 534, 535, 538: the server wants another sign-in of ours; the mail itself is fine. */
static bool
is_final(int status)
{
	return status >= 500 && status != 530 && status != 534 && status != 535 && status != 538;
}
