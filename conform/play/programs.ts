/**
 * Where the program of each vCPU is, as a recorder knows it from the exits.
 *
 * @module
 */
import type { Fields } from "./results.ts";

/** Exits after which KVM_RUN goes on with the guest, or with an access that userspace answers. */
const RESUMABLE = new Set(["DEBUG", "IO", "MMIO", "IRQ_WINDOW_OPEN", "INTR"]);

/** The last exit of each vCPU. */
export class Programs {
  readonly #exits: (Fields | undefined)[];
  readonly #saved = new Map<string, readonly (Fields | undefined)[]>();

  /** @param vcpus how many */
  constructor(vcpus: number) {
    this.#exits = Array.from({ length: vcpus });
  }

  /** A run of vCPU v was recorded. */
  ran(v: number, line: Fields): void {
    this.#exits[v] = line;
  }

  /** The VM was saved under a name. */
  saved(name: string): void {
    this.#settle();
    this.#saved.set(name, [...this.#exits]);
  }

  /** What was saved under a name is the VM now. */
  restored(name: string): void {
    this.#exits.splice(0, Infinity, ...this.#saved.get(name)!);
  }

  /** Userspace has answered what vCPU v asked for. */
  completed(v: number): void {
    const line = this.#exits[v];
    if (this.isAsking(v)) this.#exits[v] = { ...line, exit: "INTR" };
  }

  #settle(): void {
    for (const v of this.#exits.keys()) this.completed(v);
  }

  /** The program has come to its end, the guest does not exit, or there is none. */
  hasEnded(v: number): boolean {
    const line = this.#exits[v];
    return line === undefined || line.ret === -4 || line.errno === 4 ||
      line.exit === "HLT" || line.exit === "MMIO" && isEnd(line);
  }

  /** A recorder resumes it until it ends. */
  canResume(v: number): boolean {
    return !this.hasEnded(v) && RESUMABLE.has(String(this.#exits[v]?.exit));
  }

  /** Userspace has an access to answer. */
  isAsking(v: number): boolean {
    const exit = this.#exits[v]?.exit;
    return !this.hasEnded(v) && (exit === "IO" || exit === "MMIO");
  }
}

/** The store at the end of an arm64 program, of which recordings have no address. */
function isEnd(line: Fields): boolean {
  return line.kvm_exits !== undefined && line.mmio === undefined;
}
