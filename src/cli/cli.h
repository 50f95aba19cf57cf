/*
 * cli.h: the commands of `millrace`. Each returns 0, or -1 with *e: main prints the error's text as
 * one line that says what to do.
 */
#ifndef MR_CLI_CLI_H
#define MR_CLI_CLI_H

#include "cli/place.h"
#include "core/def.h"
#include "core/err.h"

mr_must_check int cmd_migrate(const struct place *place, int argc, char **argv, struct err *e);
mr_must_check int cmd_up(const struct place *place, int argc, char **argv, struct err *e);
mr_must_check int cmd_stop(const struct place *place, int argc, char **argv, struct err *e);
mr_must_check int cmd_status(const struct place *place, int argc, char **argv, struct err *e);
mr_must_check int cmd_echo(const struct place *place, int argc, char **argv, struct err *e);
mr_must_check int cmd_seed(const struct place *place, int argc, char **argv, struct err *e);
mr_must_check int cmd_demo(const struct place *place, int argc, char **argv, struct err *e);
mr_must_check int cmd_check(const struct place *place, int argc, char **argv, struct err *e);
mr_must_check int cmd_key(const struct place *place, int argc, char **argv, struct err *e);
mr_must_check int cmd_settings(const struct place *place, int argc, char **argv, struct err *e);

#endif
