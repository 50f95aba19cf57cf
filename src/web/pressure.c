#include "web/pressure.h"

#include "core/def.h"

static int64_t made_at(const struct pressure *p, int64_t xid, int64_t now_ms);

void
pressure_note(struct pressure *p, int64_t now_ms, int64_t xid, int64_t head_xid)
{
	p->notes[p->next].at_ms = now_ms;
	p->notes[p->next].xid = xid;
	p->next = (p->next + 1) % PRESSURE_NOTES;
	if (p->n < PRESSURE_NOTES)
		p->n++;
	p->age_ms = head_xid > 0 ? now_ms - made_at(p, head_xid, now_ms) : 0;
}

bool
pressure_refuses(const struct pressure *p, enum pressure_class class, int64_t wait_ms,
    int64_t age_max_ms, int64_t wait_max_ms)
{
	static const int quarters[] = {
		[PRESSURE_READ] = 2, [PRESSURE_RUN] = 3, [PRESSURE_HOOK] = 4
	};

	if (wait_max_ms > 0 && wait_ms * 4 >= wait_max_ms * quarters[class])
		return true;
	return class != PRESSURE_READ && age_max_ms > 0 &&
	       p->age_ms * 4 >= age_max_ms * quarters[class];
}

/* The first note whose next transaction came after this one: it was made before that. */
static int64_t
made_at(const struct pressure *p, int64_t xid, int64_t now_ms)
{
	for (int i = 0; i < p->n; i++) {
		int at = (p->next + PRESSURE_NOTES - p->n + i) % PRESSURE_NOTES;

		if (p->notes[at].xid > xid)
			return p->notes[at].at_ms;
	}
	return now_ms;
}
