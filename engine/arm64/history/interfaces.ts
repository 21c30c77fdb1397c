/**
 * Rows of history: what userspace reads. A table of data.
 *
 * @module
 */
import { type Arm64Change, fields } from "./row.ts";

/** Oldest first. */
export const interfaceRows = (): readonly Arm64Change[] => [
  {
    name: "vcpu-events",
    commits: [{
      hash: "b7b27facc7b5",
      subject: "arm/arm64: KVM: Add KVM_GET/SET_VCPU_EVENTS",
      seen: "memory",
    }],
    since: "4.19",
    stable: [],
    distributions: ["rhel-8.5"],
    confidence: "read",
    rules: ["arm64:E/1.34"],
    before: "KVM_SET_VCPU_EVENTS gives EINVAL.",
    after: "It makes an SError pending, which the guest takes when it can.",
    fields: fields({ vcpuEvents: false }, { vcpuEvents: true }),
  },
  {
    name: "arm64-guest-debug2",
    commits: [{
      hash: "fa18aca92757",
      subject: "KVM: aarch64: implement KVM_CAP_SET_GUEST_DEBUG2",
      seen: "commit",
    }],
    since: "5.13",
    stable: [],
    confidence: "read",
    rules: ["arm64:B2"],
    before: "KVM_CHECK_EXTENSION of KVM_CAP_SET_GUEST_DEBUG2 is 0.",
    after: "It is 0x30003, the control bits that arm64 accepts.",
    fields: fields({ setGuestDebug2: false }, { setGuestDebug2: true }),
  },
  {
    name: "hsr-high",
    commits: [{
      hash: "18f3976fdb5d",
      subject: "KVM: arm64: uapi: Add kvm_debug_exit_arch.hsr_high",
      seen: "commit",
    }],
    since: "5.19",
    stable: [],
    confidence: "read",
    rules: ["arm64:F8", "arm64:E/1.11"],
    before: "A debug exit has 32 bits of the syndrome, and flags is 0.",
    after: "It has 64, and KVM_DEBUG_ARCH_HSR_HIGH_VALID is set in flags.",
    fields: fields({ hsrHigh: false }, { hsrHigh: true }),
  },
  {
    name: "serror-at-once",
    commits: [
      {
        hash: "efa1368ba9f4",
        subject:
          "KVM: arm64: Commit exceptions from KVM_SET_VCPU_EVENTS immediately",
        seen: "commit",
      },
      {
        hash: undefined,
        subject:
          "KVM: arm64: nv: Take 'masked' aborts to EL2 when HCRX_EL2.TMEA is set",
        seen: "memory",
      },
    ],
    since: "6.17",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.35"],
    before:
      "An SError that the guest does not mask is taken after the next entry.",
    after:
      "KVM_SET_VCPU_EVENTS delivers it: the PC is at the vector when it returns, and ESR_EL1.IL is 0 at first.",
    fields: fields({ serrorAtOnce: false }, { serrorAtOnce: true }),
    needs: [{
      row: "vcpu-events",
      why: "it is about that ioctl",
    }],
  },
  {
    name: "serror-il",
    commits: [{
      hash: undefined,
      subject: "KVM: arm64: ESR_EL1.IL of an SError that KVM delivers",
      seen: "memory",
    }],
    since: "7.2",
    approximate: true,
    stable: [],
    confidence: "recorded",
    rules: ["arm64:E/1.35"],
    before: "An SError that KVM_SET_VCPU_EVENTS delivers has ESR_EL1.IL 0.",
    after: "It has IL 1, as one that hardware delivers.",
    fields: fields({ serrorSetsIl: false }, { serrorSetsIl: true }),
    needs: [{
      row: "serror-at-once",
      why: "it is about what KVM delivers itself",
    }],
  },
];
