// SPDX-License-Identifier: MIT
/* Guest programs: where each instruction is, and the general-purpose registers that hold operands. */
#include <string.h>

#include "x86.h"

#define JUMP_LENGTH 5

/* Registers in which an instruction needs a value from the start of the program. */
static u32 needed_by(const struct insn *o)
{
	return (port_in_dx(o) ? 1 << RDX : 0) | (is_string(o) ? 1 << RCX | 1 << RSI | 1 << RDI : 0) |
	       (accesses_msr(o) ? 1 << RCX : 0) | (is(o, "wrmsr") ? 1 << RAX | 1 << RDX : 0);
}

/* Registers that it overwrites, besides that of its operand. */
static u32 overwritten_by(const struct insn *o)
{
	if (is(o, "cpuid"))
		return 1 << RBX | 1 << RCX | 1 << RDX;
	if (is(o, "syscall") || is(o, "sysret"))
		return 1 << RCX | 1 << R11;
	if (is(o, "rdmsr"))
		return 1 << RAX | 1 << RDX;
	return is_string(o) ? 1 << RCX | 1 << RSI | 1 << RDI : 0;
}

/* No operand may be in a register that an instruction of the program has for itself. */
static void limit_registers(struct encoder *e, const struct step *s)
{
	u32 needed = 0, overwritten = 0;

	for (int k = 0; k < s->length; k++) {
		const struct insn *o = &s->program[k];

		if (needed_by(o) & overwritten)
			cannot("%s needs a register that another instruction of the program has", o->i);
		needed |= needed_by(o);
		overwritten |= overwritten_by(o);
	}
	e->kept = needed | overwritten;
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

/* The jump goes to the next instruction, wherever that is. */
static void aim(const struct place *jump, u64 to)
{
	u64 size = jump->end - jump->start - 1;
	long long distance = (long long)(to - jump->end);

	if (size == 1 && (distance < -128 || distance > 127))
		cannot("a jump of two bytes does not reach %#llx", (unsigned long long)to);
	memcpy(memory + jump->end - size, &distance, size);
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
		if (k && is(&c->program[k - 1], "syscall"))
			c->lstar = at;
		e->length = e->prefix = 0;
		e->bytes = code;
		encode(e, o, p);
		p->end = at + e->length;
		p->pc = at + e->prefix;
		claim(c, at, p->end, k);
		memcpy(memory + at, code, e->length);
		if (k && is(&c->program[k - 1], "jmp"))
			aim(&c->place[k - 1], at);
		else if (k && at != next)
			bridge(next, at);
		next = p->end;
	}
	for (int k = 0; k + 1 < c->length; k++) {
		u64 from = c->place[k].end, to = c->place[k + 1].start;

		if (from == to || is(&c->program[k], "jmp"))
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
	struct encoder e = { .c = c, .v = v, .cpl = s->cpl };

	memcpy(c->program, s->program, sizeof *s->program * s->length);
	c->length = s->length;
	memset(c->reg, 0, sizeof c->reg);
	c->lstar = c->fmask = 0;
	c->returns = false;
	c->steps_left = 0;
	if (!c->length || !is(&c->program[c->length - 1], "hlt"))
		cannot("a program does not end in hlt");
	limit_registers(&e, s);
	place(c, &e, v);
	/* Its HLT is then a #GP. */
	bool may_end_at_cpl3 = s->cpl || c->returns;
	u64 *table = (u64 *)(memory + TABLE_OF(v));
	struct log_head *log = (struct log_head *)(memory + LOG_OF(v));

	memset(memory + LOG_OF(v), 0, 0x1000);
	memset(memory + TABLE_OF(v), 0, 0x1000);
	for (int k = 0; k < c->length; k++) {
		table[2 * k] = c->place[k].pc;
		/* #UD and #GP go on with the next instruction, wherever it is. */
		table[2 * k + 1] = k + 1 < c->length ? c->place[k + 1].start : may_end_at_cpl3 ? 0 : c->place[k].end;
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
