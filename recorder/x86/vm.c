// SPDX-License-Identifier: MIT
/* The virtual machine of one take: 64-bit mode, CPL 0, memory mapped one to one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "x86.h"

#define CPUID_MAX 256
#define DR6_RESET 0xffff0ff0u
#define CPUID_7_EBX_RTM (1u << 11)

struct vcpu vcpus[VCPUS_MAX];
u8 *memory;
int nvcpus, kvm_fd = -1, vm_fd = -1;
static int run_size;
static struct kvm_cpuid2 *cpuid;
static bool maps_run;	/* the guest sees the page of kvm_run */

/* Null, code and data of CPL 0, the place of the TSS, data and code of CPL 3. */
static const u64 gdt[] = {
	0, 0x00af9b000000ffffull, 0x00cf93000000ffffull, 0, 0x00cff3000000ffffull, 0x00affb000000ffffull,
};

/* The stack of exceptions at CPL 3, and no map of ports: all are for CPL 0. */
static void build_tss(int v)
{
	u64 stack = KERNEL_STACK_OF(v);

	memset(memory + TSS_OF(v), 0, 0x68);
	memcpy(memory + TSS_OF(v) + 4, &stack, sizeof stack);
	memory[TSS_OF(v) + 0x66] = 0x68;
}

void set_level(int v, int cpl)
{
	struct vcpu *c = &vcpus[v];
	struct kvm_sregs s;

	if (cpl != 0 && cpl != 3)
		cannot("a program starts at CPL %d: the recorder has 0 and 3", cpl);
	if (c->cpl == cpl)
		return;
	if (ioctl(c->fd, KVM_GET_SREGS, &s))
		cannot("KVM_GET_SREGS: %s", strerror(errno));
	s.cs.selector = cpl ? USER_CODE : KERNEL_CODE;
	s.ss.selector = cpl ? USER_DATA : KERNEL_DATA;
	s.cs.dpl = s.ss.dpl = cpl;
	if (ioctl(c->fd, KVM_SET_SREGS, &s))
		cannot("KVM_SET_SREGS: %s", strerror(errno));
	c->cpl = cpl;
}

static void set_mode(int v)
{
	struct kvm_sregs s;
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = KERNEL_CODE, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1,
	};
	struct kvm_segment data = {
		.limit = 0xffffffff, .selector = KERNEL_DATA, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1,
	};

	if (ioctl(vcpus[v].fd, KVM_GET_SREGS, &s))
		cannot("KVM_GET_SREGS: %s", strerror(errno));
	s.cs = code;
	s.ds = s.es = s.fs = s.gs = s.ss = data;
	s.tr = (struct kvm_segment){ .base = TSS_OF(v), .limit = 0x67, .selector = 0x18, .type = 11, .present = 1 };
	s.ldt = (struct kvm_segment){ .unusable = 1, .type = 2 };
	s.gdt.base = GDT;
	s.gdt.limit = sizeof gdt - 1;
	s.idt.base = IDT_OF(v);
	s.idt.limit = 0xfff;
	s.cr0 = 0x80000033;	/* PG, NE, ET, MP, PE */
	s.cr3 = PML4;
	s.cr4 = CR4_PAE;
	s.efer = 0x501;		/* LMA, LME, SCE */
	if (ioctl(vcpus[v].fd, KVM_SET_SREGS, &s))
		cannot("KVM_SET_SREGS: %s", strerror(errno));
}

void vcpu_open(int v)
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
	if (ioctl(c->fd, KVM_SET_CPUID2, cpuid))
		cannot("KVM_SET_CPUID2: %s", strerror(errno));
	set_mode(v);
	install_handler(v);
	build_tss(v);
}

void vcpu_close(struct vcpu *c)
{
	if (c->run && c->run != MAP_FAILED)
		munmap(c->run, run_size);
	if (c->fd > 0)
		close(c->fd);
	memset(c, 0, sizeof *c);
}

/* Guest code that ends in HLT, of a vCPU that no case has. */
static void run_hidden(int v, const u8 *code, u64 length, struct kvm_regs regs)
{
	memcpy(memory + CODE_OF(v), code, length);
	if (ioctl(vcpus[v].fd, KVM_SET_REGS, &regs))
		cannot("KVM_SET_REGS: %s", strerror(errno));
	if (ioctl(vcpus[v].fd, KVM_RUN, 0) || vcpus[v].run->exit_reason != KVM_EXIT_HLT)
		cannot("the guest that prepares the machine ended with exit %u", vcpus[v].run->exit_reason);
}

/*
 * A hidden extra vCPU touches all pages that programs use, so that no EPT or NPT fault falls into a recorded run. (Bochs
 * makes a spurious #DB of one under TF.)
 */
