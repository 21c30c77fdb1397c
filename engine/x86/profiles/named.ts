/**
 * Kernels that have a name and are a release with changes on top. Data.
 *
 * @module
 */

/** Authors' kernels: the release that they were made for, and their own change. */
export const RELEASES_WITH: Readonly<
  Record<string, { readonly release: string; readonly row: string }>
> = {
  // The mail of February 2016, on the 4.4 of its time. Rule x86:C.6.
  "reload-2016": { release: "4.4", row: "reload-at-load" },
};

/** Distribution kernels: the release that they are made from. */
export const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  // 4.18.0-348.2.1, in KVM like 5.13.
  "rhel-8.5": "4.18",
};
