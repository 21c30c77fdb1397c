/**
 * The kernels of one architecture, by name, to which others can be added.
 *
 * @module
 */
import type { ProfileInfo } from "./architecture.ts";

/** What a profile's options change, of a record: by name, by value; the default value first. */
export type ProfileOptions<Kernel> = Readonly<
  Record<string, Readonly<Record<string, Partial<Kernel>>>>
>;

/** What every architecture's profile says. */
export interface ProfileHead<Kernel> {
  /** As the language spells it. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
  /** Where its behaviour is read or recorded. */
  readonly source: string;
  /** Options of its own. */
  readonly options?: ProfileOptions<Kernel>;
}

/** A record with what chosen options change; those that are not chosen have their first value. */
export function withOptions<Kernel>(
  kernel: Kernel,
  options: ProfileOptions<Kernel> | undefined,
  chosen: Readonly<Record<string, string>>,
): Kernel {
  return Object.entries(options ?? {}).reduce(
    (changed, [name, values]) => ({
      ...changed,
      ...values[chosen[name] ?? Object.keys(values)[0]],
    }),
    kernel,
  );
}

/** Profiles, oldest first; those added come last. */
export class ProfileList<Profile extends ProfileHead<unknown>> {
  readonly #vendors: readonly string[];
  readonly #other: (name: string) => Profile;
  readonly #profiles: Profile[] = [];
  readonly #infos: ProfileInfo[] = [];

  /**
   * @param vendors that each of them can be run for, the default first
   * @param other the profile of a name that is not in the list; throws RangeError if there is none
   */
  constructor(
    profiles: readonly Profile[],
    vendors: readonly string[],
    other: (name: string) => Profile = (name) => {
      throw new RangeError(`There is no profile ${name}`);
    },
  ) {
    this.#vendors = vendors;
    this.#other = other;
    for (const profile of profiles) this.add(profile);
  }

  /** All profiles; follows what is added and removed. */
  get all(): readonly Profile[] {
    return this.#profiles;
  }

  /** The same, for lists and checks. */
  get infos(): readonly ProfileInfo[] {
    return this.#infos;
  }

  /**
   * The profile of a name.
   *
   * @throws {RangeError} if there is none: a caller's bug
   */
  byName(name: string): Profile {
    return this.#profiles.find((one) => one.name === name) ??
      this.#other(name);
  }

  /**
   * Adds a profile.
   *
   * @returns removes it again
   * @throws {RangeError} if there is one of that name
   */
  add(profile: Profile): () => void {
    const { name, about, source, options = {} } = profile;
    if (this.#profiles.some((one) => one.name === name)) {
      throw new RangeError(`There is a profile ${name} already`);
    }
    this.#profiles.push(profile);
    this.#infos.push({
      name,
      about,
      source,
      vendors: this.#vendors,
      options: Object.fromEntries(
        Object.entries(options).map(([option, values]) => [
          option,
          Object.keys(values),
        ]),
      ),
    });
    return () => {
      const at = this.#profiles.indexOf(profile);
      if (at < 0) return;
      this.#profiles.splice(at, 1);
      this.#infos.splice(at, 1);
    };
  }
}
