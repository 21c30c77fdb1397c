/* SPDX-License-Identifier: MIT */
/* JSON values. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT };

struct json {
	enum json_kind kind;
	const char *name;	/* of a member */
	const char *text;	/* of a text; of a number as it is written */
	struct json *first;	/* item or member */
	struct json *next;	/* sibling */
};

/* Parses one value, which ends the text. Returns NULL and says why if it is not JSON. */
struct json *json_parse(const char *text, const char **why);
/* A member of an object, NULL if there is none. */
struct json *json_get(const struct json *object, const char *name);

#endif
