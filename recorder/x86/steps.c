// SPDX-License-Identifier: MIT
/* The steps of a case on x86. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "x86.h"

const char *const arch_name = "x86";
const struct control_bit control_bits[] = {
	{ "ENABLE", KVM_GUESTDBG_ENABLE },
	{ "SINGLESTEP", KVM_GUESTDBG_SINGLESTEP },
	{ "USE_SW_BP", KVM_GUESTDBG_USE_SW_BP },
	{ "USE_HW_BP", KVM_GUESTDBG_USE_HW_BP },
	{ "INJECT_DB", KVM_GUESTDBG_INJECT_DB },
	{ "INJECT_BP", KVM_GUESTDBG_INJECT_BP },
	/* KVM_GUESTDBG_BLOCKIRQ, since Linux 5.16; the recordings have the bit of before. */
	{ "BLOCKIRQ", 1u << 20 },
	{ NULL, 0 },
};

/* Whose KVM it is: amd, intel, or what another module of KVM is called (pvm). */
static const char *vendor = "other";

static bool has_module(const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/module/kvm_%s", name);
	return !access(path, F_OK);
}

/* The CPU alone does not say it: KVM has modules that use neither extension. */
static const char *find_vendor(void)
{
	static char other[32];
	struct dirent *entry;
	DIR *modules;

	if (has_module("amd"))
		return "amd";
	if (has_module("intel"))
		return "intel";
	modules = opendir("/sys/module");
	while (modules && (entry = readdir(modules)))
		if (sscanf(entry->d_name, "kvm_%31s", other) == 1)
			break;
	if (modules)
		closedir(modules);
	return *other ? other : vendor;
}

void arch_open(void)
{
	static const struct kvm_case empty = { .name = "", .about = "", .vcpus = 1 };

	vendor = find_vendor();
	vm_create(&empty);
	vm_destroy();
}

void arch_counts(int *brps, int *ctx, int *wrps)
{
	*brps = *ctx = *wrps = 0;
}

void arch_header(struct text *t)
{
	struct utsname kernel;

	uname(&kernel);
	text_string(t, "vendor", vendor);
	text_string(t, "kernel", kernel.release);
	text_string(t, "version", kernel.version);
	text_string(t, "cpu", cpu_name);
}

static int set_debugregs(const struct step *s)
{
	struct kvm_debugregs r = {
		.db = { s->db[0], s->db[1], s->db[2], s->db[3] },
		.dr6 = s->dr6, .dr7 = s->dr7, .flags = s->flags,
	};

	return ioctl(vcpus[s->vcpu].fd, KVM_SET_DEBUGREGS, &r) ? -errno : 0;
}

static int get_debugregs(int v, struct outcome *o)
{
	struct kvm_debugregs r;

	/* What KVM leaves alone shows. */
	memset(&r, 0xa5, sizeof r);
	int ret = ioctl(vcpus[v].fd, KVM_GET_DEBUGREGS, &r) ? -errno : 0;

	for (int k = 0; k < 4; k++)
		o->db[k] = r.db[k];
	o->dr6 = r.dr6;
	o->dr7 = r.dr7;
	o->flags_out = r.flags;
	return ret;
}

static int set_guest_debug(const struct step *s)
{
	struct kvm_guest_debug debug = { .control = s->control };

	memcpy(debug.arch.debugreg, s->debugreg, sizeof s->debugreg);
	int ret = ioctl(vcpus[s->vcpu].fd, KVM_SET_GUEST_DEBUG, &debug) ? -errno : 0;

	if (!ret)
		vcpus[s->vcpu].debug = debug;
	return ret;
}

void perform(const struct step *s)
{
	static struct outcome o;

	memset(&o, 0, sizeof o);
	if (!strcmp(s->op, "run")) {
		run_step(s);
		return;
	}
	if (!strcmp(s->op, "set_debugregs"))
		o.ret = set_debugregs(s);
	else if (!strcmp(s->op, "get_debugregs"))
		o.ret = get_debugregs(s->vcpu, &o);
	else if (!strcmp(s->op, "guest_debug"))
		o.ret = set_guest_debug(s);
	else if (!strcmp(s->op, "host_bp"))
		o.ret = host_breakpoint(s);
	else if (!strcmp(s->op, "host_touch"))
		host_touch(s, &o);
	else if (!strcmp(s->op, "enable_cap"))
		o.ret = enable_capability(s->name);
	else if (!strcmp(s->op, "set_vcpu_events"))
		o.ret = set_events(s->vcpu, s->events);
	else if (!strcmp(s->op, "get_vcpu_events"))
		o.ret = get_events(s->vcpu, &o.value);
	else if (!strcmp(s->op, "complete_access"))
		complete_access(s->vcpu);
	else if (!strcmp(s->op, "save"))
		o.ret = save_vm(s);
	else if (!strcmp(s->op, "restore"))
		o.ret = restore_vm(s);
	else if (strcmp(s->op, "note"))
		cannot("the recorder has no step %s", s->op);
	o.has_value = !strcmp(s->op, "get_vcpu_events") && !o.ret;
	emit(s, &o);
}
