/** What a comparison of two models has found, by kind. */

export type DiffKind = "model" | "interface" | "functions" | "nodes" | "weights";

export interface Differences {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface ModelDiff {
  /** Nothing differs but names. */
  readonly same: boolean;
  /** Nodes, weights, inputs and outputs that have a partner of another name. */
  readonly renamed: number;
  readonly pairedNodes: number;
  readonly pairedWeights: number;
  readonly differences: Readonly<Record<DiffKind, Differences>>;
}

export interface DiffLog {
  added(kind: DiffKind, what: string): void;
  removed(kind: DiffKind, what: string): void;
  changed(kind: DiffKind, what: string): void;
  renamed(): void;
  paired(kind: "nodes" | "weights"): void;
  /** A property of the model: `IR version: 8 -> 9`. */
  compare(what: string, a: string, b: string): void;
  /** Properties by name. */
  compareMaps(what: string, a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): void;
  result(): ModelDiff;
}

export function diffLog(): DiffLog {
  const empty = () => ({ added: [] as string[], removed: [] as string[], changed: [] as string[] });
  const differences = {
    model: empty(),
    interface: empty(),
    functions: empty(),
    nodes: empty(),
    weights: empty(),
  };
  let renamed = 0;
  const paired = { nodes: 0, weights: 0 };
  const compare = (what: string, a: string, b: string): void => {
    if (a !== b) differences.model.changed.push(`${what}: ${a} -> ${b}`);
  };
  return {
    added: (kind, what) => void differences[kind].added.push(what),
    removed: (kind, what) => void differences[kind].removed.push(what),
    changed: (kind, what) => void differences[kind].changed.push(what),
    renamed: () => void renamed++,
    paired: (kind) => void paired[kind]++,
    compare,
    compareMaps(what, a, b) {
      for (const [name, value] of a) {
        const other = b.get(name);
        if (other === undefined) differences.model.removed.push(`${what} ${name}: ${value}`);
        else compare(`${what} ${name}`, value, other);
      }
      for (const [name, value] of b)
        if (!a.has(name)) differences.model.added.push(`${what} ${name}: ${value}`);
    },
    result: () => ({
      same: Object.values(differences).every(
        ({ added, removed, changed }) => added.length + removed.length + changed.length === 0,
      ),
      renamed,
      pairedNodes: paired.nodes,
      pairedWeights: paired.weights,
      differences,
    }),
  };
}
