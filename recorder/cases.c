// SPDX-License-Identifier: MIT
/* Reads cases: recordings of which everything that KVM answered is left out, or ignored. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "json.h"

static FILE *input;
static const char *input_name;
static char *line;
static size_t line_room;
static int line_number;
static struct json *header;	/* of the next case */

void open_cases(const char *path)
{
	bool standard = !strcmp(path, "-");

	input = standard ? stdin : fopen(path, "r");
	input_name = standard ? "standard input" : path;
	line_number = 0;
	header = NULL;
	if (!input)
		die("cannot read %s: %s", path, strerror(errno));
}

static void __attribute__((noreturn, format(printf, 1, 2))) bad_case(const char *format, ...)
{
	char why[256];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	die("%s:%d: %s", input_name, line_number, why);
}

static struct json *next_object(void)
{
	while (getline(&line, &line_room, input) >= 0) {
		const char *why = NULL;

		line_number++;
		if (!line[strspn(line, " \t\r\n")])
			continue;
		struct json *j = json_parse(line, &why);

		if (!j)
			bad_case("not JSON: %s", why);
		if (j->kind != JSON_OBJECT)
			bad_case("not a JSON object");
		return j;
	}
	return NULL;
}

static u64 number_of(const struct json *j, const char *name)
{
	char *end = NULL;

	errno = 0;
	if (j->kind != JSON_TEXT && j->kind != JSON_NUMBER)
		bad_case("%s is not a number", name);
	u64 value = strtoull(j->text, &end, 0);

	if (errno || end == j->text || *end || *j->text == '-')
		bad_case("%s is not a number of 64 bits: %s", name, j->text);
	return value;
}

static u64 field_value(const struct json *object, const char *name, u64 absent)
{
	struct json *j = json_get(object, name);

	return j ? number_of(j, name) : absent;
}

static const char *field_text(const struct json *object, const char *name)
{
	struct json *j = json_get(object, name);

	if (!j)
		return NULL;
	if (j->kind != JSON_TEXT)
		bad_case("%s is not a text", name);
	return j->text;
}

static int field_int(const struct json *object, const char *name, u64 absent)
{
	u64 value = field_value(object, name, absent);

	if (value > 0x7fffffff)
		bad_case("%s is too large", name);
	return value;
}

static bool field_flag(const struct json *object, const char *name)
{
	struct json *j = json_get(object, name);

	if (j && j->kind != JSON_TRUE && j->kind != JSON_FALSE)
		bad_case("%s is not true or false", name);
	return j && j->kind == JSON_TRUE;
}

/* A list of values, or an object of them by index. */
static void field_values(const struct json *object, const char *name, u64 *values, unsigned count)
{
	struct json *list = json_get(object, name);
	unsigned n = 0;

	if (!list)
		return;
	if (list->kind != JSON_LIST && list->kind != JSON_OBJECT)
		bad_case("%s is neither a list nor an object", name);
	for (struct json *j = list->first; j; j = j->next, n++) {
		char *end = NULL;
		unsigned index = j->name ? strtoul(j->name, &end, 10) : n;

		if (j->name && (end == j->name || *end))
			bad_case("%s: %s is not an index", name, j->name);
		if (index >= count)
			bad_case("%s: there are only %u", name, count);
		values[index] = number_of(j, name);
	}
}

static u32 control_of(const struct json *object)
{
	struct json *list = json_get(object, "control");
	u32 word = 0;

	for (struct json *j = list ? list->first : NULL; j; j = j->next) {
		const struct control_bit *known = control_bits;

		if (j->kind != JSON_TEXT)
			bad_case("control is not a list of texts");
		while (known->name && strcmp(known->name, j->text))
			known++;
		word |= known->name ? known->bit : number_of(j, "control");
	}
	return word;
}

static u64 events_of(const struct json *object)
{
	struct json *members = json_get(object, "events");
	u64 packed = 0;

	if (members && members->kind != JSON_OBJECT)
		bad_case("events is not an object");
	for (struct json *j = members ? members->first : NULL; j; j = j->next)
		if (!event_of(j->name, number_of(j, j->name), &packed))
			bad_case("events has no member %s", j->name);
	return packed;
}

static void read_insn(struct insn *o, const struct json *object)
{
	o->i = field_text(object, "i");
	if (!o->i)
		bad_case("an instruction has no \"i\"");
	o->reg = field_text(object, "reg");
	o->dr = field_int(object, "dr", 0);
	o->value = field_value(object, "value", field_value(object, "spsr", field_value(object, "fmask", 0)));
	o->addr = field_value(object, "addr", 0);
	o->from = field_value(object, "from", 0);
	o->size = field_int(object, "size", 0);
	o->imm = field_int(object, "imm", 0);
	o->to = field_int(object, "to", 0);
	o->count = field_int(object, "count", 0);
	o->port = field_int(object, "port", 0);
	o->tf = field_int(object, "tf", 0);
	o->len = field_int(object, "len", 0);
	o->pc = field_value(object, "start", field_value(object, "pc", 0));
}

