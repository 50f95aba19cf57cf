/*
 * test.h: tries stored connections: opens the secret, and calls the connection's test_url with it.
 */
#ifndef MR_WORKER_TEST_H
#define MR_WORKER_TEST_H

#include "worker/worker.h"

#define TEST_LOOK_MS 5000 /* how often tests are looked for that no notification told of */
#define TEST_AGAIN_MS 100 /* the least time between two looks */
#define TEST_URL_MS 15000 /* what an answer may take */

struct tester *tester_new(struct worker *w);
void tester_free(struct tester *t);

/* Somebody may have asked for a test. */
void tester_soon(struct tester *t);

#endif
