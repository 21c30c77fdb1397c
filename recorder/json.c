// SPDX-License-Identifier: MIT
/* A parser of JSON. What it allocates is kept until the program ends. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "recorder.h"

#define DEPTH_MAX 16

struct parser {
	const char *at;
	const char *why;
	int depth;
};

static struct json *value(struct parser *p);

static void space(struct parser *p)
{
	p->at += strspn(p->at, " \t\r\n");
}

static void *fail(struct parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return NULL;
}

static struct json *node(enum json_kind kind)
{
	struct json *j = lasting(sizeof *j);

	j->kind = kind;
	return j;
}

static bool hex4(const char *s, unsigned *code)
{
	char digits[5] = "", *end;

	strncat(digits, s, 4);
	*code = strtoul(digits, &end, 16);
	return end == digits + 4;
}

static char *utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = code;
	} else if (code < 0x800) {
		*out++ = 0xc0 | code >> 6;
		*out++ = 0x80 | (code & 63);
	} else {
		*out++ = 0xe0 | code >> 12;
		*out++ = 0x80 | (code >> 6 & 63);
		*out++ = 0x80 | (code & 63);
	}
	return out;
}

/* After the opening quote. */
static char *quoted(struct parser *p)
{
	size_t room = strlen(p->at) + 1;
	char *text = lasting(room), *out = text;

	for (;;) {
		char c = *p->at++;
		unsigned code;

		if (c == '"')
			return text;
		if ((unsigned char)c < 0x20)
			return fail(p, "a text does not end");
		if (c != '\\') {
			*out++ = c;
			continue;
		}
		c = *p->at++;
		switch (c) {
		case '"': case '\\': case '/': *out++ = c; break;
		case 'b': *out++ = '\b'; break;
		case 'f': *out++ = '\f'; break;
		case 'n': *out++ = '\n'; break;
		case 'r': *out++ = '\r'; break;
		case 't': *out++ = '\t'; break;
		case 'u':
			if (!hex4(p->at, &code) || code == 0)
				return fail(p, "\\u without four hex digits");
			p->at += 4;
			out = utf8(out, code);
			break;
		default:
			return fail(p, "unknown escape in a text");
		}
	}
}

static struct json *members(struct parser *p, struct json *parent, char end)
{
	struct json **last = &parent->first;

	p->at++;
	space(p);
	if (*p->at == end) {
		p->at++;
		return parent;
	}
	for (;;) {
		const char *name = NULL;

		if (parent->kind == JSON_OBJECT) {
			space(p);
			if (*p->at++ != '"')
				return fail(p, "a member has no name");
			name = quoted(p);
			if (!name)
				return NULL;
			space(p);
			if (*p->at++ != ':')
				return fail(p, "no colon after the name of a member");
		}
		struct json *item = value(p);

		if (!item)
			return NULL;
		item->name = name;
		*last = item;
		last = &item->next;
		space(p);
		char c = *p->at++;

		if (c == end)
			return parent;
		if (c != ',')
			return fail(p, "no comma between two values");
	}
}

static struct json *word(struct parser *p, const char *text, enum json_kind kind)
{
	size_t n = strlen(text);

	if (strncmp(p->at, text, n))
		return fail(p, "unknown word");
	p->at += n;
	return node(kind);
}

static struct json *number(struct parser *p)
{
	size_t n = strspn(p->at, "+-.0123456789eE");
	struct json *j = node(JSON_NUMBER);
	char *text = lasting(n + 1);

	if (n == 0)
		return fail(p, "expected a value");
	memcpy(text, p->at, n);
	p->at += n;
	j->text = text;
	return j;
}

static struct json *nested(struct parser *p, enum json_kind kind, char end)
{
	if (++p->depth > DEPTH_MAX)
		return fail(p, "nested too deeply");
	struct json *j = members(p, node(kind), end);

	p->depth--;
	return j;
}

static struct json *value(struct parser *p)
{
	space(p);
	switch (*p->at) {
	case '{': return nested(p, JSON_OBJECT, '}');
	case '[': return nested(p, JSON_LIST, ']');
	case 't': return word(p, "true", JSON_TRUE);
	case 'f': return word(p, "false", JSON_FALSE);
	case 'n': return word(p, "null", JSON_NULL);
	case '"': {
		struct json *j = node(JSON_TEXT);

		p->at++;
		j->text = quoted(p);
		return j->text ? j : NULL;
	}
	default:
		return number(p);
	}
}

struct json *json_parse(const char *text, const char **why)
{
	struct parser p = { .at = text };
	struct json *j = value(&p);

	space(&p);
	if (j && *p.at)
		j = fail(&p, "something follows the value");
	*why = p.why;
	return j;
}

struct json *json_get(const struct json *object, const char *name)
{
	if (object->kind != JSON_OBJECT)
		return NULL;
	for (struct json *j = object->first; j; j = j->next)
		if (!strcmp(j->name, name))
			return j;
	return NULL;
}
