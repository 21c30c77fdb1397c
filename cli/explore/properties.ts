/**
 * What `never` can name, as text.
 *
 * @module
 */
import { ALLOWANCES, type Property } from "../../engine/mod.ts";
import { allProperties } from "../../engine/explore/mod.ts";
import { fill } from "../help.ts";

/** Columns of a sentence, which is indented by four. */
const COLUMNS = 74;

/** All properties, and what `noticed` allows. */
export function propertiesText(): string {
  const isAllowance = ({ name }: Property): boolean =>
    (ALLOWANCES as readonly string[]).includes(name);
  const all = allProperties();
  const entries = (list: readonly Property[]): string[] =>
    list.flatMap(({ name, sentence }) => [
      `  ${name}`,
      ...fill(sentence, COLUMNS).map((line) => `    ${line}`),
      "",
    ]);
  return [
    "properties, which `never` names in an explore block:",
    "",
    ...entries(all.filter((one) => !isAllowance(one))),
    "differences that `noticed` allows, unless `never` names them too:",
    "",
    ...entries(all.filter(isAllowance)),
  ].join("\n");
}
