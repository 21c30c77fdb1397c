// SPDX-License-Identifier: MIT
/* Guest programs: encodings, and the general-purpose registers that hold their operands. */
#include <string.h>

#include "arm64.h"


/* A register with a value. Constants share one; what is read into has one of its own. */
static int operand(struct vcpu *c, u64 value, bool is_constant)
{
	for (int x = 0; is_constant && x < c->operands; x++)
		if (c->is_constant[x] && c->operand[x] == value)
			return x;
	if (c->operands == OPERANDS_MAX)
		cannot("a program has more than %d different operands", OPERANDS_MAX);
	c->operand[c->operands] = value;
	c->is_constant[c->operands] = is_constant;
	return c->operands++;
}

static int log2_of(const struct insn *o)
{
	switch (o->size) {
	case 1: return 0;
	case 2: return 1;
	case 4: return 2;
	case 8: return 3;
	case 16: return 4;
	}
	cannot("%s has no size of %d bytes", o->i, o->size);
}

static u32 sysreg_bits(const struct insn *o)
{
	const struct sysreg *r = find_sysreg(o->reg);

	return (r->op0 - 2) << 19 | r->op1 << 16 | r->crn << 12 | r->crm << 8 | r->op2 << 5;
}

static u32 branch(u64 from, u64 to)
{
	return 0x14000000 | ((to - from) / 4 & 0x3ffffff);
}

u32 encoding(const struct vcpu *c, int index)
{
	const struct insn *o = &c->program[index];
	u32 x = c->xreg[index];

	if (index == c->length)
		return 0xb90003bf;	/* str wzr, [x29] */
	if (is(o, "msr"))
		return 0xd5100000 | sysreg_bits(o) | x;
	if (is(o, "mrs"))
		return 0xd5300000 | sysreg_bits(o) | x;
	if (is(o, "nop"))
		return 0xd503201f;
	if (is(o, "isb"))
		return 0xd5033fdf;
	if (is(o, "str"))	/* xzr; 16 bytes: stp xzr, xzr */
		return (log2_of(o) == 4 ? 0xa9007c00 : 0x39000000 | (u32)log2_of(o) << 30) | x << 5 | 31;
	if (is(o, "ldr"))	/* to xzr; 16 bytes: ldp xzr, x25 */
		return (log2_of(o) == 4 ? 0xa9406400 : 0x39400000 | (u32)log2_of(o) << 30) | x << 5 | 31;
	if (is(o, "brk"))
		return 0xd4200000 | (o->imm & 0xffff) << 5;
	if (is(o, "svc"))
		return 0xd4000001 | (o->imm & 0xffff) << 5;
	if (is(o, "hvc"))
		return 0xd4000002 | (o->imm & 0xffff) << 5;
	if (is(o, "smc"))
		return 0xd4000003 | (o->imm & 0xffff) << 5;
	if (is(o, "eret"))
		return 0xd69f03e0;
	if (is(o, "ldxr"))	/* to xzr */
		return 0x085f7c00 | (u32)log2_of(o) << 30 | x << 5 | 31;
	if (is(o, "stxr"))	/* xzr; the status to a register of its own */
		return 0x08007c00 | (u32)log2_of(o) << 30 | (u32)c->status[index] << 16 | x << 5 | 31;
	if (is(o, "clrex"))
		return 0xd5033f5f;
	if (is(o, "daifset"))
		return 0xd50340df | (o->imm & 15) << 8;
	if (is(o, "daifclr"))
		return 0xd50340ff | (o->imm & 15) << 8;
	if (is(o, "b"))
		return branch(c->place[index], c->place[o->to]);
	cannot("the recorder has no instruction %s", o->i);
}

/* Index of the instruction at an address, the end included; -1: outside the program. */
int index_of(int v, u64 pc)
{
	for (int k = 0; k <= vcpus[v].length; k++)
		if (vcpus[v].place[k] == pc)
			return k;
	return -1;
}

/*
 * Where each instruction is: where the case says, or after the one before it. Where the next one is elsewhere, a branch
 * that the recording does not list goes there.
 */
static void place(int v, struct vcpu *c)
{
	u64 next = CODE_OF(v);

	for (int k = 0; k <= c->length; k++) {
		u64 at = k < c->length && c->program[k].pc ? c->program[k].pc : next;

		if (at & 3)
			cannot("an instruction is at %#llx, which is not aligned", (unsigned long long)at);
		if (at < CODE_OF(0) || at >= CODE_OF(VCPUS_MAX))
			cannot("an instruction is at %#llx; the recorder has code from %#llx to %#llx",
			       (unsigned long long)at, CODE_OF(0), CODE_OF(VCPUS_MAX));
		for (int other = 0; other < k; other++)
			if (c->place[other] == at || (at != next && c->place[other] == next))
				cannot("two instructions are at %#llx", (unsigned long long)at);
		c->place[k] = at;
		next = at + 4;
	}
}

static void write_code(struct vcpu *c)
{
	for (int k = 0; k < c->length; k++)
		if (c->place[k + 1] != c->place[k] + 4)
			MEMORY32(c->place[k] + 4) = branch(c->place[k] + 4, c->place[k + 1]);
	for (int k = 0; k <= c->length; k++)
		MEMORY32(c->place[k]) = encoding(c, k);
}

/* Where ERET goes, and with which flags: there can be one, before any exception. */
static void set_return(int v, const struct vcpu *c)
{
	int returns = 0;

	for (int k = 0; k < c->length; k++) {
		if (!is(&c->program[k], "eret"))
			continue;
		if (returns++)
			cannot("a program has more than one eret");
		set_reg(v, elr_id, c->place[k + 1]);
		set_reg(v, spsr_id, c->program[k].value);
	}
}

void load_program(int v, const struct step *s)
{
	struct vcpu *c = &vcpus[v];

	memcpy(c->program, s->program, sizeof *s->program * s->length);
	c->length = s->length;
	c->operands = 0;
	for (int k = 0; k < c->length; k++) {
		/* They overwrite x0 to x3. */
		if (is(&c->program[k], "hvc") || is(&c->program[k], "smc")) {
			for (; c->operands < 4; c->operands++) {
				c->operand[c->operands] = c->operands ? 0 : PSCI_0_2_FN_PSCI_VERSION;
				c->is_constant[c->operands] = false;
			}
		}
	}
	for (int k = 0; k < c->length; k++) {
		const struct insn *o = &c->program[k];

		if (is(o, "b") && o->to > c->length)
			cannot("a branch goes to instruction %d of %d", o->to, c->length);
		if (is(o, "mrs"))
			c->xreg[k] = operand(c, UNREAD, false);
		else if (is(o, "msr"))
			c->xreg[k] = operand(c, o->value, true);
		else if (o->size)
			c->xreg[k] = operand(c, o->addr, true);
		if (is(o, "stxr"))
			c->status[k] = operand(c, UNREAD, false);
	}
	place(v, c);
	write_code(c);
	for (int x = 0; x < c->operands; x++)
		set_reg(v, x_id(x), c->operand[x]);
	set_reg(v, x_id(X_LOG), LOG_OF(v));
	set_reg(v, x_id(X_END), END_ADDRESS);
	set_reg(v, x_id(X_LEFT), TAKEN_MAX);
	set_reg(v, pc_id, c->place[0]);
	set_reg(v, pstate_id, s->flags_in ? s->flags_in : PSTATE_EL1);
	set_reg(v, vbar_id, VECTORS);
	set_return(v, c);
	c->logged = 0;
	c->has_program = true;
}
