/**
 * Prints what the grammar can go on with, for the bundle to bring along: so the program need not work it out.
 *
 * @module
 */
import { DregsParser } from "../dsl/syntax/parser.ts";

if (import.meta.main) console.log(new DregsParser().writeLookahead());
