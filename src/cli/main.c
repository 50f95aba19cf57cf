/*
 * main.c: millrace <command>: what an operator does with an installation.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/secret.h"
#include "core/conf.h"
#include "core/log.h"

struct command {
	const char *name;
	int (*run)(const struct place *place, int argc, char **argv, struct err *e);
	const char *meaning;
};

static const struct command commands[] = {
	{ "migrate", cmd_migrate, "brings the database to this release [--force]" },
	{ "up", cmd_up, "starts and watches all processes [--detach] [--demo]" },
	{ "stop", cmd_stop, "ends them in their order" },
	{ "status", cmd_status, "says what runs" },
	{ "seed", cmd_seed, "makes the demo workspace; writes <var>/run.env" },
	{ "demo", cmd_demo, "sends one webhook through the demo and prints its trace" },
	{ "echo", cmd_echo, "the service on loopback that the demo calls" },
	{ "check", cmd_check, "proves tenancy, roles or audit logs of this installation [--json]" },
	{ "key", cmd_key, "status, rotate [--workspaces], retire <id>: the master keys" },
	{ "settings", cmd_settings, "prints every setting with its value" },
};

static int usage(void);

int
main(int argc, char **argv)
{
	const struct command *command = NULL;
	enum log_level level = LOG_LEVEL_INFO;
	struct place place;
	struct err e;

	for (size_t i = 0; argc > 1 && i < countof(commands); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			command = &commands[i];
	}
	if (command == NULL)
		return usage();
	log_init(command->name, LOG_LEVEL_INFO, STDERR_FILENO);
	if (conf_load(&e) != 0 || log_level_parse(conf_text(CONF_LOG_LEVEL), &level, &e) != 0)
		goto fail;
	log_init(command->name, level, STDERR_FILENO);
	secret_link(conf_text(CONF_DSN));
	if (place_find(&place, &e) != 0 || command->run(&place, argc - 1, argv + 1, &e) != 0)
		goto fail;
	return 0;
fail:
	(void)fflush(stdout);
	fprintf(stderr, "millrace: %s%s%s\n", e.field, e.field[0] ? ": " : "", e.text);
	return 1;
}

int
cmd_settings(const struct place *place, int argc, char **argv, struct err *e)
{
	(void)place;
	(void)argc;
	(void)argv;
	(void)e;
	conf_print(stdout);
	return 0;
}

static int
usage(void)
{
	fprintf(stderr, "usage: millrace <command>\n\n");
	for (size_t i = 0; i < countof(commands); i++)
		fprintf(stderr, "  %-10s %s\n", commands[i].name, commands[i].meaning);
	return 2;
}
