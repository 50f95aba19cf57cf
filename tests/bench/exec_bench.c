/*
 * CPU of one run of five pure nodes in memory, JSON of its steps included: `exec_bench [runs]`.
 * Prints microseconds a run of each part. Build: make build/release/bin/exec_bench.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/json.h"
#include "core/time.h"
#include "flow/definition.h"
#include "flow/exec.h"
#include "flow/trigger.h"
#include "node/registry.h"

static const char definition[] =
    "{\"nodes\":[{\"id\":\"hook\",\"type\":\"webhook\"},"
    "{\"id\":\"shape\",\"type\":\"set\",\"config\":{\"values\":{\"total\":\"{{trigger.payload."
    "total}}\","
    "\"who\":\"{{trigger.payload.customer.name}}\"}}},"
    "{\"id\":\"big\",\"type\":\"if\",\"config\":{\"condition\":\"{{shape.total}} > 100\"}},"
    "{\"id\":\"keep\",\"type\":\"filter\",\"config\":{\"condition\":\"{{shape.who}} != ''\"}},"
    "{\"id\":\"end\",\"type\":\"no_op\"}],"
    "\"edges\":[{\"from\":\"hook\",\"to\":\"shape\"},{\"from\":\"shape\",\"to\":\"big\"},"
    "{\"from\":\"big\",\"from_port\":\"true\",\"to\":\"keep\"},{\"from\":\"keep\",\"to\":\"end\"}]"
    "}";

static const char body[] =
    "{\"id\":\"ord_00017\",\"total\":129.5,\"currency\":\"EUR\",\"customer\":{\"name\":\"Ada "
    "Lovelace\","
    "\"email\":\"ada@example.org\"},\"lines\":[{\"sku\":\"A-1\",\"n\":2,\"price\":30.25},"
    "{\"sku\":\"B-7\",\"n\":1,\"price\":69.0}],\"note\":\"leave it at the door, please\","
    "\"placed_at\":\"2026-01-02T03:04:05Z\",\"source\":\"shop\",\"test\":false,\"tags\":[\"new\","
    "\"vip\"]}";

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The run; its records as text into `out` when there is one. Returns how many there were. */
static size_t
run(struct plan *plan, struct buf *out)
{
	struct webhook_request r = { .method = "POST",
		.content_type = "application/json",
		.body = body,
		.body_len = sizeof(body) - 1 };
	json_t *items = json_array();
	struct exec_start start = { .plan = plan,
		.run_id = "0190a1b2-0000-7000-8000-000000000001",
		.trigger_items = items,
		.started_at_ms = 1,
		.mono_us = mono_us };
	const struct step_record *steps;
	struct exec *x;
	struct err e;
	size_t n = 0;

	json_array_append_new(items, trigger_webhook_item(&r));
	if (exec_new(&start, &x, &e) != 0)
		abort();
	exec_advance(x, 1);
	steps = exec_steps(x, &n);
	for (size_t i = 0; out != NULL && i < n; i++) {
		if (steps[i].source != NULL)
			js_dump(out, steps[i].source, JS_COMPACT);
		if (steps[i].output != NULL)
			js_dump(out, steps[i].output, JS_COMPACT);
	}
	if (exec_outcome(x) != RUN_SUCCEEDED)
		abort();
	exec_free(x);
	json_decref(items);
	return n;
}

int
main(int argc, char **argv)
{
	int runs = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 50000;
	json_t *in = json_loads(definition, 0, NULL), *stored;
	struct issue_list issues = { 0 };
	struct plan *plan;
	struct buf out = { 0 };
	struct err e;
	double from, compiled, bare, whole;
	size_t bytes = 0;

	if (definition_read(in, &node_registry, "", &stored, &issues) != 0)
		abort();
	from = cpu_us();
	for (int i = 0; i < 1000; i++) {
		if (plan_compile(stored, &node_registry, &plan, &e) != 0)
			abort();
		if (i < 999)
			plan_unref(plan);
	}
	compiled = (cpu_us() - from) / 1000;
	from = cpu_us();
	for (int i = 0; i < runs; i++)
		run(plan, NULL);
	bare = (cpu_us() - from) / runs;
	from = cpu_us();
	for (int i = 0; i < runs; i++) {
		buf_reset(&out);
		run(plan, &out);
		bytes = out.len;
	}
	whole = (cpu_us() - from) / runs;
	printf("plan_compile %.1f us, run %.1f us, run and its JSON (%zu bytes) %.1f us\n",
	    compiled, bare, bytes, whole);
	buf_free(&out);
	plan_unref(plan);
	json_decref(stored);
	json_decref(in);
	issue_list_free(&issues);
	return 0;
}
