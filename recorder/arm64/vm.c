// SPDX-License-Identifier: MIT
/* The virtual machine of one take. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arm64.h"

#define PAGES_OF_DATA 16
#define PAGE 0x1000

int kvm_fd = -1, vm_fd = -1, nvcpus;
u8 *memory;
struct vcpu vcpus[VCPUS_MAX];
struct kvm_vcpu_init vcpu_features;
static int run_size;
static bool has_gic, touches_memory;

/* Pages elsewhere that the case's loads and stores access. Below MEMORY_BASE nothing answers: MMIO. */
#define PAGES_MAX 64
static struct { u64 address; void *at; } page[PAGES_MAX];
static int pages;

/* Answers the exit that KVM_RUN returned with, without running the guest. */
void vcpu_complete(struct vcpu *c)
{
	c->run->immediate_exit = 1;
	ioctl(c->fd, KVM_RUN, 0);
	c->run->immediate_exit = 0;
}

/* Of an access of the program, which userspace was asked for. */
void complete_access(int v)
{
	struct vcpu *c = &vcpus[v];

	if (!c->ended && c->run->exit_reason == KVM_EXIT_MMIO)
		vcpu_complete(c);
}

static void open_vcpu(int v)
{
	struct vcpu *c = &vcpus[v];

	memset(c, 0, sizeof *c);
	c->ended = true;
	c->fd = ioctl(vm_fd, KVM_CREATE_VCPU, v);
	if (c->fd < 0)
		cannot("KVM_CREATE_VCPU: %s", strerror(errno));
	c->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (c->run == MAP_FAILED)
		cannot("mmap of kvm_run: %s", strerror(errno));
	if (ioctl(c->fd, KVM_ARM_VCPU_INIT, &vcpu_features))
		cannot("KVM_ARM_VCPU_INIT: %s", strerror(errno));
}

static void close_vcpu(struct vcpu *c)
{
	if (c->run && c->run != MAP_FAILED)
		munmap(c->run, run_size);
	if (c->fd > 0)
		close(c->fd);
	memset(c, 0, sizeof *c);
}

static void add_slot(u32 slot, u64 address, u64 size, void *at)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = address, .memory_size = size, .userspace_addr = (uintptr_t)at,
	};

	if (ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		cannot("KVM_SET_USER_MEMORY_REGION at %#llx: %s", (unsigned long long)address, strerror(errno));
}

static void *new_memory(u64 size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED)
		cannot("no memory for the guest: %s", strerror(errno));
	return at;
}

static void need_page(u64 address)
{
	address &= ~(u64)(PAGE - 1);
	if (address < MEMORY_BASE + MEMORY_SIZE)
		return;
	for (int k = 0; k < pages; k++)
		if (page[k].address == address)
			return;
	if (pages == PAGES_MAX)
		cannot("it accesses more than %d pages", PAGES_MAX);
	page[pages].address = address;
	page[pages].at = new_memory(PAGE);
	pages++;
}

static void need_pages(const struct kvm_case *c)
{
	for (int k = 0; k < c->length; k++) {
		for (int i = 0; i < c->steps[k].length; i++) {
			const struct insn *o = &c->steps[k].program[i];

			if (!o->size)
				continue;
			need_page(o->addr);
			need_page(o->addr + o->size - 1);
		}
	}
}

/* ldr and str, a page at a time. */
static void touch_pages(struct vcpu *c, int v, u64 first, u64 count)
{
	static const u32 code[] = {
		0xf9400001,	/* ldr x1, [x0] */
		0xf9000001,	/* str x1, [x0] */
		0x91400400,	/* add x0, x0, #0x1000 */
		0xd1000442,	/* sub x2, x2, #1 */
		0xb5ffff82,	/* cbnz x2, the ldr */
		0xb90003bf,	/* str wzr, [x29] */
	};

	memcpy(memory + (CODE_OF(0) - MEMORY_BASE), code, sizeof code);
	set_reg(v, x_id(0), first);
	set_reg(v, x_id(2), count);
	set_reg(v, x_id(X_END), END_ADDRESS);
	set_reg(v, pc_id, CODE_OF(0));
	set_reg(v, pstate_id, PSTATE_EL1);
	if (ioctl(c->fd, KVM_RUN, 0) || c->run->exit_reason != KVM_EXIT_MMIO)
		cannot("the guest that touches all memory ended with exit %u", c->run->exit_reason);
	vcpu_complete(c);
}

