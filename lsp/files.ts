/**
 * Files by URI and by path.
 *
 * @module
 */

/** The path of a file's URI; another URI is its own path. */
export function pathOf(uri: string): string {
  try {
    const url = new URL(uri);
    if (url.protocol !== "file:") return uri;
    // `/C:/…` is a URL's path of `C:/…`.
    return decodeURIComponent(url.pathname).replace(/^\/([A-Za-z]:)/, "$1");
  } catch {
    return uri;
  }
}

/** The URI of a path. */
export function uriOf(path: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(path)) return path;
  // A surrogate alone has no bytes of UTF-8 that could be written as %XX.
  const slashed = path.toWellFormed().replaceAll("\\", "/");
  const whole = slashed.startsWith("/") ? slashed : `/${slashed}`;
  return `file://${whole.split("/").map(encodeURIComponent).join("/")}`
    // Editors write the colon of a drive as it is.
    .replace(/^(file:\/\/\/[A-Za-z])%3A/, "$1:");
}
