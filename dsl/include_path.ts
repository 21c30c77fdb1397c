/**
 * Paths of `include`, as text: where they lead, without asking a file system.
 *
 * Node's module for paths does the same, and costs every start of the program more than reading its scenario.
 *
 * @module
 */

/** How a path's parts are separated. */
export interface PathStyle {
  /** Also by backslashes, with drives and shares, as on Windows. */
  readonly backslash: boolean;
}

/**
 * The path that an `include` means.
 *
 * @param path as written
 * @param from name of the file in which it is written
 */
export function includePath(
  path: string,
  from: string,
  style: PathStyle,
): string {
  const wanted = slashed(path, style);
  const base = slashed(from, style);
  const isWhole = rootOf(wanted, style) !== "";
  const whole = isWhole ? wanted : folderOf(base, style) + wanted;
  const root = rootOf(whole, style);
  const parts: string[] = [];
  for (const part of whole.slice(root.length).split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (root === "") parts.push(part);
  }
  return root + parts.join("/") || ".";
}

function slashed(path: string, { backslash }: PathStyle): string {
  return backslash ? path.replaceAll("\\", "/") : path;
}

/** What a path begins with that no `..` leads out of. */
function rootOf(path: string, { backslash }: PathStyle): string {
  const root = backslash
    ? /^(?:builtin:|[A-Za-z]:\/|\/\/[^/]+\/[^/]+\/|\/)/
    : /^(?:builtin:|\/)/;
  return root.exec(path)?.[0] ?? "";
}

/** A path without its last part, which is a file. */
function folderOf(path: string, style: PathStyle): string {
  const end = path.lastIndexOf("/") + 1;
  return path.slice(0, Math.max(end, rootOf(path, style).length));
}
