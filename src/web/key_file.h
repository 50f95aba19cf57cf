#ifndef MR_WEB_KEY_FILE_H
#define MR_WEB_KEY_FILE_H

/* key_file.h: a key that web alone holds, in a file beside the keys of access tokens. */

#include "core/def.h"
#include "core/err.h"
#include "core/seal.h"

/*
 * Reads <folder>/<name>: SEAL_KEY_SIZE bytes, readable by nobody else. It is made when there is
 * none; of processes that do so at once, the first has made it. Before workers are forked.
 * -1: MR500 the file can't be read or made, is of another size, or others may read it.
 */
mr_must_check int key_file_load(
    const char *folder, const char *name, uint8_t key[SEAL_KEY_SIZE], struct err *e);

#endif
