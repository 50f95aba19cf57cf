#include "egress/fail.h"

#include <stdarg.h>
#include <stdio.h>

int
fail_set(struct fail *fail, const char *code, const char *fmt, ...)
{
	va_list ap;

	if (fail->code != NULL)
		return -1;
	fail->code = code;
	va_start(ap, fmt);
	if (vsnprintf(fail->text, sizeof(fail->text), fmt, ap) < 0)
		fail->text[0] = '\0';
	va_end(ap);
	return -1;
}
