// SPDX-License-Identifier: MIT
/* Guest programs: encodings, and the general-purpose registers that hold their operands. */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "x86.h"

#define RAX 0
#define RDX 2
#define STORED 0x5a	/* what a write stores */
#define CR4_DE 8
#define CODE_MAX 0x1000

/* Registers for operands. RSP and RAX are in use, RDX is last: an access to a port above 0xff needs it. */
static const int pool[] = { 8, 9, 10, 11, 12, 13, 14, 15, 6, 7, 5, 3, 1, RDX };

struct builder {
	struct vcpu *c;
	int v;
	int registers;	/* of the pool that are taken */
	int room;	/* of the pool that may be taken */
	u64 at;
};

static bool is(const struct insn *o, const char *name)
{
	return !strcmp(o->i, name);
}

static void bytes(struct builder *b, int count, ...)
{
	va_list args;

	if (b->at + count > CODE_OF(b->v) + CODE_MAX)
		cannot("the program is too long");
	va_start(args, count);
	while (count--)
		memory[b->at++] = va_arg(args, int);
	va_end(args);
}

static void dword(struct builder *b, u32 value)
{
	bytes(b, 4, value & 255, value >> 8 & 255, value >> 16 & 255, value >> 24);
}

static int operand(struct builder *b, u64 value)
{
	if (b->registers == b->room)
		cannot("a program has more than %d operands", b->room);
	int r = pool[b->registers++];

	b->c->reg[r] = value;
	return r;
}

static u32 address32(const struct insn *o)
{
	if (o->addr > 0x7fffffff)
		cannot("%s at %#llx: the recorder reaches addresses below 2 GiB", o->i, (unsigned long long)o->addr);
	return o->addr;
}

static void check_size(const struct insn *o, int largest)
{
	if (o->size < 1 || o->size > largest || (o->size & (o->size - 1)))
		cannot("%s has no size of %d bytes", o->i, o->size);
}

/* MOV between a general-purpose register and a debug or control register: 0F opcode. */
static void move(struct builder *b, int opcode, int number, int r)
{
	if (r > 7)
		bytes(b, 1, 0x41);
	bytes(b, 3, 0x0f, opcode, 0xc0 | number << 3 | (r & 7));
}

/* MOV between AL…RAX-like registers and memory at an absolute address. */
static void move_memory(struct builder *b, const struct insn *o, int r, int opcode)
{
	check_size(o, 8);
	if (o->size == 2)
		bytes(b, 1, 0x66);
	bytes(b, 4, 0x40 | (o->size == 8 ? 8 : 0) | (r > 7 ? 4 : 0), opcode | (o->size > 1), 0x04 | (r & 7) << 3, 0x25);
	dword(b, address32(o));
}

/* OR of 1 to memory at an absolute address. */
static void modify_memory(struct builder *b, const struct insn *o)
{
	check_size(o, 8);
	if (o->size == 2)
		bytes(b, 1, 0x66);
	if (o->size == 8)
		bytes(b, 1, 0x48);
	bytes(b, 3, o->size == 1 ? 0x80 : 0x83, 0x0c, 0x25);
	dword(b, address32(o));
	bytes(b, 1, 1);
}

/* IN and OUT of AL, AX or EAX. A port above 0xff is in DX. */
static void access_port(struct builder *b, const struct insn *o)
{
	int out = is(o, "io_out") ? 2 : 0;

	check_size(o, 4);
	if (o->size == 2)
		bytes(b, 1, 0x66);
	if (o->port < 0x100)
		bytes(b, 2, (o->size > 1 ? 0xe5 : 0xe4) | out, o->port);
	else
		bytes(b, 1, (o->size > 1 ? 0xed : 0xec) | out);
}

/* The guest itself sets kvm_run->request_interrupt_window: the next exit that KVM handles itself returns to userspace. */
static void request_window(struct builder *b)
{
	bytes(b, 4, 0xc6, 0x04, 0x25, (RUN_PAGE_OF(b->v) + offsetof(struct kvm_run, request_interrupt_window)) & 255);
	bytes(b, 4, RUN_PAGE_OF(b->v) >> 8 & 255, RUN_PAGE_OF(b->v) >> 16 & 255, RUN_PAGE_OF(b->v) >> 24, 1);
}

