// SPDX-License-Identifier: MIT
/* The guest's exception vectors and its one handler. */
#include <string.h>

#include "arm64.h"

#define VECTOR_SIZE 0x80

/*
 * Logs ESR, ELR, FAR and SPSR of each exception at x28, then returns past the instruction: for SVC that is ELR; after a
 * software step it sets SPSR.SS and returns to ELR, so that stepping goes on. SVC #0x53 returns with SPSR.SS set. After
 * TAKEN_MAX exceptions (x30 counts down) it returns with PSTATE.D set. Once the log has no room left it ends the program
 * with a store to x29 + 4.
 */
static const u32 handler[] = {
	0x376803fc,	/* tbnz w28, #13, stop */
	0xd538521a,	/* mrs x26, esr_el1 */
	0xd538403b,	/* mrs x27, elr_el1 */
	0xa8816f9a,	/* stp x26, x27, [x28], #16 */
	0xd538601a,	/* mrs x26, far_el1 */
	0xd538401b,	/* mrs x27, spsr_el1 */
	0xa8816f9a,	/* stp x26, x27, [x28], #16 */
	0xd10007de,	/* sub x30, x30, #1 */
	0xb500007e,	/* cbnz x30, go */
	0xb277037b,	/* orr x27, x27, #0x200: SPSR.D */
	0xd518401b,	/* msr spsr_el1, x27 */
	0xd538521a,	/* go: mrs x26, esr_el1 */
	0xd35aff5b,	/* lsr x27, x26, #26: the exception class */
	0xf100577f,	/* cmp x27, #0x15 */
	0x54000120,	/* b.eq svc */
	0xf100cf7f,	/* cmp x27, #0x33 */
	0x54000160,	/* b.eq setss */
	0xf100cb7f,	/* cmp x27, #0x32 */
	0x54000120,	/* b.eq setss */
	0xd538403b,	/* mrs x27, elr_el1 */
	0x9100137b,	/* add x27, x27, #4 */
	0xd518403b,	/* msr elr_el1, x27 */
	0xd69f03e0,	/* eret */
	0x92403f5a,	/* svc: and x26, x26, #0xffff */
	0xf1014f5f,	/* cmp x26, #0x53 */
	0x54000040,	/* b.eq setss */
	0xd69f03e0,	/* eret */
	0xd538401b,	/* setss: mrs x27, spsr_el1 */
	0xb26b037b,	/* orr x27, x27, #0x200000: SPSR.SS */
	0xd518401b,	/* msr spsr_el1, x27 */
	0xd69f03e0,	/* eret */
	0xb90007bf,	/* stop: str wzr, [x29, #4] */
	0x17ffffff,	/* b stop */
};

/*
 * An interrupt: logs what ICC_IAR1_EL1 says, ELR and SPSR, and returns to ELR. In the place of FAR is whatever x29 has.
 */
static const u32 interrupt_handler[] = {
	0xd538cc1a,	/* mrs x26, icc_iar1_el1 */
	0xd538403b,	/* mrs x27, elr_el1 */
	0xa8816f9a,	/* stp x26, x27, [x28], #16 */
	0xd538401b,	/* mrs x27, spsr_el1 */
	0xa8816f9d,	/* stp x29, x27, [x28], #16 */
	0xd10007de,	/* sub x30, x30, #1 */
	0xd518cc3a,	/* msr icc_eoir1_el1, x26 */
	0xd69f03e0,	/* eret */
};

/* An SError: logs as the handler above does, and returns to ELR. */
static const u32 serror_handler[] = {
	0xd538521a,	/* mrs x26, esr_el1 */
	0xd538403b,	/* mrs x27, elr_el1 */
	0xa8816f9a,	/* stp x26, x27, [x28], #16 */
	0xd538601a,	/* mrs x26, far_el1 */
	0xd538401b,	/* mrs x27, spsr_el1 */
	0xa8816f9a,	/* stp x26, x27, [x28], #16 */
	0xd10007de,	/* sub x30, x30, #1 */
	0xd69f03e0,	/* eret */
};

/* The kind of exception of a log's entry. Every ESR has IL set, or an exception class. */
int logged_kind(u64 esr)
{
	return esr >> 25 ? (int)(esr >> 26) : KIND_INTERRUPT;
}

/* Where the vector of a kind of exception goes: synchronous, IRQ, FIQ, SError. */
static u64 handler_of(int kind)
{
	return kind == 1 ? HANDLER + 0x400 : kind == 3 ? HANDLER + 0x440 : HANDLER;
}

void install_handler(void)
{
	for (int slot = 0; slot < 16; slot++) {
		u64 address = VECTORS + slot * VECTOR_SIZE;

		MEMORY32(address) = 0x14000000 | (handler_of(slot & 3) - address) / 4;	/* b handler */
	}
	memcpy(memory + (handler_of(1) - MEMORY_BASE), interrupt_handler, sizeof interrupt_handler);
	memcpy(memory + (handler_of(3) - MEMORY_BASE), serror_handler, sizeof serror_handler);
	memcpy(memory + (HANDLER - MEMORY_BASE), handler, sizeof handler);
}
