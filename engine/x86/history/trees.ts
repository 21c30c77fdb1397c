/**
 * Which trees of KVM/x86 the rows were read in. Data.
 *
 * @module
 */

/** The last point release read of each series that more than the first was read of. */
export const LAST_READ: Readonly<Record<string, number>> = {
  "4.4": 178,
  "4.5": 7,
  "4.9": 337,
  "4.14": 325,
  "4.19": 222,
  "5.4": 301,
  "5.10": 265,
  "5.15": 215,
  "5.19": 6,
  "6.0": 19,
  "6.1": 166,
  "6.6": 150,
  "6.12": 33,
  "6.18": 35,
  "7.1": 5,
};
