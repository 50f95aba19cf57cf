#include "db/wake.h"

#include <string.h>

#define ROW_TEXT_MAX 128

bool
wake_add(struct buf *payload, const struct wake_row *row)
{
	char workspace[UUID_TEXT_SIZE], run[UUID_TEXT_SIZE];

	if (payload->len + ROW_TEXT_MAX > WAKE_BYTES_MAX)
		return false;
	buf_printf(payload, "%s%s:%s:%d:%u:%u", payload->len > 0 ? " " : "",
	    uuid_format(&row->workspace_id, workspace), uuid_format(&row->run_id, run), row->prio,
	    row->tid.block, row->tid.item);
	return true;
}

bool
wake_next(struct str *rest, struct wake_row *row)
{
	struct str text, part;
	int64_t prio, block, item;
	struct err e;

	if (rest->n == 0 || !str_next(rest, ' ', &text))
		return false;
	if (!str_next(&text, ':', &part) || uuid_parse(part, &row->workspace_id, &e) != 0)
		return false;
	if (!str_next(&text, ':', &part) || uuid_parse(part, &row->run_id, &e) != 0)
		return false;
	if (!str_next(&text, ':', &part) || str_int64(part, INT16_MIN, INT16_MAX, &prio, &e) != 0)
		return false;
	if (!str_next(&text, ':', &part) || str_int64(part, 0, UINT32_MAX, &block, &e) != 0)
		return false;
	if (!str_next(&text, ':', &part) || str_int64(part, 1, UINT16_MAX, &item, &e) != 0)
		return false;
	row->prio = (int16_t)prio;
	row->tid = (struct tid){ .block = (uint32_t)block, .item = (uint16_t)item };
	return text.p == NULL;
}
