/**
 * What `why` and `why not` answer at the end of a scenario, whatever can be asked.
 *
 * @module
 */
import type { FieldAsked } from "../../dsl/action_parts.ts";
import { eventText } from "../../dsl/render/event.ts";
import type { Output } from "../../dsl/result.ts";
import type { Session } from "../../dsl/run/session.ts";
import { explainHappening } from "../../dsl/run/why.ts";
import { explainUnmet } from "../../dsl/run/why_not.ts";
import { type Span, textOf } from "../../dsl/source.ts";
import type { Happening } from "../../dsl/syntax/nodes.ts";
import type { Machine, UnmetQuestion } from "../../engine/mod.ts";

const HAPPENINGS: readonly Happening[] = [
  "trap",
  "exit",
  "exception",
  "miss",
  "refused",
];

/** Breakpoints of a vCPU that are asked about; watchpoints are half as many. */
const NUMBERS = 4;

type Why = Extract<Output, { kind: "why" }>;

function answerLine(question: string, output: Output): string {
  const { subject, value, isThere, unmet, chain } = output as Why;
  const links = chain.map(({ event, instruction, statement }) => {
    const { subject, verb, what } = eventText(event);
    const places = [instruction, statement].map((span) =>
      span === undefined ? "" : ` at ${textOf(span)}`
    );
    return `${event.rule} ${subject} ${verb} ${what}${places.join("")}`;
  });
  return [
    `  ${question}? ${subject}: ${value}${isThere ? "" : " (nothing)"}`,
    ...unmet === undefined ? [] : [`    ${unmet.condition.rule}`],
    ...links.map((link) => `    ${link}`),
  ].join("\n");
}

/** The fields of the last exit to userspace, or of the last exception. */
function fieldsOf({ journal }: Machine, what: Happening): FieldAsked[] {
  for (const { events } of journal.chapters()) {
    const last = events.findLast(({ kind }) =>
      kind === (what === "exit" ? "user-exit" : what)
    );
    if (last?.kind !== "user-exit" && last?.kind !== "exception") continue;
    return Object.keys(last.values).map((name) => ({ name, part: undefined }));
  }
  return [];
}

/** All that can be asked about what did not happen to a vCPU. */
function questionsOf(vcpu: number, isX86: boolean): UnmetQuestion[] {
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
  return (["guest", "user"] as const).flatMap((owner) => [
    ...numbers(NUMBERS).map((number) =>
      ({ vcpu, owner, subject: "breakpoint", number }) as const
    ),
    ...numbers(isX86 ? 0 : NUMBERS / 2).map((number) =>
      ({ vcpu, owner, subject: "watchpoint", number }) as const
    ),
    ...(["step", "exit", "trap"] as const).map((subject) => ({
      vcpu,
      owner,
      subject,
      number: -1,
    })),
  ]);
}

/**
 * The answers, a line or more each.
 *
 * @param span what an answer is said to be of
 */
export function answers(session: Session, span: Span): string[] {
  const { arch, machine } = session;
  const lines = HAPPENINGS.flatMap((what) => {
    const fields = what === "exit" || what === "exception"
      ? fieldsOf(machine, what)
      : [];
    return [undefined, ...fields].map((field) =>
      answerLine(
        `why ${what} ${field?.name ?? ""}`.trimEnd(),
        explainHappening(session, { what, field }, span),
      )
    );
  });
  for (let vcpu = 0; vcpu < machine.vcpus; vcpu++) {
    for (const question of questionsOf(vcpu, arch.name === "x86")) {
      const { owner, subject, number } = question;
      const asked = { question, isOwnerGiven: true, address: undefined };
      lines.push(
        answerLine(
          `why not ${owner}@${vcpu} ${subject} ${number < 0 ? "" : number}`
            .trimEnd(),
          explainUnmet(session, asked, span),
        ),
      );
    }
  }
  return lines;
}
