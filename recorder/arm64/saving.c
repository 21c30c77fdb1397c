// SPDX-License-Identifier: MIT
/*
 * Save and restore of the whole VM, as QEMU does it: the registers of KVM_GET_REG_LIST, the events, and of the GIC what is
 * pending; then the same, in the order of the list, on the vCPUs of a new VM.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arm64.h"

#define SAVED_MAX 4
#define REGISTER_BYTES 256	/* the largest: one of SVE */

struct saved_register { u64 id; u8 value[REGISTER_BYTES]; };

static struct saved {
	char name[64];
	u8 *memory;
	struct gic_state gic;
	struct saved_vcpu {
		struct vcpu vcpu;
		struct saved_register *registers;
		u64 count, events;
		bool has_events;
	} vcpu[VCPUS_MAX];
} saved[SAVED_MAX];

static struct saved *saved_as(const char *name)
{
	for (int k = 0; name && k < SAVED_MAX; k++)
		if (saved[k].memory && !strcmp(saved[k].name, name))
			return &saved[k];
	return NULL;
}

static struct saved *new_saved(const char *name)
{
	if (!name || strlen(name) >= sizeof saved->name)
		cannot("save has no name, or a long one");
	for (int k = 0; k < SAVED_MAX; k++) {
		if (saved[k].memory)
			continue;
		strcpy(saved[k].name, name);
		saved[k].memory = malloc(MEMORY_SIZE);
		if (!saved[k].memory)
			cannot("there is no memory");
		return &saved[k];
	}
	cannot("more than %d VMs are saved", SAVED_MAX);
}

static int transfer(int v, bool sets, struct saved_register *r)
{
	struct kvm_one_reg reg = { r->id, (uintptr_t)r->value };

	return ioctl(vcpus[v].fd, sets ? KVM_SET_ONE_REG : KVM_GET_ONE_REG, &reg) ? -errno : 0;
}

static void save_vcpu(int v, struct saved_vcpu *into)
{
	if (get_reg_list(v))
		cannot("KVM_GET_REG_LIST: %s", strerror(errno));
	free(into->registers);
	into->registers = calloc(listed->n, sizeof *into->registers);
	if (!into->registers)
		cannot("there is no memory");
	into->count = listed->n;
	for (u64 k = 0; k < listed->n; k++) {
		into->registers[k].id = listed->reg[k];
		int ret = transfer(v, false, &into->registers[k]);

		if (ret)
			cannot("KVM_GET_ONE_REG of %#llx, which is in the list: %s",
			       (unsigned long long)listed->reg[k], strerror(-ret));
	}
	into->events = 0;
	into->has_events = !get_events(v, &into->events);
	into->vcpu = vcpus[v];
}

int save_vm(const struct step *s)
{
	struct saved *into = saved_as(s->name);

	if (s->vmm && strcmp(s->vmm, "qemu"))
		cannot("the recorder has no VMM %s", s->vmm);
	if (!into)
		into = new_saved(s->name);
	for (int v = 0; v < nvcpus; v++)
		complete_access(v);
	for (int v = 0; v < nvcpus; v++)
		save_vcpu(v, &into->vcpu[v]);
	gic_save(&into->gic);
	memcpy(into->memory, memory, MEMORY_SIZE);
	return 0;
}

/* QEMU goes on with the others where one is refused, and fails in the end. */
static int restore_vcpu(int v, struct saved_vcpu *from)
{
	struct vcpu *c = &vcpus[v];
	int fd = c->fd, refused = 0;
	struct kvm_run *run = c->run;

	*c = from->vcpu;
	c->fd = fd;
	c->run = run;
	for (u64 k = 0; k < from->count; k++) {
		int ret = transfer(v, true, &from->registers[k]);

		if (ret && !refused)
			refused = ret;
	}
	if (refused)
		return refused;
	return from->has_events ? set_events(v, from->events) : 0;
}

int restore_vm(const struct step *s)
{
	struct saved *from = saved_as(s->name);
	int refused = 0;

	if (!from)
		cannot("nothing is saved as %s", s->name ? s->name : "nothing");
	for (int v = 0; v < nvcpus; v++)
		complete_access(v);
	vm_renew();
	memcpy(memory, from->memory, MEMORY_SIZE);
	for (int v = 0; v < nvcpus && !refused; v++)
		refused = restore_vcpu(v, &from->vcpu[v]);
	if (!refused)
		gic_restore(&from->gic);
	return refused;
}

void forget_saved(void)
{
	for (int k = 0; k < SAVED_MAX; k++) {
		free(saved[k].memory);
		saved[k].memory = NULL;
		for (int v = 0; v < VCPUS_MAX; v++) {
			free(saved[k].vcpu[v].registers);
			saved[k].vcpu[v].registers = NULL;
		}
	}
}
