// SPDX-License-Identifier: MIT
/* KVM_RUN, and what is seen of it afterwards. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "x86.h"

#define RUN_SECONDS 20	/* then the guest is taken for stuck; an emulated host is slow */
#define ANSWERS_MAX 10

static const char *exit_name(int reason)
{
	switch (reason) {
	case KVM_EXIT_DEBUG: return "DEBUG";
	case KVM_EXIT_IO: return "IO";
	case KVM_EXIT_HLT: return "HLT";
	case KVM_EXIT_MMIO: return "MMIO";
	case KVM_EXIT_IRQ_WINDOW_OPEN: return "IRQ_WINDOW_OPEN";
	case KVM_EXIT_SHUTDOWN: return "SHUTDOWN";
	case KVM_EXIT_INTERNAL_ERROR: return "INTERNAL_ERROR";
	case KVM_EXIT_FAIL_ENTRY: return "FAIL_ENTRY";
	case KVM_EXIT_INTR: return "INTR";
	}
	return "OTHER";
}

/* Userspace answers an access. */
static bool asks(int reason)
{
	return reason == KVM_EXIT_IO || reason == KVM_EXIT_MMIO;
}

static void list_registers(struct kvm_regs *g, __u64 *list[16])
{
	__u64 *all[16] = {
		&g->rax, &g->rcx, &g->rdx, &g->rbx, &g->rsp, &g->rbp, &g->rsi, &g->rdi,
		&g->r8, &g->r9, &g->r10, &g->r11, &g->r12, &g->r13, &g->r14, &g->r15,
	};

	memcpy(list, all, sizeof all);
}

/* KVM hides TF in what KVM_GET_REGS gives. */
static bool hides_tf(const struct vcpu *c)
{
	const u32 both = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;

	return (c->debug.control & both) == both;
}

/* KVM_SET_REGS to another RIP loses the TF of SINGLESTEP and drops an injected exception. */
static bool needs_repeat(const struct vcpu *c)
{
	const u32 lost = KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_INJECT_DB | KVM_GUESTDBG_INJECT_BP;

	return (c->debug.control & KVM_GUESTDBG_ENABLE) && (c->debug.control & lost);
}

/* The MSRs of SYSCALL: to CPL 0 with the segments that the guest has. */
static void set_system_call(const struct vcpu *c)
{
	struct kvm_msr_entry entries[] = {
		{ .index = 0xc0000081, .data = (u64)(USER_DATA - 8) << 48 | (u64)KERNEL_CODE << 32 },
		{ .index = 0xc0000082, .data = c->lstar },
		{ .index = 0xc0000084, .data = c->fmask },
	};
	int ret = transfer_msrs(c->fd, true, entries, sizeof entries / sizeof *entries);

	if (ret)
		cannot("KVM_SET_MSRS: %s", strerror(-ret));
}

static void start_program(const struct step *s, struct outcome *o)
{
	struct vcpu *c = &vcpus[s->vcpu];
	struct kvm_regs g = { 0 };
	__u64 *list[16];

	load_program(s->vcpu, s);
	if (c->lstar || c->returns)
		set_system_call(c);
	set_level(s->vcpu, s->cpl);
	/* It may end at another level, or in the handler. */
	if (c->lstar || c->returns || s->cpl)
		c->cpl = -1;
	list_registers(&g, list);
	for (int r = 0; r < 16; r++)
		*list[r] = c->reg[r];
	g.rsp = STACK_OF(s->vcpu);
	g.rip = c->place[0].start;
	g.rflags = s->flags_in ? s->flags_in : RFLAGS_FIXED;
	if (ioctl(c->fd, KVM_SET_REGS, &g))
		cannot("KVM_SET_REGS: %s", strerror(errno));
	if (s->repeat_debug && needs_repeat(c)) {
		if (ioctl(c->fd, KVM_SET_GUEST_DEBUG, &c->debug))
			cannot("KVM_SET_GUEST_DEBUG once more: %s", strerror(errno));
		o->debug_repeated = true;
	}
}

/* In the order in which the handler was done with them. */
static void read_log(int v, struct outcome *o)
{
	struct vcpu *c = &vcpus[v];
	struct log_head *log = (struct log_head *)(memory + LOG_OF(v));

	while (c->logged < log->done && o->ntaken < EXCEPTIONS_MAX) {
		struct log_entry *e = NULL;

		for (u64 k = 0; k < log->count && k < LOGGED_MAX; k++) {
			struct log_entry *other = (void *)(memory + LOG_OF(v) + LOG_ENTRIES + LOG_ENTRY_SIZE * k);

			if (other->order == c->logged + 1)
				e = other;
		}
		if (!e)
			return;
		c->logged++;

		int at = index_of(v, e->rip);

		o->taken[o->ntaken++] = (struct taken){
			.at = at, .in_handler = at < 0 && e->rip >= HANDLER_OF(v) && e->rip < LOG_OF(v),
			.kind = e->vector, .syndrome = e->error, .pc = e->rip, .flags = e->rflags,
			.dr6 = e->dr6, .dr7 = e->dr7,
		};
	}
}

