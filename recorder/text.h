/* SPDX-License-Identifier: MIT */
/* Text that grows, and JSON in it. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *bytes;		/* ends in NUL */
	size_t length, room;
};

void text_clear(struct text *t);
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_quoted(struct text *t, const char *s);
/* Members of an object: `"name":…`, with a comma before it unless the object or list has just begun. */
void text_comma(struct text *t);
void text_name(struct text *t, const char *name);
void text_hex(struct text *t, const char *name, uint64_t value);
void text_number(struct text *t, const char *name, long value);
void text_string(struct text *t, const char *name, const char *value);

#endif