static void touch_memory(int v)
{
	/* mov (%rsi),%al; mov %al,(%rsi); add $0x1000,%rsi; dec %ecx; jnz; hlt */
	static const u8 code[] = {
		0x8a, 0x06, 0x88, 0x06, 0x48, 0x81, 0xc6, 0, 0x10, 0, 0, 0xff, 0xc9, 0x75, 0xf1, 0xf4,
	};
	struct kvm_regs regs = {
		.rip = CODE_OF(v), .rflags = RFLAGS_FIXED, .rsi = 0, .rcx = MEMORY_SIZE / 0x1000,
	};

	run_hidden(v, code, sizeof code, regs);
}

/*
 * KVM loads DR0 to DR3 only for a guest that uses them, and leaves what a guest had in them: every take begins with
 * those of no other. An access that KVM lets through loads all of them.
 */
static void clear_debug_registers(int v)
{
	/* mov %rax,%dr0 to %dr3; mov %rbx,%dr6; hlt */
	static const u8 code[] = {
		0x0f, 0x23, 0xc0, 0x0f, 0x23, 0xc8, 0x0f, 0x23, 0xd0, 0x0f, 0x23, 0xd8, 0x0f, 0x23, 0xf3, 0xf4,
	};

	for (int cpu = ncpus - 1; cpu >= 0; cpu--) {
		struct kvm_regs regs = { .rip = CODE_OF(v), .rflags = RFLAGS_FIXED, .rbx = DR6_RESET };

		pin_to(cpu);
		run_hidden(v, code, sizeof code, regs);
	}
}

static void add_slot(u32 slot, u64 address, u64 size, const void *at)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = address, .memory_size = size, .userspace_addr = (uintptr_t)at,
	};

	if (ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		cannot("KVM_SET_USER_MEMORY_REGION: %s", strerror(errno));
}

/* Page tables of 2 MiB pages for the first 32 MiB, of all privilege levels, and the GDT. */
static void build_tables(void)
{
	u64 *pd = (u64 *)(memory + PD);

	*(u64 *)(memory + PML4) = PDPT | 7;
	*(u64 *)(memory + PDPT) = PD | 7;
	for (u64 n = 0; n < 16; n++)
		pd[n] = n << 21 | 0x87;
	memcpy(memory + GDT, gdt, sizeof gdt);
}

static bool asks_for_window(const struct kvm_case *k)
{
	for (int n = 0; n < k->length; n++)
		for (int i = 0; i < k->steps[n].length; i++)
			if (!strcmp(k->steps[n].program[i].i, "request_window"))
				return true;
	return false;
}

/* All that KVM supports, except for RTM: DR6 and DR7 have no RTM bit then, on every CPU. */
static void get_cpuid(void)
{
	if (!cpuid)
		cpuid = lasting(sizeof *cpuid + CPUID_MAX * sizeof *cpuid->entries);
	cpuid->nent = CPUID_MAX;
	if (ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid))
		cannot("KVM_GET_SUPPORTED_CPUID: %s", strerror(errno));
	for (u32 n = 0; n < cpuid->nent; n++)
		if (cpuid->entries[n].function == 7 && cpuid->entries[n].index == 0)
			cpuid->entries[n].ebx &= ~CPUID_7_EBX_RTM;
}

/* The VM of the memory, with the vCPUs of the case. */
static void fill_vm(void)
{
	u64 identity_map = 0xfffbc000;

	vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm_fd < 0)
		cannot("KVM_CREATE_VM: %s", strerror(errno));
	ioctl(vm_fd, KVM_SET_TSS_ADDR, 0xfffbd000);
	ioctl(vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
	add_slot(0, 0, MEMORY_SIZE, memory);
	for (int v = 0; v < nvcpus; v++)
		vcpu_open(v);
	if (maps_run)
		for (int v = 0; v < nvcpus; v++)
			add_slot(1 + v, RUN_PAGE_OF(v), 0x1000, vcpus[v].run);
	vcpu_open(nvcpus);
	touch_memory(nvcpus);
	clear_debug_registers(nvcpus);
	vcpu_close(&vcpus[nvcpus]);
}

void vm_create(const struct kvm_case *k)
{
	kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm_fd < 0)
		cannot("cannot open /dev/kvm: %s", strerror(errno));
	run_size = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		cannot("no memory for the guest: %s", strerror(errno));
	build_tables();
	get_cpuid();
	nvcpus = k->vcpus;
	maps_run = asks_for_window(k);
	fill_vm();
}

static void close_vm(void)
{
	for (int v = 0; v < VCPUS_MAX; v++)
		vcpu_close(&vcpus[v]);
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
	host_breakpoints_clear();
	close_vm();
	forget_saved();
	forget_capabilities();
	if (memory && memory != MAP_FAILED)
		munmap(memory, MEMORY_SIZE);
	memory = NULL;
	if (kvm_fd >= 0)
		close(kvm_fd);
	kvm_fd = -1;
}
