/* SPDX-License-Identifier: MIT */
/* What the files of the recorder have in common. */
#ifndef RECORDER_H
#define RECORDER_H

#include "case.h"
#include "text.h"

#define EXCEPTIONS_MAX 256

/* An exception that the guest took itself, as its handler logged it. */
struct taken {
	int at;			/* index of the instruction; -1: outside the program */
	bool in_handler;
	u64 syndrome;		/* arm64: ESR_EL1; x86: error code */
	int kind;		/* arm64: exception class; x86: vector */
	u64 pc, flags;		/* ELR_EL1 and SPSR_EL1; RIP and RFLAGS */
	u64 far, dr6, dr7;
};

struct kvm_run;

/* What a step did. */
struct outcome {
	int ret;		/* 0 or a negated errno */
	bool has_value;
	u64 value;

	/* run */
	bool resumed;
	bool ended;		/* the program has come to its end */
	const char *exit;
	int at;
	u64 pc, flags;
	struct taken taken[EXCEPTIONS_MAX];
	int ntaken;
	bool executed[PROGRAM_MAX];	/* reads that were executed in this run */
	u64 got[PROGRAM_MAX];
	bool in_handler;	/* x86: the PC is in the guest's handler */
	struct kvm_run *run;	/* x86: the exit's own data */
	u64 exit_pc, dr6, dr7, far;	/* of a debug exit */
	u32 exception, hsr;
	bool debug_repeated;

	/* get_debugregs */
	u64 db[4], flags_out;

	/* host_touch */
	u64 hits[4];
	bool counted[4];
};

/* A case is given up: the machine or its kernel cannot do it. */
void cannot(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* The recorder itself cannot go on. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern const char *cpu_name;	/* what the header calls the CPU */
extern const char *cpu_model;	/* name of a hardware model of dregs; NULL if the header has none */
extern int ncpus;		/* host CPUs that are online */
extern void (*before_failing)(void);
extern int failure_status;	/* of the program, where nothing can be recorded */
void machine_open(void);
void pin_to(int cpu);
void *lasting(u64 size);	/* zeroed memory that is kept until the end */

/* takes.c: performs a case until two takes agree */
typedef void observer(const struct kvm_case *c, int step, const struct outcome *o);
int record(const struct kvm_case *c, struct text *recording, observer *observe);
/* Emits the line of a step that was done. */
void emit(const struct step *s, const struct outcome *o);
/* The take has been disturbed by the host, and is done again. */
void disturbed(const char *why);
/* The guest does not exit: an alarm ended KVM_RUN. */
void stuck(void);

/* Each architecture's own. */
extern const char *const arch_name;
struct control_bit { const char *name; u32 bit; };
extern const struct control_bit control_bits[];	/* up to one without name */
/* A member of KVM_SET_VCPU_EVENTS by its name goes to a packed word; false if there is none. */
bool event_of(const char *name, u64 value, u64 *packed);
void arch_open(void);
void arch_counts(int *brps, int *ctx, int *wrps);	/* 0 where the architecture has none of them */
void arch_header(struct text *t);
void vm_create(const struct kvm_case *c);
void vm_destroy(void);
void perform(const struct step *s);
void print_control(struct text *t, u32 control);
void print_step(struct text *t, const struct step *s, const struct outcome *o);

/* init.c: the first process of an initramfs */
bool is_init(void);
void init_begin(void);
void init_run_tests(void);
void init_end(void) __attribute__((noreturn));

#endif
