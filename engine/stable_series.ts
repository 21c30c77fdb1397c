/**
 * The last point release of each stable series that has ended. Data. A series that still gets releases has no row, and
 * neither has one whose end was not looked up.
 *
 * @module
 */

/** As `linux` of endoflife.date lists them, with the announcement of each on lore.kernel.org; read in August 2025. */
const LISTED: Readonly<Record<string, number>> = {
  "4.9": 337,
  "4.14": 336,
  "4.19": 325,
  "5.11": 22,
  "5.12": 19,
  "5.13": 19,
  "5.14": 21,
  "5.16": 20,
  "5.17": 15,
  "5.18": 19,
  "5.19": 17,
  "6.0": 19,
  "6.2": 16,
  "6.3": 13,
  "6.4": 16,
  "6.5": 13,
  "6.7": 12,
  "6.8": 12,
  "6.9": 12,
  "6.10": 14,
  "6.11": 11,
  "6.13": 12,
  "6.14": 11,
};

/** From memory of the releases on kernel.org. */
const REMEMBERED: Readonly<Record<string, number>> = {
  "4.4": 302,
  "4.5": 7,
  "4.6": 7,
  "4.7": 10,
  "4.8": 17,
  "4.10": 17,
  "4.11": 12,
  "4.12": 14,
  "4.13": 16,
  "4.15": 18,
  "4.16": 18,
  "4.17": 19,
  "4.18": 20,
  "4.20": 17,
  "5.0": 21,
  "5.1": 21,
  "5.2": 21,
  "5.3": 18,
  "5.4": 302,
  "5.5": 19,
  "5.6": 19,
  "5.7": 19,
  "5.8": 18,
  "5.9": 16,
};

/**
 * The last point release of a series.
 *
 * @param series `6.7`
 * @returns undefined if the series has not ended, or its end is not known
 */
export function lastPoint(series: string): number | undefined {
  return LISTED[series] ?? REMEMBERED[series];
}
