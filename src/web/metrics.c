#include "web/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "core/def.h"
#include "core/mem.h"
#include "core/time.h"
#include "web/pg.h"
#include "web/wire.h"

/* Upper bounds in µs; the last bucket is +Inf. */
static const int64_t bounds_us[] = { 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
	1000000, 2500000, 5000000 };
#define BOUNDS 12
#define CLASSES 6 /* 1xx … 5xx; 0 is unused */

struct tally {
	int64_t by_class[CLASSES];
	int64_t bucket[BOUNDS + 1];
	int64_t sum_us;
};

static struct tally *tallies; /* one a route, and one behind them for what matched none */
static int64_t accepted, duplicates, refused, unproven, live;

static void tally_print(struct buf *out, const char *operation, const struct tally *t);
static const char *operation_of(size_t i);
static void figure(
    struct buf *out, const char *name, const char *kind, const char *help, int64_t v);

void
metrics_request(const struct route *route, int status, int64_t us)
{
	size_t i = route != NULL ? (size_t)(route - routes) : routes_len, b = 0;
	struct tally *t;

	if (tallies == NULL)
		tallies = mem_array(routes_len + 1, sizeof(*tallies));
	t = &tallies[i];
	if (status >= 100 && status < 600)
		t->by_class[status / 100]++;
	while (b < BOUNDS && us > bounds_us[b])
		b++;
	t->bucket[b]++;
	t->sum_us += us;
}

void
metrics_deliveries(int a, int d, int r)
{
	accepted += a;
	duplicates += d;
	refused += r;
}

void
metrics_proof_refused(void)
{
	unproven++;
}

void
metrics_live(int change)
{
	live += change;
}

void
metrics_print(struct buf *out)
{
	struct pool_stats s = { 0 };

	buf_text(out, "# HELP millrace_http_requests_total Answered requests by operation and "
	              "class of status.\n"
	              "# TYPE millrace_http_requests_total counter\n");
	for (size_t i = 0; tallies != NULL && i <= routes_len; i++) {
		for (int c = 1; c < CLASSES; c++) {
			if (tallies[i].by_class[c] > 0)
				buf_printf(out,
				    "millrace_http_requests_total{operation=\"%s\",method=\"%s\","
				    "class=\"%dxx\"} %" PRId64 "\n",
				    operation_of(i),
				    i < routes_len ? method_name(routes[i].method) : "-", c,
				    tallies[i].by_class[c]);
		}
	}
	buf_text(out,
	    "# HELP millrace_http_request_seconds Time from the whole request to its answer.\n"
	    "# TYPE millrace_http_request_seconds histogram\n");
	for (size_t i = 0; tallies != NULL && i < routes_len; i++)
		tally_print(out, operation_of(i), &tallies[i]);
	pool_stats(pg_pool(), &s);
	figure(out, "millrace_http_refused_total", "counter",
	    "Requests refused before they were read.", wire_refused());
	figure(out, "millrace_deliveries_accepted_total", "counter", "Webhooks accepted durably.",
	    accepted);
	figure(out, "millrace_deliveries_duplicate_total", "counter",
	    "Webhooks that repeated an accepted one.", duplicates);
	figure(out, "millrace_deliveries_refused_total", "counter",
	    "Webhooks that were not accepted.", refused);
	figure(out, "millrace_deliveries_unproven_total", "counter",
	    "Of these: their sender did not prove itself.", unproven);
	figure(out, "millrace_live_connections", "gauge", "Open sockets and event streams.", live);
	figure(out, "millrace_db_connections_ready", "gauge",
	    "Database connections that are ready.", s.ready);
	figure(out, "millrace_db_jobs_queued", "gauge", "Database jobs that wait for a connection.",
	    s.queued);
	figure(out, "millrace_db_jobs_flying", "gauge", "Database jobs in flight.", s.flying);
	figure(out, "millrace_db_jobs_total", "counter", "Database jobs that ended.", s.done);
	figure(out, "millrace_db_jobs_failed_total", "counter",
	    "Database jobs that ended with an error.", s.failed);
	figure(out, "millrace_db_connections_lost_total", "counter", "Database connections lost.",
	    s.lost);
}

/* Rows of one operation under several methods (webhooks) are told apart by the method. */
static void
tally_print(struct buf *out, const char *operation, const struct tally *t)
{
	const char *method = method_name(routes[t - tallies].method);
	int64_t n = 0;

	for (int i = 0; i <= BOUNDS; i++)
		n += t->bucket[i];
	if (n == 0)
		return;
	n = 0;
	for (int i = 0; i <= BOUNDS; i++) {
		n += t->bucket[i];
		buf_printf(out,
		    "millrace_http_request_seconds_bucket{operation=\"%s\",method=\"%s\",le=\"",
		    operation, method);
		if (i < BOUNDS)
			buf_printf(out, "%g\"} %" PRId64 "\n", (double)bounds_us[i] / 1e6, n);
		else
			buf_printf(out, "+Inf\"} %" PRId64 "\n", n);
	}
	buf_printf(out, "millrace_http_request_seconds_sum{operation=\"%s\",method=\"%s\"} %.6f\n",
	    operation, method, (double)t->sum_us / 1e6);
	buf_printf(out,
	    "millrace_http_request_seconds_count{operation=\"%s\",method=\"%s\"} %" PRId64 "\n",
	    operation, method, n);
}

static const char *
operation_of(size_t i)
{
	return i < routes_len ? routes[i].operation : "none";
}

static void
figure(struct buf *out, const char *name, const char *kind, const char *help, int64_t v)
{
	buf_printf(
	    out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", name, help, name, kind, name, v);
}
