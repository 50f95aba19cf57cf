#ifndef MR_WEB_WIPE_H
#define MR_WEB_WIPE_H

/* wipe.h: memory of web is overwritten before it is given back. */

/* Once, before the first JSON value. */
void wipe_setup(void);

#endif
