/**
 * From a line to its action.
 *
 * @module
 */
import type { Action } from "../actions.ts";
import type { PlainLine } from "../syntax/lines.ts";
import type { Name } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { resolveExpect, resolveProperty } from "./expect.ts";
import {
  resolveBound,
  resolveChoose,
  resolveInstruction,
  resolveMode,
  resolveNever,
  resolveUserLine,
} from "./explore.ts";
import { resolveGuest, resolveHandler } from "./guest.ts";
import {
  resolveArch,
  resolveHost,
  resolveHostDebug,
  resolveKernel,
  resolveSet,
} from "./machine.ts";
import { seenOf } from "./registers.ts";
import { resolveRun, resolveVcpuOperation } from "./run.ts";
import { resolveShow } from "./show.ts";
import { resolveUser } from "./user.ts";
import { resolveWhyHappened, resolveWhyNot } from "./why.ts";

/**
 * Resolves a line.
 *
 * The action counts only if the context has no problem and is complete; otherwise it stands for what could not be
 * known.
 *
 * @param isArchGiven the text has named its architecture, for a message
 * @throws {Problem} on a mistake after which nothing more can be said of the line
 */
export function resolveLine(
  c: Context,
  line: PlainLine,
  { isArchGiven = true }: { readonly isArchGiven?: boolean } = {},
): Action | undefined {
  switch (line.kind) {
    case "arch":
      return { kind: "arch", arch: resolveArch(line).name };
    case "kernel":
      return resolveKernel(c, line, isArchGiven);
    case "host":
      return resolveHost(c, line);
    case "host-action":
      return resolveHostDebug(c, line.cpu, line.action);
    case "set":
      return resolveSet(c, line);
    case "guest":
      return resolveGuest(c, line.vcpu, line.instruction);
    case "handler":
      return resolveHandler(c, line);
    case "run":
      return resolveRun(c, line);
    case "vcpu-operation":
      return resolveVcpuOperation(c, line);
    case "user":
      return resolveUser(c, line.vcpu, line.operation);
    case "expect":
      return resolveExpect(c, line);
    case "show":
      return resolveShow(c, line);
    case "show-map":
    case "show-cost":
      return { kind: line.kind };
    case "why":
      return { kind: "why", seen: seenOf(c, line.seen) };
    case "why-happened":
      return resolveWhyHappened(c, line);
    case "why-not":
      return resolveWhyNot(c, line);
    case "let": {
      const value = c.number(line.value) ?? 0n;
      return { kind: "let", name: line.name.text, value };
    }
    case "choose":
      return resolveChoose(c, line);
    case "instruction":
      return resolveInstruction(c, line);
    case "user-line":
      return resolveUserLine(c, line);
    case "host-line":
      return resolveHostDebug(c, undefined, line.action);
    case "preempt":
    case "migrate":
    case "fail":
      return resolveMode(c, line);
    case "never":
      return resolveNever(c, line);
    case "property":
      return resolveProperty(c, line);
    case "bound":
      return resolveBound(c, line);
    default:
      return line satisfies never;
  }
}

/** The name that a line gives to what a guest or userspace reads. */
export function namedRead(line: PlainLine): Name | undefined {
  switch (line.kind) {
    case "guest":
    case "instruction":
      return line.instruction.as;
    case "user":
    case "user-line": {
      const { operation } = line;
      return operation.kind === "get" || operation.kind === "check"
        ? operation.as
        : undefined;
    }
    default:
      return undefined;
  }
}
