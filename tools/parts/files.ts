/**
 * A program that tools/parts.ts took apart, as text: in one file, or in a file that a start reads and others beside it,
 * each read when something of it is first needed.
 *
 * @module
 */

/** The file that a start reads, among those of a program. */
export const MAIN = "";

/** The file of what no start loads. */
export const REST = "rest";

/** A program in parts. */
export interface ProgramParts {
  /** Statements of the main file, after those that add parts. */
  readonly statements: string;
  /** By file and part: the statement that adds the part. */
  readonly additions: Readonly<
    Record<string, Readonly<Record<string, string>>>
  >;
}

/**
 * What the parts are made by, in the main file's own scope; each is added by a call of `$add()`, since V8 would give a
 * function in an object a name of its own, and all functions within.
 */
const LOADER =
  `var $meta=import.meta,$parts={},$made={},$done={},$homes={},$read={};
function $add(name,needs,make){$parts[name]=[needs,make]}
function $part(name){return $made[name]??=$make(name)}
async function $make(name){
if(!$parts[name])await $file($homes[name]);
let[needs,make]=$parts[name],given=[];
for(let one of needs)given.push(await $part(one));
return $done[name]??=make(...given)}
function $now(name){
let[needs,make]=$parts[name];
return $done[name]??=make(...needs.map((one)=>$done[one]))}
function $file(name){return $read[name]??=$open(name)}
async function $whole(){for(let name of new Set(Object.values($homes)))await $file(name)}
async function $open(name){
for(let one of(await $import(name)).default($meta,$part,$now))$add(...one)}
async function $import(name){
let beside=(main)=>import(new URL(name,main).href);
try{return await beside($meta.url)}catch(problem){
try{return await beside($real())}catch{}
await Deno.stderr.write(new TextEncoder().encode("dregs: a file of the program cannot be read: "+problem.message+"\\n"));
Deno.exit(2)}}
function $real(){
return"file://"+Deno.realPathSync(new URL($meta.url)).split("/").map(encodeURIComponent).join("/")}
`;

/** What a file beside the main one begins with: it is given what its parts use of the main file. */
const BESIDE = `var $all=[],$meta,$part,$now;
function $add(...one){$all.push(one)}
export default function(meta,part,now){$meta=meta;$part=part;$now=now;return $all}
`;

function textsOf(additions: Readonly<Record<string, string>>): string[] {
  return Object.values(additions);
}

/**
 * The program in one file.
 *
 * @param line a statement that comes first
 */
export function inOneFile(
  line: string,
  { statements, additions }: ProgramParts,
): string {
  const all = Object.values(additions).flatMap(textsOf);
  return [line + LOADER + all.join("\n"), statements, ""].join("\n");
}

/**
 * The program in several files.
 *
 * @param line a statement that comes first in the main file
 * @param nameOf the name of a file
 * @returns texts by file
 */
export function inFiles(
  line: string,
  { statements, additions }: ProgramParts,
  nameOf: (file: string) => string,
): Record<string, string> {
  const { [MAIN]: main, ...others } = additions;
  const homes = Object.fromEntries(
    Object.entries(others).flatMap(([file, parts]) =>
      Object.keys(parts).map((part) => [part, nameOf(file)])
    ),
  );
  const files: Record<string, string> = {
    [MAIN]: [
      `${line}${LOADER}$homes=${JSON.stringify(homes)};`,
      ...textsOf(main),
      statements,
      "",
    ].join("\n"),
  };
  for (const [file, parts] of Object.entries(others)) {
    files[file] = [BESIDE + textsOf(parts).join("\n"), ""].join("\n");
  }
  return files;
}
