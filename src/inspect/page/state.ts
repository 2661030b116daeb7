/** What is shown and what is chosen; it stands in the URL's fragment, and every view follows it. */

export const viewNames = ["graph", "tensor", "timeline", "memory", "communication", "compare"] as const;
export type ViewName = (typeof viewNames)[number];

/** Something of the plan that can be chosen. */
export type Item =
  | { readonly kind: "module"; readonly name: string }
  | { readonly kind: "op"; readonly name: string }
  | { readonly kind: "value"; readonly name: string }
  | { readonly kind: "boxing"; readonly index: number };

export interface State {
  readonly view: ViewName;
  readonly item?: Item;
  /** Global rank of the chosen device. */
  readonly rank?: number;
}

/** `#graph?op=blocks.0.mlp.Gelu&rank=3`. */
export function printState({ view, item, rank }: State): string {
  const parameters = new URLSearchParams();
  if (item !== undefined) parameters.set(item.kind, item.kind === "boxing" ? String(item.index) : item.name);
  if (rank !== undefined) parameters.set("rank", String(rank));
  const text = parameters.toString();
  return text === "" ? `#${view}` : `#${view}?${text}`;
}

/** Reads `printState`'s text; what cannot be read is left out. */
export function parseState(fragment: string): State {
  const [name = "", query = ""] = fragment.replace(/^#/, "").split(/\?(.*)/s);
  const parameters = new URLSearchParams(query);
  const view = viewNames.find((known) => known === name) ?? "graph";
  const rank = wholeNumber(parameters.get("rank"));
  const item = parseItem(parameters);
  return { view, ...(item === undefined ? {} : { item }), ...(rank === undefined ? {} : { rank }) };
}

function parseItem(parameters: URLSearchParams): Item | undefined {
  for (const kind of ["op", "value", "module"] as const) {
    const name = parameters.get(kind);
    if (name !== null) return { kind, name };
  }
  const index = wholeNumber(parameters.get("boxing"));
  return index === undefined ? undefined : { kind: "boxing", index };
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

export interface Store {
  readonly state: () => State;
  /** Changes what is given; `undefined` takes it away. */
  readonly set: (change: { view?: ViewName; item?: Item | undefined; rank?: number | undefined }) => void;
  readonly subscribe: (listener: (state: State, before: State) => void) => void;
}

/** The state of the window's fragment. */
export function createStore(): Store {
  let state = parseState(location.hash);
  const listeners: ((state: State, before: State) => void)[] = [];
  const change = (next: State) => {
    const before = state;
    state = next;
    for (const listener of listeners) listener(state, before);
  };
  addEventListener("hashchange", () => {
    if (location.hash !== printState(state)) change(parseState(location.hash));
  });
  return {
    state: () => state,
    subscribe: (listener) => void listeners.push(listener),
    set: (wanted) => {
      const { view = state.view } = wanted;
      const item = "item" in wanted ? wanted.item : state.item;
      const rank = "rank" in wanted ? wanted.rank : state.rank;
      const next: State = {
        view,
        ...(item === undefined ? {} : { item }),
        ...(rank === undefined ? {} : { rank }),
      };
      if (printState(next) === printState(state)) return;
      // A new view can be gone back from; another choice in it replaces the last.
      if (next.view === state.view) history.replaceState(null, "", printState(next));
      else history.pushState(null, "", printState(next));
      change(next);
    },
  };
}

export function sameItem(a: Item | undefined, b: Item | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.kind === "boxing" || b.kind === "boxing"
    ? a.kind === "boxing" && b.kind === "boxing" && a.index === b.index
    : a.kind === b.kind && a.name === b.name;
}
