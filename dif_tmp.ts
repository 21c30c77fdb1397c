import { replay } from "./conform/mod.ts";
for (const f of Deno.args) for (const d of replay(Deno.readTextFileSync(f)).differences.slice(0,6)) console.log(f.slice(-8,-6), d.line, d.op, d.what, d.recorded, "|", d.modelled);
