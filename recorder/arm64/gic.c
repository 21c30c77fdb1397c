// SPDX-License-Identifier: MIT
/* A GICv3 of KVM's own, for cases that make interrupts pending: SPIs 32 to 63, edge-triggered and enabled. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arm64.h"

#define DISTRIBUTOR 0x08000000ull
#define REDISTRIBUTORS 0x080a0000ull

/* Registers of the distributor; those of SPIs 32 to 63. */
#define GICD_CTLR 0x0
#define GICD_IGROUPR1 0x84
#define GICD_ISENABLER1 0x104
#define GICD_ISPENDR1 0x204
#define GICD_ICFGR2 0xc08
#define GICD_ICFGR3 0xc0c
#define GICD_IROUTER(n) (0x6000 + 8 * (n))
#define ENABLE_GROUP_1 2
#define EDGES 0xaaaaaaaau
#define FIRST_SPI 32
#define LAST_SPI 63

/* System registers, as the attribute encodes them: op0, op1, CRn, CRm, op2. */
#define ICC_PMR_EL1 (3 << 14 | 4 << 7 | 6 << 3)
#define ICC_IGRPEN1_EL1 (3 << 14 | 12 << 7 | 12 << 3 | 7)

static int gic = -1;

static void transfer_attribute(unsigned long request, u32 group, u64 name, const void *value)
{
	struct kvm_device_attr attribute = { .group = group, .attr = name, .addr = (uintptr_t)value };

	if (ioctl(gic, request, &attribute))
		cannot("the GIC does not take attribute %#llx of group %u: %s", (unsigned long long)name, group,
		       strerror(errno));
}

static void set_attribute(u32 group, u64 name, const void *value)
{
	transfer_attribute(KVM_SET_DEVICE_ATTR, group, name, value);
}

static void set_distributor(u64 offset, u32 value)
{
	set_attribute(KVM_DEV_ARM_VGIC_GRP_DIST_REGS, offset, &value);
}

bool makes_interrupts(const struct kvm_case *c)
{
	for (int k = 0; k < c->length; k++)
		if (!strcmp(c->steps[k].op, "irq_line"))
			return true;
	return false;
}

/* Before a vCPU runs. */
void gic_create(void)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	u64 distributor = DISTRIBUTOR, redistributors = REDISTRIBUTORS;

	if (ioctl(vm_fd, KVM_CREATE_DEVICE, &device))
		cannot("KVM has no GICv3: %s", strerror(errno));
	gic = device.fd;
	set_attribute(KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &distributor);
	set_attribute(KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redistributors);
}

/* When all vCPUs are there. */
void gic_init(void)
{
	set_attribute(KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	set_distributor(GICD_CTLR, ENABLE_GROUP_1);
	set_distributor(GICD_IGROUPR1, ~0u);
	set_distributor(GICD_ICFGR2, EDGES);
	set_distributor(GICD_ICFGR3, EDGES);
	set_distributor(GICD_ISENABLER1, ~0u);
	for (int v = 0; v < nvcpus; v++) {
		u64 vcpu = (u64)v << KVM_DEV_ARM_VGIC_V3_MPIDR_SHIFT, lowest = 0xff, enabled = 1;

		set_attribute(KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, vcpu | ICC_PMR_EL1, &lowest);
		set_attribute(KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, vcpu | ICC_IGRPEN1_EL1, &enabled);
	}
}

/* An edge of an SPI that goes to a vCPU. */
int pulse(int v, int intid)
{
	struct kvm_irq_level line = { .irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | intid, .level = 1 };

	if (intid < FIRST_SPI || intid > LAST_SPI)
		cannot("the recorder's GIC has SPIs %d to %d, not %d", FIRST_SPI, LAST_SPI, intid);
	set_distributor(GICD_IROUTER(intid), v);
	set_distributor(GICD_IROUTER(intid) + 4, 0);
	if (ioctl(vm_fd, KVM_IRQ_LINE, &line))
		return -errno;
	line.level = 0;
	return ioctl(vm_fd, KVM_IRQ_LINE, &line) ? -errno : 0;
}

/* Which SPIs are pending, and where each goes. */
void gic_save(struct gic_state *state)
{
	memset(state, 0, sizeof *state);
	if (gic < 0)
		return;
	transfer_attribute(KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ISPENDR1, &state->pending);
	for (int n = FIRST_SPI; n <= LAST_SPI; n++)
		transfer_attribute(KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_IROUTER(n),
				   &state->route[n - FIRST_SPI]);
}

void gic_restore(const struct gic_state *state)
{
	if (gic < 0)
		return;
	for (int n = FIRST_SPI; n <= LAST_SPI; n++)
		set_distributor(GICD_IROUTER(n), state->route[n - FIRST_SPI]);
	set_distributor(GICD_ISPENDR1, state->pending);
}

void gic_destroy(void)
{
	if (gic >= 0)
		close(gic);
	gic = -1;
}
