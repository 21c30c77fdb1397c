/**
 * The words that the engine knows, for the checks.
 *
 * @module
 */
import {
  ARCH_NAMES,
  type Architecture,
  architecture,
  COSTS,
  ERRNO,
  PROPERTY_NAMES,
  type RegisterInfo,
  VCPUS_MAX,
} from "../engine/mod.ts";
import { kvmRegister } from "./kvm_names.ts";
import type {
  ArchVocabulary,
  FieldWord,
  RegisterWord,
  Vocabulary,
} from "./vocabulary.ts";

function fieldWords({ layout }: RegisterInfo): FieldWord[] {
  return [layout, ...layout.forms].flatMap(({ fields }) =>
    fields.map(({ name, widthBits, values }) => ({ name, widthBits, values }))
  );
}

function registerWord(info: RegisterInfo): RegisterWord {
  const { name, short, family, number, layout, fieldwise } = info;
  return {
    name,
    short,
    family,
    number,
    widthBits: layout.widthBits,
    fields: fieldWords(info),
    fieldwise,
  };
}

function archVocabulary(arch: Architecture): ArchVocabulary {
  // Worked out when they are looked up: most texts are of one architecture.
  let registers: readonly RegisterWord[] | undefined;
  let userRegisters: readonly RegisterWord[] | undefined;
  let kvmNames: ArchVocabulary["kvmNames"] | undefined;
  return {
    name: arch.name,
    get registers() {
      return registers ??= arch.registers.all.filter(({ userOnly }) =>
        !userOnly
      ).map(registerWord);
    },
    get userRegisters() {
      return userRegisters ??= arch.registers.all.filter(({ userOnly }) =>
        userOnly
      ).map(registerWord);
    },
    get kvmNames() {
      return kvmNames ??= arch.kvmNames.map((name) => {
        const register = kvmRegister(arch, name);
        return { name, fields: register ? fieldWords(register) : [] };
      });
    },
    // Looked up each time: kernels can be added.
    get profiles() {
      return arch.profiles;
    },
    hostCounts: arch.hostCounts.map(({ name, min, max, initial }) => ({
      name,
      min,
      max,
      initial,
    })),
    guestCounts: [
      ...arch.guestCounts.map(({ name, min, max }) => ({ name, min, max })),
      { name: "vcpus", min: 1, max: VCPUS_MAX, initial: 1 },
    ],
    models: arch.models.map(({ name }) => name),
    unpredictable: arch.unpredictable.map(({ name }) => name),
    capabilities: arch.capabilities,
    instructions: Object.keys(arch.instructions),
    exceptions: arch.exceptions,
    exceptionFields: arch.exceptionFields,
    exitFields: arch.exitFields,
    injectable: arch.injectable,
    watchSizes: arch.watchSizes,
    hostWatchSizes: arch.hostWatchSizes,
    watchAccesses: arch.watchAccesses,
    codeAlignment: arch.codeAlignment,
    checkHost: (counts) => arch.checkHost(counts),
  };
}

let made: Vocabulary | undefined;

/** The engine's words; made when first asked for. */
export function engineVocabulary(): Vocabulary {
  return made ??= {
    arches: ARCH_NAMES.flatMap((name) => {
      const arch = architecture(name);
      return arch ? [archVocabulary(arch)] : [];
    }),
    defaultArch: "arm64",
    exits: ["idle", "debug", "preempted", "io", "mmio", "error"],
    errnos: Object.keys(ERRNO),
    costs: COSTS,
    properties: PROPERTY_NAMES,
  };
}
