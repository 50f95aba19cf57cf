#ifndef MR_WEB_PRESSURE_H
#define MR_WEB_PRESSURE_H

/*
 * pressure.h: is the installation overloaded? Pure: the figures and the time are given.
 *
 * A ready run has no time in its queue row, but the transaction that made it ready; so the counter
 * of transactions is noted once a second, and the age of the first in line is looked up in the
 * notes. What is older than they are, is as old as they are.
 */

#include <stdbool.h>
#include <stdint.h>

/* What is refused first comes first. */
enum pressure_class {
	PRESSURE_READ, /* lists, reports, live updates */
	PRESSURE_RUN,  /* runs started by hand or by the API */
	PRESSURE_HOOK, /* webhooks */
};

enum { PRESSURE_NOTES = 300 };

struct pressure {
	struct {
		int64_t at_ms;
		int64_t xid;
	} notes[PRESSURE_NOTES];
	int n, next;
	int64_t age_ms; /* of the first in line; 0: nobody waits */
};

/* Once a second: the next transaction's number, that of the first ready run (0: none). */
void pressure_note(struct pressure *p, int64_t now_ms, int64_t xid, int64_t head_xid);

/*
 * Is a request of this class to be refused? age_max_ms and wait_max_ms are when webhooks are: reads
 * are refused at half of it (and not for the queue's age, which they don't make worse), runs at
 * three quarters. 0: never.
 */
bool pressure_refuses(const struct pressure *p, enum pressure_class class, int64_t wait_ms,
    int64_t age_max_ms, int64_t wait_max_ms);

#endif
