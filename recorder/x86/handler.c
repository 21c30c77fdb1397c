// SPDX-License-Identifier: MIT
/* The guest's exception handlers, position independent: they are copied to where the guest runs them. */
#include <string.h>

#include "x86.h"

#define HANDLER_STEP 16	/* bytes from one vector's handler to the next one's */
#define VECTORS 16

#define NO_ERROR_CODE(n) ".balign 16\n pushq $0; pushq $" #n "; jmp h_common\n"
#define ERROR_CODE(n) ".balign 16\n pushq $" #n "; jmp h_common\n"

/* RF of the saved flags, if breakpoint register n is enabled, executes, matched, and is at the saved RIP. */
#define SET_RF(n, matched, enabled, type) \
	"test $" matched ", %al\n jz 1f\n" \
	"test $" enabled ", %edx\n jz 1f\n" \
	"test $" type ", %edx\n jnz 1f\n" \
	"mov %dr" n ", %rsi\n cmp 64(%rsp), %rsi\n jne 1f\n" \
	"orl $0x10000, 80(%rsp)\n" \
	"1:\n"

/*
 * Each exception is logged (struct log_entry; the log is 0x1000 after the handlers). #DB reads DR6 and DR7, takes TF off
 * the saved flags once `steps_left` #DBs were taken with it, and sets RF where an execute breakpoint matched at the saved
 * RIP; it never clears DR6. #UD and #GP read no DR, and go on with the next instruction of the table at 0x2000; where the
 * table has none, the program has ended at CPL 3, and the handler executes the HLT. `done`
 * counts those that were handled: an exception inside the handler is done before the one that it interrupted.
 */
asm(".pushsection .rodata\n"
    ".balign 16\n"
    "h_first:\n"
    NO_ERROR_CODE(0) NO_ERROR_CODE(1) NO_ERROR_CODE(2) NO_ERROR_CODE(3)
    NO_ERROR_CODE(4) NO_ERROR_CODE(5) NO_ERROR_CODE(6) NO_ERROR_CODE(7)
    ERROR_CODE(8) NO_ERROR_CODE(9) ERROR_CODE(10) ERROR_CODE(11)
    ERROR_CODE(12) ERROR_CODE(13) ERROR_CODE(14) NO_ERROR_CODE(15)
    ".balign 16\n"
    "h_common:\n"
    "push %rax; push %rbx; push %rcx; push %rdx; push %rsi; push %rdi\n"
    "lea h_first(%rip), %rbx\n"
    "mov 0x1000(%rbx), %rcx\n"
    "cmp $24, %rcx\n"
    "jae h_full\n"
    "incq 0x1000(%rbx)\n"
    "shl $6, %rcx\n"
    "lea 0x1040(%rbx,%rcx), %rdi\n"
    "mov 48(%rsp), %rax\n mov %rax, 0(%rdi)\n"	/* vector */
    "mov 56(%rsp), %rdx\n mov %rdx, 8(%rdi)\n"	/* error code */
    "mov 64(%rsp), %rdx\n mov %rdx, 16(%rdi)\n"	/* rip */
    "mov 80(%rsp), %rcx\n mov %rcx, 24(%rdi)\n"	/* rflags */
    "cmp $1, %rax\n je h_debug\n"
    "cmp $3, %rax\n je h_done\n"
    "cmp $6, %rax\n je h_skip\n"
    "cmp $13, %rax\n je h_skip\n"
    "h_unexpected: out %al, $0xe3\n jmp h_unexpected\n"
    "h_full: out %al, $0xe2\n jmp h_full\n"
    "h_skip: lea 0x2000(%rbx), %rsi\n"
    "1: mov 0(%rsi), %rcx\n"
    "test %rcx, %rcx\n jz h_unexpected\n"
    "cmp %rcx, %rdx\n je 2f\n"
    "add $16, %rsi\n jmp 1b\n"
    "2: mov 8(%rsi), %rcx\n test %rcx, %rcx\n jz h_halt\n"
    "mov %rcx, 64(%rsp)\n jmp h_done\n"
    "h_halt: hlt\n jmp h_halt\n"
    "h_debug: mov %dr6, %rax\n mov %rax, 32(%rdi)\n"
    "mov %dr7, %rdx\n mov %rdx, 40(%rdi)\n"
    "testl $0x100, 80(%rsp)\n jz 3f\n"
    "cmpq $0, 0x1008(%rbx)\n jle 3f\n"
    "decq 0x1008(%rbx)\n jnz 3f\n"
    "andl $0xfffffeff, 80(%rsp)\n"
    "3:\n"
    SET_RF("0", "1", "0x3", "0x30000")
    SET_RF("1", "2", "0xc", "0x300000")
    SET_RF("2", "4", "0x30", "0x3000000")
    SET_RF("3", "8", "0xc0", "0x30000000")
    "h_done: incq 0x1010(%rbx)\n"
    "mov 0x1010(%rbx), %rcx\n mov %rcx, 48(%rdi)\n"
    "h_pops: pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rbx; pop %rax\n"
    "add $16, %rsp\n"
    "h_return: iretq\n"
    "h_end: .byte 0\n"
    ".popsection\n");
