/* What nodes read and answer with: the functions of node_type.h. */
#include <stdarg.h>
#include <stdio.h>

#include "core/json.h"
#include "flow/exec_inner.h"
#include "flow/items.h"

static struct visit *visit_of(const struct node_call *call);
static void pair(struct node_call *call, json_t *item, size_t i);
static void fault(struct node_result *out, struct expr_fault *f, const char *field);

size_t
node_item_count(const struct node_call *call)
{
	return json_array_size(visit_of(call)->items);
}

json_t *
node_item_at(const struct node_call *call, size_t i)
{
	return json_array_get(visit_of(call)->items, i);
}

json_t *
node_item_json(const struct node_call *call, size_t i)
{
	return item_json(node_item_at(call, i));
}

size_t
node_input_count(const struct node_call *call)
{
	return (size_t)visit_of(call)->n_in;
}

struct node_input
node_input_at(const struct node_call *call, size_t input)
{
	const struct input *in = &visit_of(call)->in[input];

	return (struct node_input){ call->x->plan->edges[in->edge].to_port, in->items, in->first };
}

json_t *
node_config(struct node_call *call, size_t i, struct node_result *out)
{
	const struct plan_node *pn = &call->x->plan->nodes[call->node];
	struct expr_fault f = { 0 };
	json_t *config = NULL;

	if (pn->template == NULL)
		return json_incref(pn->config);
	call->item = i;
	if (template_resolve(pn->template, &call->scope, &config, &f) != 0) {
		fault(out, &f, NULL);
		return NULL;
	}
	return config;
}

int
node_test(struct node_call *call, const struct cond *c, const char *field, size_t i, bool *holds,
    struct node_result *out)
{
	struct expr_fault f = { 0 };

	call->item = i;
	if (cond_eval(c, &call->scope, holds, &f) == 0)
		return 0;
	fault(out, &f, field);
	return -1;
}

const void *
node_prepared(const struct node_call *call)
{
	return call->x->plan->nodes[call->node].prepared;
}

json_t *
node_state(const struct node_call *call)
{
	return call->x->nodes[call->node].state;
}

const json_t *
node_answer(const struct node_call *call)
{
	return call->x->nodes[call->node].ended;
}

int64_t
node_now_ms(const struct node_call *call)
{
	return call->x->now_ms;
}

int64_t
node_timeout_ms(const struct node_call *call)
{
	return call->x->plan->nodes[call->node].timeout_ms;
}

const char *
node_id(const struct node_call *call)
{
	return call->x->plan->nodes[call->node].id;
}

const char *
node_run_id(const struct node_call *call)
{
	return call->x->run_id;
}

const char *
node_idempotency_key(struct node_call *call)
{
	struct node_run *nr = &call->x->nodes[call->node];

	if (nr->key == NULL)
		nr->key = arena_printf(
		    call->x->arena, "%s:%s:%d", call->x->run_id, node_id(call), nr->iteration);
	return nr->key;
}

json_t *
node_item(struct node_call *call, size_t i, json_t *json)
{
	json_t *item = item_new(json);

	pair(call, item, i);
	return item;
}

json_t *
node_item_keep(struct node_call *call, size_t i)
{
	json_t *item = item_share(node_item_at(call, i));

	pair(call, item, i);
	return item;
}

void
node_item_pair(struct node_call *call, json_t *item, size_t i)
{
	pair(call, item, i);
}

void
node_done(struct node_result *out, json_t *ports)
{
	out->verdict = NODE_DONE;
	out->ports = ports;
}

void
node_done_port(struct node_result *out, const char *port, json_t *items)
{
	json_t *ports = json_object();

	json_object_set_new(ports, port, items);
	node_done(out, ports);
}

void
node_pass(struct node_call *call, struct node_result *out)
{
	json_t *items = json_array();

	for (size_t i = 0; i < node_item_count(call); i++)
		json_array_append_new(items, node_item_keep(call, i));
	node_done_port(out, "main", items);
}

void
node_io(struct node_result *out, struct io_wish *wish, json_t *state)
{
	out->verdict = NODE_IO;
	out->io = wish;
	out->state = state;
}

void
node_wait(struct node_result *out, int64_t due_at_ms, json_t *state)
{
	out->verdict = NODE_WAIT;
	out->due_at_ms = due_at_ms;
	out->state = state;
}

void
node_wait_for(struct node_result *out, int64_t expires_at_ms, json_t *wait)
{
	node_wait(out, expires_at_ms, NULL);
	out->wait_for = wait;
}

void
node_fail(struct node_result *out, const char *code, const char *field, const char *fmt, ...)
{
	va_list ap;

	out->verdict = NODE_FAIL;
	out->code = code;
	err_clear(&out->err);
	snprintf(out->err.field, sizeof(out->err.field), "%s", field != NULL ? field : "");
	va_start(ap, fmt);
	vsnprintf(out->err.text, sizeof(out->err.text), fmt, ap);
	va_end(ap);
}

static struct visit *
visit_of(const struct node_call *call)
{
	return call->x->nodes[call->node].visit;
}

static void
pair(struct node_call *call, json_t *item, size_t i)
{
	const struct visit *visit = visit_of(call);
	int s = exec_input_of(visit, i);

	if (s >= 0)
		item_pair(item, s, i - visit->in[s].first);
}

/* N16: EXPRESSION_ERROR with field, expression and position. */
static void
fault(struct node_result *out, struct expr_fault *f, const char *field)
{
	char inner[sizeof(f->field)];

	snprintf(inner, sizeof(inner), "%s", f->field);
	if (field != NULL && inner[0] != '\0')
		snprintf(f->field, sizeof(f->field), "%.100s%s%.100s", field,
		    inner[0] == '[' ? "" : ".", inner);
	else if (field != NULL)
		snprintf(f->field, sizeof(f->field), "%s", field);
	node_fail(out, "EXPRESSION_ERROR", f->field, "%s", f->message);
	out->detail = expr_fault_json(f);
}
