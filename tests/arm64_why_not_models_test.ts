/** What `why not` says of a watchpoint is what the CPU does, by the manual and on QEMU, which compares an access that is not aligned in parts. */
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { answer } from "../dsl/testing_why.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** One byte that is watched, an access of four, and whether it hits by the manual, and on QEMU. */
const ACCESSES: readonly (readonly [
  watched: string,
  access: string,
  architecture: boolean,
  max: boolean,
])[] = [
  ["0x40100001 lsc=load", "load 0x40100001", true, true],
  ["0x40100000 lsc=load", "load 0x40100001", false, true],
  ["0x40100006 lsc=load", "load 0x40100001", false, true],
  // A store is compared from the start of its page.
  ["0x40100000 lsc=store", "store 0x40100805", false, true],
  ["0x40100800 lsc=load", "store 0x40100805", false, false],
  ["0x40101000 lsc=store", "store 0x40101805", false, true],
  ["0x40100000 lsc=store", "store 0x40101805", false, false],
  // One that reads and writes is both, each compared with what is watched.
  ["0x40100000 lsc=store", "rmw 0x40100805", false, true],
  ["0x40100000 lsc=load", "rmw 0x40100805", false, false],
  ["0x40100804 lsc=load", "rmw 0x40100805", false, true],
  ["0x40100804 lsc=load", "rmw 0x40100808", false, false],
];

/** DBGWVR0 and DBGWCR0 for one byte. */
function registers(watched: string): string {
  const [address, kind] = watched.split(" ");
  const word = BigInt(address) & ~7n;
  const bas = 1n << (BigInt(address) & 7n);
  return `guest write dbgwvr0 0x${word.toString(16)}
guest write dbgwcr0 bas=${bas} ${kind} pac=el1 e=1`;
}

for (const kernel of ["linux-6.1", "bare"]) {
  for (const [watched, access, ...hits] of ACCESSES) {
    Deno.test(`why not, arm64, ${kernel}: ${access} and a watchpoint at ${watched}`, async () => {
      for (const [i, model] of ["architecture", "max"].entries()) {
        const script = `arch arm64; kernel ${kernel}
host model=${model}
guest handler stop
${registers(watched)}
guest write mdscr mde=1 kde=1
guest write pstate d=0
guest ${access} size=4
run
expect ${hits[i] ? "exceptions watchpoint" : "no exception"}
why not watchpoint 0`;
        const io = new MemoryIo({});
        assertEquals(await main(["run", "-e", script], io), 0, io.stdout);
        const said = hits[i] ? "hit" : "did not hit";
        assertStringIncludes(io.stdout, `watchpoint 0 ${said}`);
      }
    });
  }
}

for (const model of ["architecture", "max"]) {
  Deno.test(`why not, arm64, ${model}: of a store, a watchpoint for loads needs stores, and one elsewhere the address`, () => {
    const named = (watched: string) => {
      const { unmet } = answer(`arch arm64; kernel linux-6.1
host model=${model}
guest handler stop
${registers(watched)}
guest write mdscr mde=1 kde=1
guest write pstate d=0
guest store 0x40100800 size=4
run
why not watchpoint 0`);
      return [unmet?.condition.place?.name, unmet?.condition.field];
    };
    assertEquals(named("0x40100800 lsc=load"), ["DBGWCR0_EL1", "LSC"]);
    assertEquals(named("0x40100808 lsc=store"), ["DBGWVR0_EL1", undefined]);
  });
}
