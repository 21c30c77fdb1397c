/**
 * What each x86 rule says: the architecture, the virtualization of 2008 with its quirks, the missed breakpoint of 2016,
 * mainline since, the host's own breakpoints, known bugs, and scenarios.
 *
 * @module
 */
import type { RuleSection } from "../rule_entry.ts";
import { architectureSections } from "./rule_book/architecture.ts";
import { debugctlSections } from "./rule_book/debugctl.ts";
import { hostSections } from "./rule_book/host_side.ts";
import { segmentSections } from "./rule_book/code_segments.ts";
import { interruptSections } from "./rule_book/interrupts.ts";
import { sections2008 } from "./rule_book/kernel_2008.ts";
import { bugSections } from "./rule_book/known_bugs.ts";
import { mainlineSections } from "./rule_book/mainline.ts";
import { sections2016 } from "./rule_book/missed_breakpoint.ts";
import { protectedSections } from "./rule_book/protected.ts";
import { savingSections } from "./rule_book/saving.ts";
import { scenarioSections } from "./rule_book/scenarios.ts";
import { stringSections } from "./rule_book/strings.ts";
import { systemCallSections } from "./rule_book/system_calls.ts";
import { transactionSections } from "./rule_book/transactions.ts";

/** The x86 rules by section, made anew on each call: nothing is built before a rule is requested. */
export function x86RuleSections(): readonly RuleSection[] {
  return [
    ...architectureSections(),
    ...sections2008(),
    ...sections2016(),
    ...mainlineSections(),
    ...interruptSections(),
    ...savingSections(),
    ...debugctlSections(),
    ...protectedSections(),
    ...stringSections(),
    ...systemCallSections(),
    ...segmentSections(),
    ...transactionSections(),
    ...hostSections(),
    ...bugSections(),
    ...scenarioSections(),
  ];
}
