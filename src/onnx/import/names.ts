/** Names of values: each has one meaning in the whole model, the graphs inside its graphs included. */

export class Names {
  /** Made when the first name is claimed: in most graphs all names are the file's. */
  #names: Set<string> | undefined;
  readonly #reserved: () => Iterable<string>;
  readonly #counts = new Map<string, number>();
  #log: string[] = [];
  readonly #claimed = new Set<string>();

  /** `reserved` are names that only their owner uses, without asking. */
  constructor(reserved: () => Iterable<string>) {
    this.#reserved = reserved;
  }

  get #taken(): Set<string> {
    return (this.#names ??= new Set(this.#reserved()));
  }

  /** `name` where it is free, else `name_1`, `name_2`, …; taken from now on. */
  claim(name: string): string {
    let free = name;
    for (let i = this.#counts.get(name) ?? 1; this.#taken.has(free); i++) {
      free = `${name}_${i}`;
      this.#counts.set(name, i + 1);
    }
    this.#taken.add(free);
    this.#claimed.add(free);
    this.#log.push(free);
    return free;
  }

  isClaimed(name: string): boolean {
    return this.#claimed.has(name);
  }

  /** Runs `attempt`; where it gives undefined, the names that it claimed are free again. */
  tentatively<T>(attempt: () => T | undefined): T | undefined {
    const outer = this.#log;
    this.#log = [];
    let result: T | undefined;
    try {
      result = attempt();
    } finally {
      if (result === undefined) {
        for (const name of this.#log) {
          this.#taken.delete(name);
          this.#claimed.delete(name);
        }
        this.#counts.clear();
      } else for (const name of this.#log) outer.push(name);
      this.#log = outer;
    }
    return result;
  }
}

/** What names mean in a graph of the file, or in the body of a function; null: an optional input that the call leaves out. */
export class Scope {
  readonly #names = new Map<string, string | null>();
  readonly #outer: Scope | undefined;
  readonly #isOwn: ((name: string) => boolean) | undefined;

  /** `isOwn`: whether a name means the value that has the same name, which need not be set then. */
  constructor(outer?: Scope, isOwn?: (name: string) => boolean) {
    this.#outer = outer;
    this.#isOwn = isOwn;
  }

  set(name: string, value: string | null): void {
    if (value !== name || this.#isOwn?.(name) !== true) this.#names.set(name, value);
  }

  /** Whether it was set here, not around. */
  defines(name: string): boolean {
    return this.#isOwn?.(name) === true || this.#names.has(name);
  }

  /** The value of the graph that a name means; undefined where nothing has defined it. */
  find(name: string): string | null | undefined {
    if (this.#isOwn?.(name) === true) return name;
    const found = this.#names.get(name);
    return found === undefined ? this.#outer?.find(name) : found;
  }
}

/** Names without the empty ones at the end. */
export function trimmed(names: readonly string[]): readonly string[] {
  let length = names.length;
  while (length > 0 && names[length - 1] === "") length--;
  return length === names.length ? names : names.slice(0, length);
}
