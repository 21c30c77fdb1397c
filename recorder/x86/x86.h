/* SPDX-License-Identifier: MIT */
/* What the x86 files of the recorder have in common. */
#ifndef X86_H
#define X86_H

#include <linux/kvm.h>

#include "../recorder.h"

/* Guest memory, mapped one to one: what programs say is theirs, a region for each vCPU, page tables and GDT. */
#define MEMORY_SIZE (8u << 20)
#define TABLES 0x700000
#define PML4 TABLES
#define PDPT (TABLES + 0x1000)
#define PD (TABLES + 0x2000)
#define GDT (TABLES + 0x3000)
#define REGION_OF(v) (0x100000u * (1 + (v)))
#define IDT_OF(v) REGION_OF(v)
#define HANDLER_OF(v) (REGION_OF(v) + 0x1000)
#define LOG_OF(v) (REGION_OF(v) + 0x2000)
#define TABLE_OF(v) (REGION_OF(v) + 0x3000)
#define TSS_OF(v) (REGION_OF(v) + 0x4000)
#define KERNEL_STACK_OF(v) (REGION_OF(v) + 0x7000)	/* of exceptions at CPL 3 */
#define STACK_OF(v) (REGION_OF(v) + 0x8000)
#define CODE_OF(v) (REGION_OF(v) + 0x10000)
/* The page of kvm_run, where a case asks for it: see request_window. */
#define RUN_PAGE_OF(v) (0x1000000u + 0x1000 * (v))

#define RFLAGS_FIXED 2
#define RFLAGS_RF 0x10000
#define RFLAGS_TF 0x100
#define UNREAD 0xdeadbeefdeadbeefull
#define CR4_PAE 0x20ull
#define LOGGED_MAX 24	/* exceptions; then the handler gives up with OUT to port 0xe2 */

/* The log of the guest's handler: a head, then an entry an exception. */
struct log_head { u64 count, steps_left, done; };
struct log_entry { u64 vector, error, rip, rflags, dr6, dr7, order; };
#define LOG_ENTRIES 0x40
#define LOG_ENTRY_SIZE 0x40

/* Where an instruction of the program is. `start` differs from `pc` where it is two instructions. */
struct place {
	u64 start, pc, end;
	int reg;	/* that a read reads into; -1 if none */
	bool was_read;
};

struct vcpu {
	int fd;
	struct kvm_run *run;
	struct insn program[PROGRAM_MAX + 1];
	struct place place[PROGRAM_MAX + 1];
	int length;
	bool has_program;
	bool ended;
	bool asks;		/* KVM_RUN has returned for an access that userspace answers */
	bool can_resume;	/* KVM_RUN would go on with the guest, or with such an access */
	u64 reg[16];
	u64 lstar, fmask;	/* of syscall; lstar 0: the program has none */
	bool returns;		/* it has a sysret */
	int cpl;		/* that the last program started at; -1: not known, it may have left it */
	u64 logged;
	int steps_left;		/* of set_tf */
	struct kvm_guest_debug debug;	/* the last that was not refused */
};

extern struct vcpu vcpus[VCPUS_MAX];
extern u8 *memory;
extern int nvcpus, kvm_fd, vm_fd;

/* Selectors. SYSCALL and SYSRET have the others from that of CPL 0's code, and from 8 below that of CPL 3's data. */
#define KERNEL_CODE 8
#define KERNEL_DATA 0x10
#define USER_DATA 0x23
#define USER_CODE 0x2b

/* vm.c */
void set_level(int v, int cpl);
void vcpu_open(int v);
void vcpu_close(struct vcpu *c);
void vm_renew(void);	/* a new VM with the same memory, and as many vCPUs */

/* handler.c */
void install_handler(int v);
bool leave_handler(int v, struct kvm_regs *g);

/* encode.c */
#define RAX 0
#define RCX 1
#define RDX 2
#define RSI 6
#define RDI 7
#define RBX 3
#define R11 11
struct encoder {
	struct vcpu *c;
	int v;
	u8 *bytes;
	int length;
	int prefix;		/* bytes of an instruction before the one that counts */
	int high, low;		/* registers of each pool that are taken */
	bool shared[16];	/* only read: others with this value may use it */
	u32 kept;		/* registers that instructions need for themselves, a bit each */
	u32 given;		/* of those, the ones with a value from the start of the program */
	int cpl;
	int reads_msr;		/* RDMSRs so far */
	int popped;
	bool has_syscall;
};
bool is_string(const struct insn *o);
bool port_in_dx(const struct insn *o);
#define MSR_DEBUGCTL 0x1d9
bool accesses_msr(const struct insn *o);
void encode(struct encoder *e, const struct insn *o, struct place *p);

/* program.c */
void load_program(int v, const struct step *s);
int index_of(int v, u64 pc);

/* run.c */
void run_step(const struct step *s);
void complete_access(int v);

/* events.c */
int set_events(int v, u64 packed);
int get_events(int v, u64 *packed);
void print_events(struct text *t, u64 packed);
int enable_capability(const char *name);
void enable_capabilities_again(void);
void forget_capabilities(void);

/* saving.c */
int save_vm(const struct step *s);
int restore_vm(const struct step *s);
void forget_saved(void);
/* KVM_GET_MSRS or KVM_SET_MSRS; 0, or a negated errno: ENOENT where KVM does not have one. */
int transfer_msrs(int fd, bool sets, struct kvm_msr_entry *entries, int count);

/* host_breakpoints.c */
void host_breakpoints_clear(void);
int host_breakpoint(const struct step *s);
void host_touch(const struct step *s, struct outcome *o);

#endif
