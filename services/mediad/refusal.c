/*
 * refusal.c - one way to say no. A text that is too long is cut: it is only
 * for people, and the number beside it says the same.
 */
#include "services/mediad/refusal.h"

#include <stdarg.h>
#include <stdio.h>

bool refusal_set(struct refusal *refusal, int code, int status,
		 const char *format, ...)
{
	va_list args;

	refusal->code = code;
	refusal->status = status;
	va_start(args, format);
	(void)vsnprintf(refusal->text, sizeof(refusal->text), format, args);
	va_end(args);
	return false;
}
