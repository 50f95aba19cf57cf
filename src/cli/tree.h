/*
 * tree.h: a process with all its descendants.
 */
#ifndef MR_CLI_TREE_H
#define MR_CLI_TREE_H

#include <sys/types.h>

#include "core/buf.h"

/* Appends "10 11 12": top first, then its descendants, parents before children. */
void tree_pids(pid_t top, struct buf *out);

#endif