static void read_program(struct step *s, const struct json *list)
{
	struct insn *program = lasting(sizeof *program * (PROGRAM_MAX + 1));

	if (list->kind != JSON_LIST)
		bad_case("program is not a list");
	for (struct json *j = list->first; j; j = j->next) {
		if (s->length == PROGRAM_MAX)
			bad_case("a program has more than %d instructions", PROGRAM_MAX);
		read_insn(&program[s->length++], j);
	}
	s->program = program;
}

static void read_step(struct step *s, const struct json *object, int vcpus)
{
	struct json *program = json_get(object, "program");

	s->op = field_text(object, "op");
	if (!s->op)
		bad_case("a step has no \"op\"");
	s->line = line_number;
	s->vcpu = field_int(object, "vcpu", 0);
	if (s->vcpu >= vcpus)
		bad_case("there is no vCPU %d, only %d", s->vcpu, vcpus);
	s->cpu = field_int(object, "cpu", 0);
	s->resume = field_flag(object, "resume");
	s->until_end = field_int(object, "until_end", 0);
	s->repeat_debug = field_flag(object, "guest_debug_repeated_after_set_regs");
	s->flags_in = field_value(object, "pstate_in", field_value(object, "rflags_in", 0));
	s->cpl = field_int(object, "cpl", 0);
	if (program)
		read_program(s, program);
	s->control = control_of(object);
	field_values(object, "debugreg", s->debugreg, 8);
	field_values(object, "bcr", s->bcr, DEBUG_REGISTERS);
	field_values(object, "bvr", s->bvr, DEBUG_REGISTERS);
	field_values(object, "wcr", s->wcr, DEBUG_REGISTERS);
	field_values(object, "wvr", s->wvr, DEBUG_REGISTERS);
	field_values(object, "db", s->db, 4);
	s->dr6 = field_value(object, "dr6", 0);
	s->dr7 = field_value(object, "dr7", 0);
	s->flags = field_value(object, "flags", 0);
	s->reg = field_text(object, "reg");
	s->name = field_text(object, !strcmp(s->op, "note") ? "text" : "name");
	s->value = field_value(object, "value", 0);
	s->addr = field_value(object, "addr", 0);
	s->insn = field_value(object, "insn", 0);
	s->events = events_of(object);
	s->intid = field_int(object, "intid", 0);
	s->vmm = field_text(object, "vmm");
	s->id = field_int(object, "id", 0);
	s->len = field_int(object, "len", 0);
	s->writes = field_int(object, "writes", 0);
	if (json_get(object, "var")) {
		const char *var = field_text(object, "var");

		if (sscanf(var, "hostvar[%d]", &s->var) != 1 || s->var < 0 || s->var > 15)
			bad_case("var is %s: expected hostvar[0] to hostvar[15]", var);
	}
	const char *type = field_text(object, "type");

	s->reads = type && !strcmp(type, "rw");
}

static bool is_header(const struct json *object)
{
	return json_get(object, "case") != NULL;
}

struct kvm_case *next_case(void)
{
	if (!header)
		header = next_object();
	if (!header)
		return NULL;
	if (!is_header(header))
		bad_case("expected the header of a case, with \"case\"");

	struct kvm_case *c = lasting(sizeof *c);
	const char *arch = field_text(header, "arch");
	struct step *steps = NULL;
	int room = 0;

	c->name = field_text(header, "case");
	c->about = field_text(header, "about");
	if (!c->about)
		c->about = "";
	if (arch && strcmp(arch, arch_name))
		bad_case("%s is a case for %s; this machine is %s", c->name, arch, arch_name);
	c->vcpus = field_int(header, "vcpus", 1);
	/* The last vCPU of the recorder's touches all memory before a case begins. */
	if (c->vcpus < 1 || c->vcpus > VCPUS_MAX - 1)
		bad_case("vcpus is %d: 1 to %d", c->vcpus, VCPUS_MAX - 1);
	for (;;) {
		struct json *object = next_object();

		if (!object || is_header(object)) {
			header = object;
			break;
		}
		if (c->length == room) {
			struct step *more = lasting(sizeof *more * (room = room * 2 + 64));

			if (c->length)
				memcpy(more, steps, sizeof *more * c->length);
			steps = more;
		}
		read_step(&steps[c->length++], object, c->vcpus);
	}
	c->steps = steps;
	return c;
}
