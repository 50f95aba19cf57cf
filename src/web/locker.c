#include "web/locker.h"

#include "web/key_file.h"

#define KEY_ID 1 /* the only one there is yet */

static uint8_t locker_key[SEAL_KEY_SIZE];
static bool locker_ready;

int
locker_load(const char *folder, struct err *e)
{
	locker_ready = key_file_load(folder, "second-factor.key", locker_key, e) == 0;
	return locker_ready ? 0 : -1;
}

int
locker_seal(struct str plain, struct str place, struct buf *out, struct err *e)
{
	if (!locker_ready)
		return err_set(e, "MR503", "this installation has no key for second factors");
	return seal_shared(locker_key, KEY_ID, plain, place, out, e);
}

int
locker_open(struct str sealed, struct str place, struct buf *out, struct err *e)
{
	if (!locker_ready)
		return err_set(e, "MR503", "this installation has no key for second factors");
	if (seal_open(locker_key, sealed, place, out, e) != 0)
		return err_set(e, "MR500", "a second factor was sealed under another key");
	return 0;
}
