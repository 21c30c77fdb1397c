/**
 * Python, for benchmarks that start it.
 *
 * @module
 */

/** Python itself: what is found by the name may be a script that looks for it. */
export async function realPython(): Promise<string> {
  try {
    const { stdout } = await new Deno.Command("python3", {
      args: ["-c", "import sys; print(sys.executable)"],
    }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "python3";
    throw error;
  }
}