static void build(struct builder *b, const struct insn *o, struct place *p)
{
	int r;

	p->start = p->pc = b->at;
	p->reg = -1;
	if (is(o, "mov_to_dr")) {
		move(b, 0x23, o->dr & 7, operand(b, o->value));
	} else if (is(o, "mov_from_dr")) {
		p->reg = operand(b, UNREAD);
		move(b, 0x21, o->dr & 7, p->reg);
	} else if (is(o, "set_cr4_de")) {
		move(b, 0x22, 4, operand(b, CR4_PAE | (o->value ? CR4_DE : 0)));
	} else if (is(o, "write")) {
		move_memory(b, o, operand(b, STORED), 0x88);
	} else if (is(o, "read")) {
		move_memory(b, o, operand(b, 0), 0x8a);
	} else if (is(o, "rmw")) {
		modify_memory(b, o);
	} else if (is(o, "io_in") || is(o, "io_out")) {
		access_port(b, o);
	} else if (is(o, "nop")) {
		bytes(b, 1, 0x90);
	} else if (is(o, "int3") || is(o, "nop_patched_cc")) {
		bytes(b, 1, 0xcc);
	} else if (is(o, "icebp")) {
		bytes(b, 1, 0xf1);
	} else if (is(o, "hlt")) {
		bytes(b, 1, 0xf4);
	} else if (is(o, "int_1")) {
		bytes(b, 2, 0xcd, 1);
	} else if (is(o, "ud2")) {
		bytes(b, 2, 0x0f, 0x0b);
	} else if (is(o, "cpuid")) {
		bytes(b, 2, 0x0f, 0xa2);
	} else if (is(o, "mov_ss_reg")) {
		r = operand(b, 0x10);
		if (r > 7)
			bytes(b, 1, 0x41);
		bytes(b, 2, 0x8e, 0xd0 | (r & 7));
	} else if (is(o, "mov_ss_mem")) {
		u32 address = address32(o);

		if (address > MEMORY_SIZE - 4)
			cannot("mov_ss_mem has no memory at %#x", address);
		memcpy(memory + address, &(u32){ 0x10 }, 4);
		bytes(b, 3, 0x8e, 0x14, 0x25);
		dword(b, address);
	} else if (is(o, "set_tf")) {
		/* push $0x102; popfq. The handler counts from the start of the program. */
		b->c->steps_left = o->count;
		bytes(b, 1, 0x68);
		dword(b, 0x102);
		p->pc = b->at;
		bytes(b, 1, 0x9d);
	} else if (is(o, "request_window")) {
		request_window(b);
	} else {
		cannot("the recorder has no instruction %s", o->i);
	}
	p->end = b->at;
	if (o->pc && o->pc != p->start)
		cannot("%s is to be at %#llx, and is at %#llx", o->i, (unsigned long long)o->pc,
		       (unsigned long long)p->start);
}

/* CPUID overwrites RAX, RBX, RCX and RDX: none of them may hold an operand. */
static int registers_that_last(const struct step *s, u64 *dx)
{
	int room = sizeof pool / sizeof *pool;

	for (int k = 0; k < s->length; k++) {
		const struct insn *o = &s->program[k];

		if (o->port > 0xff) {
			if (*dx && *dx != (u64)o->port)
				cannot("a program accesses two ports above 0xff");
			*dx = o->port;
			room = room < 13 ? room : 13;
		}
		if (is(o, "cpuid"))
			room = 11;
	}
	if (*dx && room == 11)
		cannot("a program has CPUID and an access to a port above 0xff");
	return room;
}

/* Loads the program of the step, or that of before once more, and sets all general-purpose registers. */
void load_program(int v, const struct step *s)
{
	struct vcpu *c = &vcpus[v];
	u64 dx = 0;
	struct builder b = { .c = c, .v = v, .at = CODE_OF(v) };

	memcpy(c->program, s->program, sizeof *s->program * s->length);
	c->length = s->length;
	memset(c->reg, 0, sizeof c->reg);
	c->steps_left = 0;
	b.room = registers_that_last(s, &dx);
	for (int k = 0; k < c->length; k++)
		build(&b, &c->program[k], &c->place[k]);
	if (!c->length || !is(&c->program[c->length - 1], "hlt"))
		cannot("a program does not end in hlt");
	/* What is after the end halts too. */
	memset(memory + b.at, 0xf4, 64);
	c->reg[RDX] = dx ? dx : c->reg[RDX];

	u64 *table = (u64 *)(memory + TABLE_OF(v));
	struct log_head *log = (struct log_head *)(memory + LOG_OF(v));

	memset(memory + LOG_OF(v), 0, 0x1000);
	memset(memory + TABLE_OF(v), 0, 0x1000);
	for (int k = 0; k < c->length; k++) {
		table[2 * k] = c->place[k].pc;
		table[2 * k + 1] = c->place[k].end;
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
