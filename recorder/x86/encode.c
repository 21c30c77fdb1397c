// SPDX-License-Identifier: MIT
/* Encodings of guest instructions, with the length that a case asks for. */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "x86.h"

#define STORED 0x5a	/* what a write stores */
#define CR4_DE 8
#define IGNORED_PREFIX 0x3e	/* DS override: without effect in 64-bit mode */
#define LENGTH_MAX 15

/* Registers for operands, RSP and RAX left out. Those from R8 on need a prefix. */
static const int high_pool[] = { 8, 9, 10, 11, 12, 13, 14, 15 };
static const int low_pool[] = { RSI, RDI, 5, RBX, RCX, RDX };

static void add(struct encoder *e, int count, ...)
{
	va_list args;

	va_start(args, count);
	while (count--) {
		if (e->length == LENGTH_MAX)
			cannot("an instruction is longer than %d bytes", LENGTH_MAX);
		e->bytes[e->length++] = va_arg(args, int);
	}
	va_end(args);
}

static void add_dword(struct encoder *e, u32 value)
{
	add(e, 4, value & 255, value >> 8 & 255, value >> 16 & 255, value >> 24);
}

/* The next register of a pool that no instruction needs for itself; -1 if there is none. */
static int from_pool(const struct encoder *e, const int *pool, int size, int *taken)
{
	while (*taken < size) {
		int r = pool[(*taken)++];

		if (!(e->kept >> r & 1))
			return r;
	}
	return -1;
}

