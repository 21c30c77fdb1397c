/* SPDX-License-Identifier: MIT */
/* A case: what is done with a virtual machine. docs/recordings.md describes the fields. */
#ifndef CASE_H
#define CASE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

#define VCPUS_MAX 4
#define PROGRAM_MAX 96	/* instructions of a program, without its end */
#define DEBUG_REGISTERS 16

/* One guest instruction. Which fields count depends on `i`; the rest is 0. */
struct insn {
	const char *i;		/* its name: "msr", "mov_to_dr" */
	const char *reg;	/* arm64: system register; x86: MSR */
	int dr;			/* x86: debug register */
	u64 value;
	u64 addr;
	u64 from;		/* x86, rep_movs: what it loads */
	int size;		/* bytes */
	int imm;
	int to;			/* index of the instruction that a branch goes to */
	int count;		/* set_tf: #DBs after which the guest's handler clears TF; rep_…: iterations */
	int port;
	int tf;			/* popf: TF of the flags that it pops */
	u64 pc;			/* where it must be; 0: after the one before it */
	int len;		/* x86: bytes that it must have; 0: as they come */
};

static inline bool is(const struct insn *o, const char *name)
{
	return !strcmp(o->i, name);
}

/* One step. Which fields count depends on `op`; the rest is 0. */
struct step {
	const char *op;
	int line;		/* of the scenario that it was made of; 0 if none */
	int vcpu;
	int cpu;		/* host CPU */

	/* run */
	bool resume;		/* go on with the program that is loaded */
	int until_end;		/* resume until the program has ended, this many times at most */
	bool repeat_debug;	/* x86: guest_debug once more after KVM_SET_REGS, which drops a step or an injection */
	u64 flags_in;		/* pstate_in, rflags_in; 0: as the recorder starts a program */
	int cpl;		/* x86: privilege level that the program starts at, 0 or 3 */
	const struct insn *program;
	int length;

	/* guest_debug */
	u32 control;
	u64 debugreg[8];				/* x86 */
	u64 bcr[DEBUG_REGISTERS], bvr[DEBUG_REGISTERS];	/* arm64 */
	u64 wcr[DEBUG_REGISTERS], wvr[DEBUG_REGISTERS];

	/* user_get, user_set, check_extension, enable_cap, save, restore, set_pc, poke_insn, note */
	const char *reg;
	const char *name;
	u64 value;
	u64 addr;
	u32 insn;

	/* set_debugregs */
	u64 db[4], dr6, dr7, flags;

	int intid;		/* irq_line: number of the interrupt */

	/* set_vcpu_events, save */
	u64 events;		/* packed, as the architecture has it */
	const char *vmm;

	/* host_bp, host_touch: perf breakpoints on a variable of the recorder */
	int id, var, len, writes;
	bool reads;		/* stops on reads too */
};

struct kvm_case {
	const char *name;
	const char *about;
	int vcpus;
	int brps, ctx, wrps;	/* arm64: that the machine must have; 0: any */
	const struct step *steps;
	int length;
};

#endif
