// SPDX-License-Identifier: MIT
/* KVM_RUN, and what is seen of it afterwards. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "arm64.h"

#define RUN_SECONDS 3	/* then the guest is taken for stuck */
#define ANSWERS_MAX 10
#define EC_SVC 0x15

static const char *exit_name(int reason)
{
	static char other[16];

	switch (reason) {
	case KVM_EXIT_DEBUG: return "DEBUG";
	case KVM_EXIT_MMIO: return "MMIO";
	case KVM_EXIT_INTR: return "INTR";
	case KVM_EXIT_FAIL_ENTRY: return "FAIL_ENTRY";
	case KVM_EXIT_INTERNAL_ERROR: return "INTERNAL_ERROR";
	case KVM_EXIT_SYSTEM_EVENT: return "SYSTEM_EVENT";
	case KVM_EXIT_ARM_NISV: return "ARM_NISV";
	}
	snprintf(other, sizeof other, "%d", reason);
	return other;
}

static long switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw + usage.ru_nivcsw;
}

static int kvm_run(const struct vcpu *c)
{
	struct itimerval alarm = { .it_value = { RUN_SECONDS, 0 } }, off = { 0 };

	trace_clear();
	setitimer(ITIMER_REAL, &alarm, NULL);
	long before = switches();
	int ret = ioctl(c->fd, KVM_RUN, 0) ? -errno : 0;

	/* KVM put and loaded the vCPU. */
	if (switches() != before && ret != -EINTR)
		disturbed("the recorder's thread was scheduled away");
	setitimer(ITIMER_REAL, &off, NULL);
	return ret;
}

static void read_log(int v, struct outcome *o)
{
	struct vcpu *c = &vcpus[v];
	u64 end;

	get_reg(v, x_id(X_LOG), &end);
	int logged = (end - LOG_OF(v)) / 32;

	for (int k = c->logged; k < logged && o->ntaken < EXCEPTIONS_MAX; k++) {
		u64 entry = LOG_OF(v) + 32 * k, esr = MEMORY64(entry), elr = MEMORY64(entry + 8);
		int kind = logged_kind(esr), at = index_of(v, elr);

		/* ELR of an SVC is the instruction after it. */
		if (kind == EC_SVC && at > 0)
			at--;
		o->taken[o->ntaken++] = (struct taken){
			.at = at, .kind = kind, .syndrome = esr, .pc = elr,
			.far = MEMORY64(entry + 16), .flags = MEMORY64(entry + 24),
		};
	}
	c->logged = logged;
}

/* An MRS or STXR was executed if its register no longer holds what was put there; it is put there again. */
static void read_operands(int v, struct outcome *o)
{
	struct vcpu *c = &vcpus[v];

	for (int k = 0; k < c->length; k++) {
		const char *i = c->program[k].i;
		bool is_mrs = !strcmp(i, "mrs");
		u64 into = x_id(is_mrs ? c->xreg[k] : c->status[k]), x;

		if ((!is_mrs && strcmp(i, "stxr")) || get_reg(v, into, &x) || x == UNREAD)
			continue;
		o->executed[k] = true;
		o->got[k] = x;
		set_reg(v, into, UNREAD);
	}
}

static void run_once(const struct step *s, bool resume)
{
	int v = s->vcpu;
	struct vcpu *c = &vcpus[v];
	static struct outcome o;

	memset(&o, 0, sizeof o);
	o.resumed = resume;
	o.ret = kvm_run(c);
	int reason = c->run->exit_reason;

	o.hsr = c->run->debug.arch.hsr;
	o.far = c->run->debug.arch.far;
	o.value = c->run->mmio.phys_addr;
	get_reg(v, pc_id, &o.pc);
	get_reg(v, pstate_id, &o.flags);
	o.at = index_of(v, o.pc);
	o.exit = o.ret ? "ERROR" : exit_name(reason);
	c->ended = !o.ret && reason == KVM_EXIT_MMIO && o.at == c->length && o.value == END_ADDRESS;
	o.ended = c->ended;
	o.has_value = !o.ret && reason == KVM_EXIT_MMIO && !c->ended;
	read_operands(v, &o);
	read_log(v, &o);
	if (traces_exits)
		trace_read(v, &last_trace);
	emit(s, &o);
	/* The next program starts without an exit to answer. */
	if (c->ended)
		vcpu_complete(c);
	/* A guest that does not exit never will. */
	if (o.ret == -EINTR) {
		c->ended = true;
		stuck();
	}
}

void run_step(const struct step *s)
{
	struct vcpu *c = &vcpus[s->vcpu];
	struct step resumed = { .op = "run", .vcpu = s->vcpu, .line = s->line, .resume = true };

	if (!s->resume) {
		/* An MMIO exit without an answer would be answered by the new program's KVM_RUN. */
		for (int k = 0; k < ANSWERS_MAX && !c->ended && c->run->exit_reason == KVM_EXIT_MMIO; k++)
			run_once(&resumed, true);
		load_program(s->vcpu, s);
		run_once(s, false);
		return;
	}
	if (!c->has_program)
		cannot("vCPU %d has no program to go on with", s->vcpu);
	for (int k = 0; !c->ended && k < (s->until_end ? s->until_end : 1); k++)
		run_once(&resumed, true);
}