extern const u8 h_first[], h_common[], h_pops[], h_return[], h_end[];

#define SAVED 6
#define HAS_ERROR 0x7d00u	/* vectors 8 and 10 to 14 */

/* How many registers are on the stack at an offset of the handler's code. Each push and pop is one byte. */
static int saved_at(u64 offset)
{
	u64 pushes = h_common - h_first, pops = h_pops - h_first;

	if (offset < pushes)
		return 0;
	if (offset < pushes + SAVED)
		return offset - pushes;
	if (offset < pops)
		return SAVED;
	return offset < pops + SAVED ? SAVED - (offset - pops) : 0;
}

/* Words on the stack between the saved registers and the saved RIP: vector and error code. */
static int words_at(u64 offset)
{
	u64 step = offset % HANDLER_STEP;
	bool has_error = offset / HANDLER_STEP < VECTORS && (HAS_ERROR >> offset / HANDLER_STEP & 1);

	if (offset >= (u64)(h_return - h_first))
		return 0;
	if (offset >= (u64)(h_common - h_first))
		return 2;
	/* The pushes are two bytes each; where there is an error code, the CPU has pushed it. */
	return has_error ? 1 + (step >= 2) : (step >= 2) + (step >= 4);
}

/*
 * The registers as they were where the handler was entered, if that is where the guest is: it can be single-stepped, and
 * take an exception itself. Returns whether it was there.
 */
bool leave_handler(int v, struct kvm_regs *g)
{
	for (int depth = 0; depth < VECTORS; depth++) {
		u64 offset = g->rip - HANDLER_OF(v);
		__u64 *saved[SAVED] = { &g->rax, &g->rbx, &g->rcx, &g->rdx, &g->rsi, &g->rdi };

		if (g->rip < HANDLER_OF(v) || offset >= (u64)(h_end - h_first))
			return depth > 0;
		int n = saved_at(offset);
		u64 frame = g->rsp + 8 * (n + words_at(offset));

		if (frame > MEMORY_SIZE - 40)
			return depth > 0;
		for (int k = 0; k < n; k++)
			*saved[k] = *(u64 *)(memory + g->rsp + 8 * (n - 1 - k));
		g->rip = *(u64 *)(memory + frame);
		g->rflags = *(u64 *)(memory + frame + 16);
		g->rsp = *(u64 *)(memory + frame + 24);
	}
	return true;
}

/* The handlers, and an IDT of interrupt gates to them. */
void install_handler(int v)
{
	memcpy(memory + HANDLER_OF(v), h_first, h_end - h_first);
	for (int n = 0; n < 256; n++) {
		u64 handler = HANDLER_OF(v) + (n < VECTORS ? HANDLER_STEP * n : 0);
		u32 gate[4] = {
			(handler & 0xffff) | 8 << 16,
			/* That of #BP is for INT3 at CPL 3, too. */
			(handler & 0xffff0000) | (n == 3 ? 0xee00 : 0x8e00),
			handler >> 32,
			0,
		};

		memcpy(memory + IDT_OF(v) + sizeof gate * n, gate, sizeof gate);
	}
}