/*
 * A hidden extra vCPU fetches, reads and writes every page once, so that no stage-2 fault falls into a recorded run.
 * The vCPUs of the case have not run when it begins.
 */
static void touch_memory(void)
{
	int v = nvcpus;
	struct vcpu *c = &vcpus[v];

	open_vcpu(v);
	if (has_gic)
		gic_init();
	touch_pages(c, v, MEMORY_BASE, MEMORY_SIZE / PAGE);
	for (int k = 0; k < pages; k++)
		touch_pages(c, v, page[k].address, 1);
	for (int other = 0; other < nvcpus; other++) {
		int n = 0;

		MEMORY32(CODE_OF(other)) = 0xd4000001;	/* svc #0: fetches the vectors, writes the log */
		for (; n < PAGES_OF_DATA; n++) {
			MEMORY32(CODE_OF(other) + 4 + 4 * n) = 0xf900001f | n << 5;	/* str xzr, [xn] */
			set_reg(v, x_id(n), DATA_OF(other) + PAGE * n);
		}
		MEMORY32(CODE_OF(other) + 4 + 4 * n) = 0xb90003bf;	/* str wzr, [x29] */
		set_reg(v, x_id(X_LOG), LOG_OF(other));
		set_reg(v, x_id(X_END), END_ADDRESS);
		set_reg(v, x_id(X_LEFT), TAKEN_MAX);
		set_reg(v, pc_id, CODE_OF(other));
		set_reg(v, pstate_id, PSTATE_EL1);
		set_reg(v, vbar_id, VECTORS);
		if (ioctl(c->fd, KVM_RUN, 0) || c->run->exit_reason != KVM_EXIT_MMIO)
			cannot("the guest that touches all memory ended with exit %u", c->run->exit_reason);
		vcpu_complete(c);
		memset(memory + (LOG_OF(other) - MEMORY_BASE), 0, PAGE);
		memset(memory + (CODE_OF(other) - MEMORY_BASE), 0, PAGE);
	}
	close_vcpu(c);
}

/* ID registers may not change once a vCPU of the VM has run (since Linux 6.7), also a hidden one. */
static bool writes_id_register(const struct kvm_case *c)
{
	for (int k = 0; k < c->length; k++)
		if (!strcmp(c->steps[k].op, "user_set") && c->steps[k].reg && !strncmp(c->steps[k].reg, "ID_", 3))
			return true;
	return false;
}

/* The VM of the memory, with the vCPUs of the case. */
static void fill_vm(void)
{
	vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm_fd < 0)
		cannot("KVM_CREATE_VM: %s", strerror(errno));
	add_slot(0, MEMORY_BASE, MEMORY_SIZE, memory);
	for (int k = 0; k < pages; k++)
		add_slot(1 + k, page[k].address, PAGE, page[k].at);
	if (ioctl(vm_fd, KVM_ARM_PREFERRED_TARGET, &vcpu_features))
		cannot("KVM_ARM_PREFERRED_TARGET: %s", strerror(errno));
	vcpu_features.features[0] |= 1 << KVM_ARM_VCPU_PSCI_0_2;
	if (has_gic)
		gic_create();
	for (int v = 0; v < nvcpus; v++)
		open_vcpu(v);
	install_handler();
	if (touches_memory)
		touch_memory();
	else if (has_gic)
		gic_init();
}

void vm_create(const struct kvm_case *c)
{
	kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm_fd < 0)
		cannot("cannot open /dev/kvm: %s", strerror(errno));
	run_size = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	memory = new_memory(MEMORY_SIZE);
	need_pages(c);
	nvcpus = c->vcpus;
	has_gic = makes_interrupts(c);
	touches_memory = !writes_id_register(c);
	fill_vm();
}

static void close_vm(void)
{
	for (int v = 0; v < VCPUS_MAX; v++)
		close_vcpu(&vcpus[v]);
	gic_destroy();
	if (vm_fd >= 0)
		close(vm_fd);
	vm_fd = -1;
}

void vm_renew(void)
{
	close_vm();
	fill_vm();
}

void vm_destroy(void)
{
	close_vm();
	forget_saved();
	if (memory)
		munmap(memory, MEMORY_SIZE);
	while (pages)
		munmap(page[--pages].at, PAGE);
	memory = NULL;
	if (kvm_fd >= 0)
		close(kvm_fd);
	kvm_fd = -1;
}