static void read_operands(int v, struct kvm_regs *g, struct outcome *o)
{
	struct vcpu *c = &vcpus[v];
	__u64 *list[16];

	list_registers(g, list);
	for (int k = 0; k < c->length; k++) {
		struct place *p = &c->place[k];

		if (p->reg < 0 || p->was_read)
			continue;

		bool is_msr = is(&c->program[k], "rdmsr");
		u64 value = *list[p->reg];

		/* RDMSR clears bits 63:32. */
		if (is_msr ? (value ^ UNREAD) >> 32 == 0 : value == UNREAD)
			continue;
		p->was_read = o->executed[k] = true;
		o->got[k] = is_msr ? g->rdx << 32 | (u32)value : value;
	}
}

static void read_exit(int v, struct outcome *o)
{
	struct vcpu *c = &vcpus[v];
	int reason = c->run->exit_reason;
	u64 reported = o->pc;

	o->exit = o->ret ? "ERRNO" : exit_name(reason);
	o->run = c->run;
	if (!o->ret && reason == KVM_EXIT_DEBUG) {
		o->exception = c->run->debug.arch.exception;
		o->exit_pc = reported = c->run->debug.arch.pc;
		o->dr6 = c->run->debug.arch.dr6;
		o->dr7 = c->run->debug.arch.dr7;
	}
	if (!o->ret && (reason == KVM_EXIT_IO || reason == KVM_EXIT_MMIO)) {
		o->has_value = true;
		o->value = reason == KVM_EXIT_IO ? c->run->io.port : c->run->mmio.phys_addr;
	}
	if (!o->ret && reason == KVM_EXIT_HLT)
		reported--;
	o->at = index_of(v, reported);
	o->in_handler = o->at < 0 && reported >= HANDLER_OF(v) && reported < LOG_OF(v);
	/* Its HLT exited, or it was stepped past it. A guest that does not exit never will. */
	c->ended = (!o->ret && reason == KVM_EXIT_HLT) || o->ret == -EINTR ||
		   (reported >= c->place[c->length - 1].end && reported < CODE_OF(v) + 0x10000);
	o->ended = c->ended;
	if (o->ret == -EINTR)
		stuck();
}

static void run_once(const struct step *s, bool resume)
{
	static struct outcome o;
	struct itimerval alarm = { .it_interval = { 5, 0 }, .it_value = { RUN_SECONDS, 0 } }, off = { 0 };
	struct vcpu *c = &vcpus[s->vcpu];
	struct kvm_regs g;

	memset(&o, 0, sizeof o);
	o.resumed = resume;
	pin_to(s->cpu);
	if (!resume)
		start_program(s, &o);
	setitimer(ITIMER_REAL, &alarm, NULL);
	o.ret = ioctl(c->fd, KVM_RUN, 0) ? -errno : 0;
	setitimer(ITIMER_REAL, &off, NULL);
	c->run->request_interrupt_window = 0;
	int reason = c->run->exit_reason;

	c->asks = asks(reason);
	c->can_resume = c->asks || reason == KVM_EXIT_DEBUG || reason == KVM_EXIT_IRQ_WINDOW_OPEN;
	if (ioctl(c->fd, KVM_GET_REGS, &g))
		cannot("KVM_GET_REGS: %s", strerror(errno));
	o.pc = g.rip;
	o.flags = g.rflags;
	bool was_in_handler = leave_handler(s->vcpu, &g);

	/* The HLT at the end of a program at CPL 3, which its #GP's handler has executed. */
	if (was_in_handler && !o.ret && reason == KVM_EXIT_HLT) {
		o.pc = c->place[c->length - 1].end;
		o.flags = g.rflags & ~(RFLAGS_RF | (hides_tf(c) ? RFLAGS_TF : 0));
	}
	read_operands(s->vcpu, &g, &o);
	read_log(s->vcpu, &o);
	read_exit(s->vcpu, &o);
	emit(s, &o);
}

/* KVM_RUN with immediate_exit: accesses are completed, and the guest does not run. */
void complete_access(int v)
{
	struct vcpu *c = &vcpus[v];

	for (int k = 0; k < ANSWERS_MAX && c->asks; k++) {
		c->run->immediate_exit = 1;
		/* An instruction can have another access. */
		c->asks = !ioctl(c->fd, KVM_RUN, 0) && asks(c->run->exit_reason);
		c->run->immediate_exit = 0;
	}
}

void run_step(const struct step *s)
{
	struct vcpu *c = &vcpus[s->vcpu];
	struct step resumed = { .op = "run", .vcpu = s->vcpu, .cpu = s->cpu, .line = s->line, .resume = true };

	if (s->resume) {
		if (!c->has_program)
			cannot("vCPU %d has no program to go on with", s->vcpu);
		if (!s->until_end && !c->ended)
			run_once(&resumed, true);
		for (int k = 0; k < s->until_end && !c->ended && c->can_resume; k++)
			run_once(&resumed, true);
		return;
	}
	/* An access without an answer would be answered by the new program's KVM_RUN. */
	for (int k = 0; k < ANSWERS_MAX && !c->ended && c->asks; k++)
		run_once(&resumed, true);
	run_once(s, false);
}
