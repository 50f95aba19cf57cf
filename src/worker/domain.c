#include "worker/domain.h"

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/value.h"
#include "worker/step.h"

#define LOOK_MS 5000   /* how often, when nobody says that there is something */
#define AGAIN_MS 500   /* the least time between two looks */
#define AT_ONCE 8      /* look-ups in flight */
#define ASK_MS 15000   /* what one may take */
#define LEASE_MS 60000 /* well above ASK_MS */

struct prover {
	struct worker *w;
	struct loop_timer look;
	int64_t looked_ms;
	bool looking; /* a take is under way */
	int flying;
};

struct proof {
	struct prover *p;
	struct uuid workspace_id, id;
	struct buf text; /* what the record must say */
};

static const struct statement st_take = { "domain_take",
	"select workspace_id, id, record, proof from work.domain_take($1, $2)" };
static const struct statement st_done = { "domain_done",
	"select work.domain_done($1, $2, $3, $4, $5)" };

static void look(struct loop_timer *t, void *arg);
static void taken(struct job *job, const struct job_result *result, void *arg);
static void proof_ask(struct prover *p, const PGresult *res, int row);
static void proof_answered(const struct io_result *result, void *arg);
static int records_count(const struct io_result *result, struct str wanted, bool *found);
static void recorded(struct job *job, const struct job_result *result, void *arg);

struct prover *
prover_new(struct worker *w)
{
	struct prover *p = mem_alloc(sizeof(*p));

	p->w = w;
	loop_timer(w->loop, &p->look, LOOK_MS, 0, look, p);
	return p;
}

void
prover_free(struct prover *p)
{
	if (p == NULL)
		return;
	loop_timer_stop(&p->look);
	mem_free(p);
}

void
prover_soon(struct prover *p)
{
	int64_t wait_ms = p->looked_ms + AGAIN_MS - mono_ms();

	loop_timer(p->w->loop, &p->look, wait_ms > 0 ? wait_ms : 0, 0, look, p);
}

static void
look(struct loop_timer *t, void *arg)
{
	struct prover *p = arg;
	struct job *job;
	struct err e = { 0 };

	(void)t;
	loop_timer(p->w->loop, &p->look, LOOK_MS, 0, look, p);
	if (p->looking || p->w->draining || p->flying >= AT_ONCE || !step_is_up(p->w->egress))
		return;
	p->looked_ms = mono_ms();
	job = job_new(p->w->side_pool, taken, p);
	job_statement(job, &st_take, true);
	job_int4(job, AT_ONCE - p->flying);
	job_int4(job, LEASE_MS);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "domain.take", &e);
	else
		p->looking = true;
}

static void
taken(struct job *job, const struct job_result *result, void *arg)
{
	struct prover *p = arg;
	struct err e = { 0 };

	(void)job;
	p->looking = false;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "domain.take", result->err);
	} else if (value_shape(result->v[0], "uutt", &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "domain.take", &e);
	} else {
		for (int i = 0; i < PQntuples(result->v[0]); i++)
			proof_ask(p, result->v[0], i);
	}
}

static void
proof_ask(struct prover *p, const PGresult *res, int row)
{
	struct proof *proof = mem_alloc(sizeof(*proof));
	json_t *name = js_string(value_str(res, row, 2));

	proof->p = p;
	proof->workspace_id = value_uuid(res, row, 0);
	proof->id = value_uuid(res, row, 1);
	buf_str(&proof->text, value_str(res, row, 3));
	p->flying++;
	step_ask(p->w->egress,
	    json_pack("{s:s, s:o, s:i}", "op", "txt", "name", name, "timeout_ms", ASK_MS),
	    (struct str){ 0 }, proof_answered, proof);
}

static void
proof_answered(const struct io_result *result, void *arg)
{
	struct proof *proof = arg;
	struct prover *p = proof->p;
	struct job *job = job_new(p->w->side_pool, recorded, p);
	struct buf problem = { 0 };
	struct err e = { 0 };
	bool found = false;
	int n = records_count(result, buf_view(&proof->text), &found);

	if (result->error != IO_OK)
		buf_text(&problem, result->message != NULL ? result->message : "it failed");
	else if (n == 0)
		buf_text(&problem, "there is no TXT record of this name yet");
	else if (!found)
		buf_printf(&problem,
		    "there is a TXT record of this name, but not with this value "
		    "(%d found)",
		    n);
	job_statement(job, &st_done, true);
	job_uuid(job, &proof->workspace_id);
	job_uuid(job, &proof->id);
	job_str(job, buf_view(&proof->text));
	if (result->error == IO_OK)
		job_bool(job, found);
	else
		job_null(job);
	job_text(job, found ? NULL : buf_cstr(&problem));
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "domain.done", &e);
	p->flying--;
	buf_free(&problem);
	buf_free(&proof->text);
	mem_free(proof);
}

/* How many records the answer has; each ends with a NUL (egress.h). */
static int
records_count(const struct io_result *result, struct str wanted, bool *found)
{
	struct str rest = str_make(result->body, result->body_len), record;
	int n = 0;

	if (result->error != IO_OK)
		return 0;
	while (rest.n > 0 && str_next(&rest, '\0', &record)) {
		*found = *found || str_eq(str_trim(record), wanted);
		n++;
	}
	return n;
}

/* Not recorded: it is taken again when its lease is over. */
static void
recorded(struct job *job, const struct job_result *result, void *arg)
{
	struct prover *p = arg;

	(void)job;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "domain.done", result->err);
	else if (!p->w->draining)
		prover_soon(p);
}
