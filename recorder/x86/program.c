// SPDX-License-Identifier: MIT
/* Guest programs: where each instruction is, and the general-purpose registers that hold operands. */
#include <string.h>

#include "x86.h"

#define JUMP_LENGTH 5

/* CPUID overwrites RAX, RBX, RCX and RDX: none of them may hold an operand. An access to a port above 0xff has it in DX. */
static void limit_registers(struct encoder *e, const struct step *s)
{
	for (int k = 0; k < s->length; k++) {
		const struct insn *o = &s->program[k];

		if (o->port > 0xff) {
			if (e->port && e->port != o->port)
				cannot("a program accesses two ports above 0xff");
			e->port = o->port;
			e->keep_rdx = true;
		}
		if (is(o, "cpuid"))
			e->keep_abcd = true;
	}
	if (e->port && e->keep_abcd)
		cannot("a program has CPUID and an access to a port above 0xff");
}

/* Fills the bytes between two instructions that do not follow each other. */
static void bridge(u64 from, u64 to)
{
	u8 *code = memory + from;

	if (to > from && to - from < JUMP_LENGTH) {
		memset(code, 0x90, to - from);
		return;
	}
	int distance = (int)(to - from - JUMP_LENGTH);

	code[0] = 0xe9;
	memcpy(code + 1, &distance, sizeof distance);
}

/* What is written must not be written again. */
static void claim(struct vcpu *c, u64 from, u64 to, int before)
{
	for (int k = 0; k < before; k++)
		if (from < c->place[k].end && to > c->place[k].start)
			cannot("two instructions are at %#llx", (unsigned long long)from);
	if (from < 0x1000 || to > MEMORY_SIZE || (to > TABLES && from < TABLES + 0x4000))
		cannot("the recorder has no code at %#llx", (unsigned long long)from);
}

static void place(struct vcpu *c, struct encoder *e, int v)
{
	u64 next = CODE_OF(v);

	for (int k = 0; k < c->length; k++) {
		const struct insn *o = &c->program[k];
		struct place *p = &c->place[k];
		u8 code[16];
		u64 at = o->pc ? o->pc : next;

		p->start = at;
		p->reg = -1;
		e->length = e->prefix = 0;
		e->bytes = code;
		encode(e, o, p);
		p->end = at + e->length;
		p->pc = at + e->prefix;
		claim(c, at, p->end, k);
		memcpy(memory + at, code, e->length);
		if (k && at != next)
			bridge(next, at);
		next = p->end;
	}
	for (int k = 0; k + 1 < c->length; k++) {
		u64 from = c->place[k].end, to = c->place[k + 1].start;

		if (from == to)
			continue;
		for (int other = 0; other < c->length; other++)
			if (from < c->place[other].end && from + (to > from && to - from < JUMP_LENGTH ? to - from : JUMP_LENGTH) > c->place[other].start)
				cannot("there is no room for a jump at %#llx", (unsigned long long)from);
	}
	/* What is after the end halts too. */
	memset(memory + next, 0xf4, 64);
}

/* Loads the program of the step, and gives all general-purpose registers their values. */
void load_program(int v, const struct step *s)
{
	struct vcpu *c = &vcpus[v];
	struct encoder e = { .c = c, .v = v };

	memcpy(c->program, s->program, sizeof *s->program * s->length);
	c->length = s->length;
	memset(c->reg, 0, sizeof c->reg);
	c->steps_left = 0;
	if (!c->length || !is(&c->program[c->length - 1], "hlt"))
		cannot("a program does not end in hlt");
	limit_registers(&e, s);
	place(c, &e, v);
	if (e.port)
		c->reg[RDX] = e.port;

	u64 *table = (u64 *)(memory + TABLE_OF(v));
	struct log_head *log = (struct log_head *)(memory + LOG_OF(v));

	memset(memory + LOG_OF(v), 0, 0x1000);
	memset(memory + TABLE_OF(v), 0, 0x1000);
	for (int k = 0; k < c->length; k++) {
		table[2 * k] = c->place[k].pc;
		/* #UD and #GP go on with the next instruction, wherever it is. */
		table[2 * k + 1] = k + 1 < c->length ? c->place[k + 1].start : c->place[k].end;
		c->place[k].was_read = false;
	}
	log->steps_left = c->steps_left;
	c->logged = 0;
	c->has_program = true;
}

int index_of(int v, u64 pc)
{
	for (int k = 0; k < vcpus[v].length; k++)
		if (pc >= vcpus[v].place[k].start && pc < vcpus[v].place[k].end)
			return k;
	return -1;
}
