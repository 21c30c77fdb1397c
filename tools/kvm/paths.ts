/**
 * Paths as the caller of the task means them: deno runs a task in the project's folder, and says where it was asked for.
 *
 * @module
 */

/** Resolves `.` and `..`. */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/**
 * A path of the caller's as a path from the project's folder, where it is below it.
 *
 * @param caller the folder where the task was asked for; the project's if undefined
 */
export function fromCaller(
  path: string,
  caller: string | undefined,
  project: string,
): string {
  const whole = path.startsWith("/")
    ? normal(path)
    : normal(`${caller ?? project}/${path}`);
  const root = normal(project);
  if (whole === root) return ".";
  return whole.startsWith(`${root}/`) ? whole.slice(root.length + 1) : whole;
}
