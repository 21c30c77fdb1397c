// SPDX-License-Identifier: MIT
/* Text that grows, and JSON in it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "recorder.h"

void text_clear(struct text *t)
{
	t->length = 0;
	if (t->bytes)
		t->bytes[0] = 0;
}

void text_add(struct text *t, const char *format, ...)
{
	va_list args;

	for (;;) {
		size_t left = t->room - t->length;

		va_start(args, format);
		int n = vsnprintf(t->bytes ? t->bytes + t->length : NULL, left, format, args);
		va_end(args);
		if (n < 0)
			die("vsnprintf failed");
		if ((size_t)n < left) {
			t->length += n;
			return;
		}
		t->room = (t->room + n + 1) * 2;
		t->bytes = realloc(t->bytes, t->room);
		if (!t->bytes)
			die("out of memory");
	}
}

void text_quoted(struct text *t, const char *s)
{
	text_add(t, "\"");
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			text_add(t, "\\%c", c);
		else if (c < 0x20)
			text_add(t, "\\u%04x", c);
		else
			text_add(t, "%c", c);
	}
	text_add(t, "\"");
}

void text_comma(struct text *t)
{
	char last = t->length ? t->bytes[t->length - 1] : '{';

	if (last != '{' && last != '[' && last != '\n')
		text_add(t, ",");
}

void text_name(struct text *t, const char *name)
{
	text_comma(t);
	text_add(t, "\"%s\":", name);
}

void text_hex(struct text *t, const char *name, uint64_t value)
{
	text_name(t, name);
	text_add(t, "\"0x%llx\"", (unsigned long long)value);
}

void text_number(struct text *t, const char *name, long value)
{
	text_name(t, name);
	text_add(t, "%ld", value);
}

void text_string(struct text *t, const char *name, const char *value)
{
	text_name(t, name);
	text_quoted(t, value);
}