/* A register with a value: one that needs no prefix if `is_low`. Values that are only read share registers. */
static int operand(struct encoder *e, u64 value, bool is_low)
{
	bool shared = value != UNREAD;
	int r;

	for (r = 0; shared && is_low && r < 16; r++)
		if (e->shared[r] && r < 8 && e->c->reg[r] == value)
			return r;
	r = is_low ? -1 : from_pool(e, high_pool, 8, &e->high);
	if (r < 0)
		r = from_pool(e, low_pool, 6, &e->low);
	if (r < 0)
		cannot("a program has too many operands");
	e->c->reg[r] = value;
	e->shared[r] = shared;
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
static void move_special(struct encoder *e, int opcode, int number, int r)
{
	if (r > 7)
		add(e, 1, 0x41);
	add(e, 3, 0x0f, opcode, 0xc0 | number << 3 | (r & 7));
}

/* An access of memory by an opcode of 8 bits and its counterpart of 16 to 64, at an absolute address. */
static void access_absolute(struct encoder *e, const struct insn *o, int r, int opcode)
{
	if (o->size == 2)
		add(e, 1, 0x66);
	add(e, 4, 0x40 | (o->size == 8 ? 8 : 0) | (r > 7 ? 4 : 0), opcode | (o->size > 1), 0x04 | (r & 7) << 3, 0x25);
	add_dword(e, address32(o));
}

/* The same with the address in a register: two bytes and prefixes. */
static void access_by_register(struct encoder *e, const struct insn *o, int r, int opcode, int extension)
{
	int at = operand(e, o->addr, true);

	if (o->size == 2)
		add(e, 1, 0x66);
	if (o->size == 8)
		add(e, 1, 0x48);
	/* RBP as a base has a displacement. */
	add(e, 2, opcode | (o->size > 1), (at == 5 ? 0x40 : 0) | (r < 0 ? extension : r & 7) << 3 | at);
	if (at == 5)
		add(e, 1, 0);
}

static void access_memory(struct encoder *e, const struct insn *o, struct place *p)
{
	bool writes = is(o, "write");
	int opcode = writes ? 0x88 : 0x8a;

	(void)p;
	check_size(o, 8);
	/* SIL and the like would need a prefix: AL, which has no reader. */
	if (o->len && o->len < 8 + (o->size == 2))
		access_by_register(e, o, 0, opcode, 0);
	else
		access_absolute(e, o, operand(e, writes ? STORED : 0, false), opcode);
}

/* OR of 1. */
static void modify_memory(struct encoder *e, const struct insn *o)
{
	check_size(o, 8);
	if (o->len && o->len < 9) {
		access_by_register(e, o, -1, o->size == 1 ? 0x80 : 0x82, 1);
	} else {
		if (o->size == 2)
			add(e, 1, 0x66);
		if (o->size == 8)
			add(e, 1, 0x48);
		add(e, 3, o->size == 1 ? 0x80 : 0x83, 0x0c, 0x25);
		add_dword(e, address32(o));
	}
	add(e, 1, 1);
}

/* A register that an instruction needs for itself has a value from the start of the program. */
static void give(struct encoder *e, const struct insn *o, int r, u64 value)
{
	if ((e->given >> r & 1) && e->c->reg[r] != value)
		cannot("%s needs a register that another instruction of the program has", o->i);
	e->given |= 1u << r;
	e->c->reg[r] = value;
}

/* IN and OUT of AL, AX or EAX. A port above 0xff is in DX. */
static void access_port(struct encoder *e, const struct insn *o)
{
	int out = is(o, "io_out") ? 2 : 0;

	check_size(o, 4);
	if (o->size == 2)
		add(e, 1, 0x66);
	if (port_in_dx(o))
		give(e, o, RDX, o->port);
	if (o->port < 0x100)
		add(e, 2, (o->size > 1 ? 0xe5 : 0xe4) | out, o->port);
	else
		add(e, 1, (o->size > 1 ? 0xed : 0xec) | out);
}

static const struct { const char *i; u8 opcode; } string[] = {
	{ "rep_movs", 0xa4 }, { "rep_stos", 0xaa }, { "rep_ins", 0x6c }, { "rep_outs", 0x6e },
};

static int string_opcode(const struct insn *o)
{
	for (unsigned k = 0; k < sizeof string / sizeof *string; k++)
		if (is(o, string[k].i))
			return string[k].opcode;
	return 0;
}

bool is_string(const struct insn *o)
{
	return string_opcode(o);
}

bool accesses_msr(const struct insn *o)
{
	return is(o, "rdmsr") || is(o, "wrmsr");
}

bool port_in_dx(const struct insn *o)
{
	return o->port > 0xff || is(o, "rep_ins") || is(o, "rep_outs");
}

/* RDMSR and WRMSR: one value of each in a program. */
static void access_msr(struct encoder *e, const struct insn *o, struct place *p)
{
	bool writes = is(o, "wrmsr");

	if (!o->reg || strcmp(o->reg, "debugctl"))
		cannot("the recorder has no MSR %s", o->reg ? o->reg : "without a name");
	give(e, o, RCX, MSR_DEBUGCTL);
	if (writes) {
		give(e, o, RAX, (UNREAD & 0xffffffff00000000ull) | (u32)o->value);
		give(e, o, RDX, o->value >> 32);
	} else {
		if (e->reads_msr++)
			cannot("a program has two RDMSRs");
		if (!(e->given >> RAX & 1))
			e->c->reg[RAX] = UNREAD;
		p->reg = RAX;
	}
	add(e, 2, 0x0f, writes ? 0x30 : 0x32);
}

/* LEA of the next instruction's address to RCX, then SYSRET to it, at CPL 3. */
static void system_return(struct encoder *e)
{
	if (e->c->returns)
		cannot("a program has two SYSRETs");
	e->c->returns = true;
	if (!e->has_syscall)
		e->c->reg[R11] = RFLAGS_FIXED;
	add(e, 7, 0x48, 0x8d, 0x0d, 3, 0, 0, 0);
	e->prefix = e->length;
	add(e, 3, 0x48, 0x0f, 0x07);
}

/* Where it goes is the next instruction: see program.c. */
static void jump(struct encoder *e, const struct insn *o)
{
	if (o->len == 2)
		add(e, 2, 0xeb, 0);
	else
		add(e, 5, 0xe9, 0, 0, 0, 0);
}

/* A string instruction with REP. Its registers have their values when the program starts. */
static void repeat(struct encoder *e, const struct insn *o)
{
	int opcode = string_opcode(o);

	check_size(o, opcode < 0x80 ? 4 : 8);
	if (o->count < 1)
		cannot("%s has no count", o->i);
	give(e, o, RCX, o->count);
	give(e, o, RDI, o->addr);
	give(e, o, RSI, is(o, "rep_movs") ? o->from : o->addr);
	if (port_in_dx(o))
		give(e, o, RDX, o->port);
	if (o->size == 2)
		add(e, 1, 0x66);
	add(e, 1, 0xf3);
	if (o->size == 8)
		add(e, 1, 0x48);
	add(e, 1, opcode | (o->size > 1));
}

static void move_to_ss(struct encoder *e, const struct insn *o)
{
	u32 selector = e->cpl ? USER_DATA : KERNEL_DATA;
	int r;

	if (is(o, "mov_ss_mem")) {
		u32 address = address32(o);

		if (address > MEMORY_SIZE - 4)
			cannot("mov_ss_mem has no memory at %#x", address);
		memcpy(memory + address, &(u32){ selector }, 4);
		if (o->len && o->len < 7) {
			r = operand(e, address, true);
			add(e, 2, 0x8e, (r == 5 ? 0x50 : 0x10) | r);
			if (r == 5)
				add(e, 1, 0);
			return;
		}
		add(e, 3, 0x8e, 0x14, 0x25);
		add_dword(e, address);
		return;
	}
	r = operand(e, selector, o->len == 2);
	if (r > 7)
		add(e, 1, 0x41);
	add(e, 2, 0x8e, 0xd0 | (r & 7));
}

/* The guest itself sets kvm_run->request_interrupt_window: KVM returns to userspace after the exit that comes next. */
static void request_window(struct encoder *e)
{
	add(e, 3, 0xc6, 0x04, 0x25);
	add_dword(e, RUN_PAGE_OF(e->v) + offsetof(struct kvm_run, request_interrupt_window));
	add(e, 1, 1);
}

/* POPF of flags that wait on the stack: those of the program's first POPF are on top. */
static void pop_flags(struct encoder *e, const struct insn *o)
{
	u64 flags = RFLAGS_FIXED | (o->tf ? 0x100 : 0);

	memcpy(memory + STACK_OF(e->v) + 8 * e->popped++, &flags, sizeof flags);
	add(e, 1, 0x9d);
}

/* push $0x102; popfq. The guest's handler counts from the start of the program. */
static void set_tf(struct encoder *e, const struct insn *o)
{
	e->c->steps_left = o->count;
	add(e, 1, 0x68);
	add_dword(e, 0x102);
	e->prefix = e->length;
	add(e, 1, 0x9d);
}

/* Where it goes is the next instruction: one of a program. */
static void system_call(struct encoder *e, const struct insn *o)
{
	if (e->has_syscall)
		cannot("a program has two SYSCALLs");
	e->has_syscall = true;
	e->c->fmask = o->value;
}

static void natural(struct encoder *e, const struct insn *o, struct place *p)
{
	static const struct { const char *i; u8 length, first, second; } fixed[] = {
		{ "nop", 1, 0x90, 0 }, { "int3", 1, 0xcc, 0 }, { "nop_patched_cc", 1, 0xcc, 0 }, { "icebp", 1, 0xf1, 0 },
		{ "syscall", 2, 0x0f, 0x05 },
		{ "hlt", 1, 0xf4, 0 }, { "int_1", 2, 0xcd, 1 }, { "ud2", 2, 0x0f, 0x0b }, { "cpuid", 2, 0x0f, 0xa2 },
	};
	bool is_low = o->len == 3;

	if (is(o, "syscall"))
		system_call(e, o);
	for (unsigned k = 0; k < sizeof fixed / sizeof *fixed; k++) {
		if (!is(o, fixed[k].i))
			continue;
		add(e, 1, fixed[k].first);
		if (fixed[k].length > 1)
			add(e, 1, fixed[k].second);
		return;
	}
	if (is(o, "mov_to_dr")) {
		move_special(e, 0x23, o->dr & 7, operand(e, o->value, is_low));
	} else if (is(o, "mov_from_dr")) {
		p->reg = operand(e, UNREAD, is_low);
		move_special(e, 0x21, o->dr & 7, p->reg);
	} else if (is(o, "set_cr4_de")) {
		move_special(e, 0x22, 4, operand(e, CR4_PAE | (o->value ? CR4_DE : 0), is_low));
	} else if (is(o, "write") || is(o, "read")) {
		access_memory(e, o, p);
	} else if (is_string(o)) {
		repeat(e, o);
	} else if (is(o, "rmw")) {
		modify_memory(e, o);
	} else if (is(o, "io_in") || is(o, "io_out")) {
		access_port(e, o);
	} else if (is(o, "mov_ss_reg") || is(o, "mov_ss_mem")) {
		move_to_ss(e, o);
	} else if (accesses_msr(o)) {
		access_msr(e, o, p);
	} else if (is(o, "sysret")) {
		system_return(e);
	} else if (is(o, "jmp")) {
		jump(e, o);
	} else if (is(o, "set_tf")) {
		set_tf(e, o);
	} else if (is(o, "popf")) {
		pop_flags(e, o);
	} else if (is(o, "request_window")) {
		request_window(e);
	} else {
		cannot("the recorder has no instruction %s", o->i);
	}
}

/* Encodes an instruction, with prefixes that do nothing before it where it must be longer. */
void encode(struct encoder *e, const struct insn *o, struct place *p)
{
	natural(e, o, p);
	if (!o->len)
		return;
	int missing = o->len - e->length;

	if (missing < 0)
		cannot("%s must have %d bytes, and has %d", o->i, o->len, e->length);
	if (missing && is(o, "nop") && o->len <= LENGTH_MAX) {
		/* 66 90; longer ones have more of the prefix. */
		memset(e->bytes, 0x66, missing);
		e->bytes[missing] = 0x90;
	} else if (missing) {
		memmove(e->bytes + missing, e->bytes, e->length);
		memset(e->bytes, IGNORED_PREFIX, missing);
	}
	e->length = o->len;
}
