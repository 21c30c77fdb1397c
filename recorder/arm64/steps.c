// SPDX-License-Identifier: MIT
/* The steps of a case on arm64, and their lines in a recording. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

#include "arm64.h"

const char *const arch_name = "arm64";
const struct control_bit control_bits[] = {
	{ "ENABLE", KVM_GUESTDBG_ENABLE },
	{ "SINGLESTEP", KVM_GUESTDBG_SINGLESTEP },
	{ "USE_SW_BP", KVM_GUESTDBG_USE_SW_BP },
	{ "USE_HW", KVM_GUESTDBG_USE_HW },
	{ NULL, 0 },
};
static const struct control_bit capabilities[] = {
	{ "KVM_CAP_ONE_REG", KVM_CAP_ONE_REG },
	{ "KVM_CAP_SET_GUEST_DEBUG", KVM_CAP_SET_GUEST_DEBUG },
	{ "KVM_CAP_GUEST_DEBUG_HW_BPS", KVM_CAP_GUEST_DEBUG_HW_BPS },
	{ "KVM_CAP_GUEST_DEBUG_HW_WPS", KVM_CAP_GUEST_DEBUG_HW_WPS },
	{ "KVM_CAP_SET_GUEST_DEBUG2", KVM_CAP_SET_GUEST_DEBUG2 },
	{ NULL, 0 },
};

static u64 dfr0;
struct kvm_reg_list *listed;
u32 overwritten;

void arch_open(void)
{
	static const struct kvm_case empty = { .name = "", .about = "", .vcpus = 1 };

	trace_open();
	trace_clear();
	vm_create(&empty);
	get_reg(0, sysreg_id(find_sysreg("ID_AA64DFR0_EL1")), &dfr0);
	vm_destroy();
	traces_entries = trace_shows_entries();
}

void arch_counts(int *brps, int *ctx, int *wrps)
{
	*brps = (dfr0 >> 12 & 15) + 1;
	*ctx = (dfr0 >> 28 & 15) + 1;
	*wrps = (dfr0 >> 20 & 15) + 1;
}

void arch_header(struct text *t)
{
	struct utsname kernel;
	int brps, ctx, wrps;

	uname(&kernel);
	arch_counts(&brps, &ctx, &wrps);
	text_string(t, "kernel", kernel.release);
	text_string(t, "version", kernel.version);
	text_string(t, "cpu", cpu_name);
	text_number(t, "brps", brps);
	text_number(t, "ctx", ctx);
	text_number(t, "wrps", wrps);
}

static int set_guest_debug(const struct step *s)
{
	struct kvm_guest_debug debug = { .control = s->control };

	memcpy(debug.arch.dbg_bcr, s->bcr, sizeof s->bcr);
	memcpy(debug.arch.dbg_bvr, s->bvr, sizeof s->bvr);
	memcpy(debug.arch.dbg_wcr, s->wcr, sizeof s->wcr);
	memcpy(debug.arch.dbg_wvr, s->wvr, sizeof s->wvr);
	return ioctl(vcpus[s->vcpu].fd, KVM_SET_GUEST_DEBUG, &debug) ? -errno : 0;
}

int get_reg_list(int v)
{
	struct kvm_reg_list count = { 0 };

	ioctl(vcpus[v].fd, KVM_GET_REG_LIST, &count);
	listed = lasting(sizeof *listed + count.n * sizeof *listed->reg);
	listed->n = count.n;
	return ioctl(vcpus[v].fd, KVM_GET_REG_LIST, listed) ? -errno : 0;
}

static u64 check_extension(const char *name)
{
	for (const struct control_bit *c = capabilities; c->name; c++)
		if (name && !strcmp(c->name, name))
			return ioctl(kvm_fd, KVM_CHECK_EXTENSION, c->bit);
	cannot("the recorder has no capability %s", name ? name : "without a name");
}

/* Userspace writes an instruction over one of the program. */
static void poke(const struct step *s)
{
	if (s->addr < MEMORY_BASE || s->addr > MEMORY_BASE + MEMORY_SIZE - 4)
		cannot("there is no guest memory at %#llx", (unsigned long long)s->addr);
	overwritten = MEMORY32(s->addr);
	MEMORY32(s->addr) = s->insn;
}

void perform(const struct step *s)
{
	static struct outcome o;
	int v = s->vcpu;

	memset(&o, 0, sizeof o);
	if (!strcmp(s->op, "run")) {
		run_step(s);
		return;
	}
	if (!strcmp(s->op, "user_set")) {
		o.ret = set_reg(v, sysreg_id(find_sysreg(s->reg)), s->value);
	} else if (!strcmp(s->op, "user_get")) {
		o.ret = get_reg(v, sysreg_id(find_sysreg(s->reg)), &o.value);
		o.has_value = !o.ret;
	} else if (!strcmp(s->op, "guest_debug")) {
		o.ret = set_guest_debug(s);
	} else if (!strcmp(s->op, "check_extension")) {
		o.value = check_extension(s->name);
		o.has_value = true;
	} else if (!strcmp(s->op, "reg_list")) {
		o.ret = get_reg_list(v);
	} else if (!strcmp(s->op, "vcpu_init")) {
		o.ret = ioctl(vcpus[v].fd, KVM_ARM_VCPU_INIT, &vcpu_features) ? -errno : 0;
		/* Its PC is 0. */
		vcpus[v].ended = true;
	} else if (!strcmp(s->op, "set_pc")) {
		o.ret = set_reg(v, pc_id, s->value);
	} else if (!strcmp(s->op, "save")) {
		o.ret = save_vm(s);
	} else if (!strcmp(s->op, "restore")) {
		o.ret = restore_vm(s);
	} else if (!strcmp(s->op, "complete_access")) {
		complete_access(v);
	} else if (!strcmp(s->op, "irq_line")) {
		o.ret = pulse(v, s->intid);
	} else if (!strcmp(s->op, "set_vcpu_events")) {
		o.ret = set_events(v, s->events);
	} else if (!strcmp(s->op, "get_vcpu_events")) {
		o.ret = get_events(v, &o.value);
		o.has_value = !o.ret;
	} else if (!strcmp(s->op, "poke_insn")) {
		poke(s);
	} else if (!strcmp(s->op, "pin")) {
		pin_to(s->cpu);
	} else if (strcmp(s->op, "note")) {
		cannot("the recorder has no step %s", s->op);
	}
	emit(s, &o);
}
