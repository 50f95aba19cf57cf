#ifndef MR_WEB_EXPORT_H
#define MR_WEB_EXPORT_H

/*
 * export.h: exports as streams of parts; the handlers are `audit_export` and `archive_export`
 * (handlers.h).
 */

/* Asks for what can be sent on; several times a second. */
void export_tick(void);

#endif
