/**
 * Error numbers that the modelled ioctls return, by the kernel's names.
 *
 * @module
 */

/** Error numbers by name; an ioctl's result is 0 or one of these, negated. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  ENOMEM: 12,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOTTY: 25,
  ENOSPC: 28,
  ENOSYS: 38,
} as const;

/** Name of an error number, `EINVAL`. */
export type ErrnoName = keyof typeof ERRNO;

/**
 * Name of an ioctl's result.
 *
 * @param result 0, or a negated error number
 * @returns undefined for success
 */
export function errnoName(result: number): ErrnoName | undefined {
  if (result === 0) return undefined;
  for (const [name, number] of Object.entries(ERRNO)) {
    if (number === -result) return name as ErrnoName;
  }
  throw new RangeError(`No name for the ioctl result ${result}`);
}
