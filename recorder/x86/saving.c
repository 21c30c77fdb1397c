// SPDX-License-Identifier: MIT
/* Save and restore of the whole VM: a VMM's GET ioctls in its order, then its SET ioctls on the vCPUs of a new VM. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "x86.h"

#define SAVED_MAX 4
#define MSR_INDICES_MAX 2048

/* Parts of a vCPU: R regs, S sregs, E vcpu_events, D debugregs, M msrs. */
static const struct vmm {
	const char *name;
	const char *gets, *sets;
	u32 dropped;		/* flags of KVM_SET_VCPU_EVENTS that it never sets */
	bool lists_debugctl;	/* it gets DEBUGCTL, where KVM lists it */
} vmms[] = {
	{ "qemu", "ERSMD", "SRMED", KVM_VCPUEVENT_VALID_SHADOW, false },
	{ "firecracker", "RSDME", "RSDME", 0, true },
	{ "cloud-hypervisor", "RSME", "RSME", 0, true },
	{ NULL, NULL, NULL, 0, false },
};

/* The MSRs of SYSCALL, which a program has set, and DEBUGCTL. */
static const u32 msr_index[] = { 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, MSR_DEBUGCTL };
#define MSRS (sizeof msr_index / sizeof *msr_index)

static struct saved {
	char name[64];
	const struct vmm *vmm;
	u8 *memory;
	struct saved_vcpu {
		struct vcpu vcpu;
		struct kvm_regs regs;
		struct kvm_sregs sregs;
		struct kvm_vcpu_events events;
		struct kvm_debugregs debugregs;
		struct kvm_msr_entry msr[MSRS];
		int msrs;
	} vcpu[VCPUS_MAX];
} saved[SAVED_MAX];

static const struct vmm *vmm_named(const char *name)
{
	const struct vmm *vmm = vmms;

	while (name && vmm->name && strcmp(vmm->name, name))
		vmm++;
	if (!vmm->name)
		cannot("the recorder has no VMM %s", name);
	return vmm;
}

/* KVM lists DEBUGCTL among the MSRs to save. */
static bool debugctl_is_listed(void)
{
	struct kvm_msr_list *list = calloc(1, sizeof *list + MSR_INDICES_MAX * sizeof *list->indices);
	bool found = false;

	if (!list)
		cannot("there is no memory");
	list->nmsrs = MSR_INDICES_MAX;
	if (!ioctl(kvm_fd, KVM_GET_MSR_INDEX_LIST, list))
		for (u32 k = 0; k < list->nmsrs; k++)
			found |= list->indices[k] == MSR_DEBUGCTL;
	free(list);
	return found;
}

static void name_msrs(struct saved_vcpu *s, const struct vmm *vmm)
{
	s->msrs = vmm->lists_debugctl && debugctl_is_listed() ? MSRS : MSRS - 1;
	for (unsigned k = 0; k < MSRS; k++)
		s->msr[k] = (struct kvm_msr_entry){ .index = msr_index[k] };
}

int transfer_msrs(int fd, bool sets, struct kvm_msr_entry *entries, int count)
{
	u64 size = count * sizeof *entries;
	struct kvm_msrs *msrs = calloc(1, sizeof *msrs + size);

	if (!msrs)
		cannot("there is no memory");
	msrs->nmsrs = count;
	memcpy(msrs->entries, entries, size);

	int done = ioctl(fd, sets ? KVM_SET_MSRS : KVM_GET_MSRS, msrs), why = errno;

	memcpy(entries, msrs->entries, size);
	free(msrs);
	return done == count ? 0 : done < 0 ? -why : -ENOENT;
}

/* KVM_GET_… or KVM_SET_… of one part; 0, or a negated errno. */
static int transfer(int fd, char part, bool sets, struct saved_vcpu *s)
{
	int ret = 0;

	switch (part) {
	case 'R': ret = ioctl(fd, sets ? KVM_SET_REGS : KVM_GET_REGS, &s->regs); break;
	case 'S': ret = ioctl(fd, sets ? KVM_SET_SREGS : KVM_GET_SREGS, &s->sregs); break;
	case 'E': ret = ioctl(fd, sets ? KVM_SET_VCPU_EVENTS : KVM_GET_VCPU_EVENTS, &s->events); break;
	case 'D': ret = ioctl(fd, sets ? KVM_SET_DEBUGREGS : KVM_GET_DEBUGREGS, &s->debugregs); break;
	case 'M': return transfer_msrs(fd, sets, s->msr, s->msrs);
	}
	return ret ? -errno : 0;
}

static struct saved *saved_as(const char *name)
{
	for (int k = 0; k < SAVED_MAX; k++)
		if (saved[k].memory && !strcmp(saved[k].name, name))
			return &saved[k];
	return NULL;
}

int save_vm(const struct step *s)
{
	struct saved *into = s->name ? saved_as(s->name) : NULL;

	if (!s->name || strlen(s->name) >= sizeof into->name)
		cannot("save has no name, or a long one");
	for (int k = 0; !into && k < SAVED_MAX; k++)
		if (!saved[k].memory)
			into = &saved[k];
	if (!into)
		cannot("more than %d VMs are saved", SAVED_MAX);
	for (int v = 0; v < nvcpus; v++)
		complete_access(v);
	strcpy(into->name, s->name);
	into->vmm = vmm_named(s->vmm ? s->vmm : "qemu");
	for (int v = 0; v < nvcpus; v++) {
		struct saved_vcpu *one = &into->vcpu[v];

		name_msrs(one, into->vmm);
		for (const char *part = into->vmm->gets; *part; part++) {
			int ret = transfer(vcpus[v].fd, *part, false, one);

			if (ret)
				return ret;
		}
		one->events.flags &= ~into->vmm->dropped;
		one->vcpu = vcpus[v];
	}
	if (!into->memory)
		into->memory = malloc(MEMORY_SIZE);
	if (!into->memory)
		cannot("there is no memory");
	memcpy(into->memory, memory, MEMORY_SIZE);
	return 0;
}

int restore_vm(const struct step *s)
{
	struct saved *from = s->name ? saved_as(s->name) : NULL;

	if (!from)
		cannot("nothing is saved as %s", s->name ? s->name : "nothing");
	for (int v = 0; v < nvcpus; v++)
		complete_access(v);
	vm_renew();
	enable_capabilities_again();
	memcpy(memory, from->memory, MEMORY_SIZE);
	for (int v = 0; v < nvcpus; v++) {
		struct saved_vcpu *one = &from->vcpu[v];
		struct vcpu *c = &vcpus[v];
		int fd = c->fd;
		struct kvm_run *run = c->run;

		*c = one->vcpu;
		c->fd = fd;
		c->run = run;
		memset(&c->debug, 0, sizeof c->debug);
		for (const char *part = from->vmm->sets; *part; part++) {
			int ret = transfer(fd, *part, true, one);

			if (ret)
				return ret;
		}
	}
	return 0;
}

void forget_saved(void)
{
	for (int k = 0; k < SAVED_MAX; k++) {
		free(saved[k].memory);
		saved[k].memory = NULL;
	}
}
