/* SPDX-License-Identifier: MIT */
/* What the arm64 files of the recorder have in common. */
#ifndef ARM64_H
#define ARM64_H

#include <linux/kvm.h>

#include "../recorder.h"

/* Guest memory. Vectors, the handler and its logs, data, code. */
#define MEMORY_BASE 0x40000000ull
#define MEMORY_SIZE 0x200000ull
#define VECTORS MEMORY_BASE
#define HANDLER (MEMORY_BASE + 0x800)
#define LOG_OF(v) (MEMORY_BASE + 0x10000 + (v) * 0x8000ull)
#define DATA_OF(v) (MEMORY_BASE + 0x40000 + (v) * 0x10000ull)
#define CODE_OF(v) (MEMORY_BASE + 0x80000 + (v) * 0x10000ull)
#define CODE_SIZE 0x10000
/* No memory: a store there ends the program. */
#define END_ADDRESS 0x10000000ull

#define PSTATE_EL1 0x3c5ull	/* EL1h, DAIF set */
#define TAKEN_MAX 20		/* then the guest's handler masks PSTATE.D */
#define UNREAD 0xdeadbeefdeadbeefull
#define OPERANDS_MAX 25		/* x0 to x24 */

/* x28, x29, x30 are the handler's. */
#define X_LOG 28
#define X_END 29
#define X_LEFT 30

struct sysreg {
	char name[24];
	int op0, op1, crn, crm, op2;
};

struct vcpu {
	int fd;
	struct kvm_run *run;
	struct insn program[PROGRAM_MAX];
	int length;
	u64 place[PROGRAM_MAX + 1];	/* of each instruction; the last one is of the end */
	bool has_program;
	bool ended;		/* its program has come to its end, or has none to go on with */
	u64 operand[OPERANDS_MAX];
	bool is_constant[OPERANDS_MAX];
	int operands;
	int xreg[PROGRAM_MAX];	/* of each instruction's operand */
	int status[PROGRAM_MAX];	/* of each stxr's status */
	int logged;		/* exceptions that were reported */
};

extern struct vcpu vcpus[VCPUS_MAX];
extern int nvcpus, kvm_fd, vm_fd;
extern u8 *memory;
extern struct kvm_vcpu_init vcpu_features;

/* registers.c */
const struct sysreg *find_sysreg(const char *name);
u64 sysreg_id(const struct sysreg *r);
u64 x_id(int n);
extern const u64 pc_id, pstate_id, elr_id, spsr_id, vbar_id;
int get_reg(int v, u64 id, u64 *value);
int set_reg(int v, u64 id, u64 value);
const char *sysreg_name(u64 id);

/* vm.c */
#define MEMORY32(address) (*(volatile u32 *)(memory + ((address) - MEMORY_BASE)))
#define MEMORY64(address) (*(volatile u64 *)(memory + ((address) - MEMORY_BASE)))
void vcpu_complete(struct vcpu *c);
void complete_access(int v);
void vm_renew(void);	/* a new VM with the same memory, and as many vCPUs */

/* gic.c */
bool makes_interrupts(const struct kvm_case *c);
void gic_create(void);
void gic_init(void);
int pulse(int v, int intid);
void gic_destroy(void);
struct gic_state { u32 pending, route[32]; };
void gic_save(struct gic_state *state);
void gic_restore(const struct gic_state *state);

/* saving.c */
int save_vm(const struct step *s);
int restore_vm(const struct step *s);
void forget_saved(void);

/* events.c */
int set_events(int v, u64 packed);
int get_events(int v, u64 *packed);
void print_events(struct text *t, u64 packed);

/* handler.c */
#define KIND_INTERRUPT 0x100	/* in the place of an exception class, which has six bits */
void install_handler(void);
int logged_kind(u64 esr);

/* program.c */
void load_program(int v, const struct step *s);
u32 encoding(const struct vcpu *c, int index);
int index_of(int v, u64 pc);

/* run.c */
void run_step(const struct step *s);

/* trace.c */
struct entry { u64 mdcr_el2, mdscr_el1; };
struct kvm_exit { int at; u32 ec; };
#define EXITS_MAX 512
struct trace {
	struct kvm_exit exits[EXITS_MAX];
	int nexits;
	struct entry entries[EXITS_MAX];
	int nentries;
};
extern bool traces_exits, traces_entries;
void trace_open(void);
void trace_clear(void);
void trace_read(int v, struct trace *t);
bool trace_shows_entries(void);
extern struct trace last_trace;

/* steps.c */
int get_reg_list(int v);		/* into `listed` */
extern struct kvm_reg_list *listed;	/* what the last reg_list gave */
extern u32 overwritten;			/* what the last poke_insn wrote over */

#endif
