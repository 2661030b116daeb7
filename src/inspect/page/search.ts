/** The search box: operators, tensors, modules and source lines by any part of their name. */
import { printLocation } from "../../diagnostics/location.ts";
import { h, replace } from "./dom.ts";
import { itemOfNode, type PageModel } from "./model.ts";
import { boxingOp } from "../../sbp/boxing-node.ts";
import type { Item, Store } from "./state.ts";

interface Entry {
  readonly text: string;
  /** The name, and all that is searched, in small letters. */
  readonly name: string;
  readonly lower: string;
  readonly kind: string;
  readonly place: string;
  readonly item: Item;
}

const mostShown = 40;

function entriesOf(model: PageModel): Entry[] {
  const entries: Entry[] = [];
  const add = (text: string, kind: string, place: string, item: Item) =>
    entries.push({
      text,
      name: text.toLowerCase(),
      lower: `${text} ${kind} ${place}`.toLowerCase(),
      kind,
      place,
      item,
    });
  const modules = new Set<string>();
  for (const { module } of model.graph.nodes) {
    for (
      let path = module;
      path !== "" && !modules.has(path);
      path = path.slice(0, Math.max(0, path.search(/[./][^./]*$/)))
    ) {
      modules.add(path);
      add(path, "module", "", { kind: "module", name: path });
    }
  }
  const named = new Set<string>();
  for (const node of model.graph.nodes) {
    const item = itemOfNode(model, node.name);
    const kind = node.op === boxingOp ? String(node.attributes["kind"] ?? "boxing") : node.op;
    add(node.name, kind, printLocation(node.location), item);
    named.add(node.name);
  }
  for (const value of model.graph.values.keys()) {
    if (named.has(value)) continue;
    const source = model.sources.get(value);
    const place = source === undefined ? "" : printLocation(source.location);
    add(value, source?.kind ?? "tensor", place, { kind: "value", name: value });
  }
  return entries;
}

/** All words must occur: names that begin with the text come first, then names that have all words; the shorter ones before. */
function find(
  entries: readonly Entry[],
  text: string,
): { readonly found: readonly Entry[]; readonly total: number } {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return { found: [], total: 0 };
  const hits = entries.filter(({ lower }) => words.every((word) => lower.includes(word)));
  const first = words[0] as string;
  const rank = ({ name }: Entry) =>
    name.startsWith(first) ? 0 : words.every((word) => name.includes(word)) ? 1 : 2;
  const score = (entry: Entry) => 1e6 * rank(entry) + entry.name.length;
  return { found: hits.sort((a, b) => score(a) - score(b)).slice(0, mostShown), total: hits.length };
}

export function searchBox(model: PageModel, store: Store): HTMLElement {
  let entries: readonly Entry[] | undefined;
  let found: readonly Entry[] = [];
  let active = 0;
  const input = h("input", {
    attributes: {
      type: "search",
      placeholder: "Search names, operators, source lines  ( / )",
      "aria-label": "Search",
      role: "combobox",
      "aria-expanded": "false",
      "aria-controls": "search-results",
      autocomplete: "off",
      spellcheck: "false",
    },
  });
  const list = h("div", { class: "search-results", role: "listbox", attributes: { id: "search-results" } });
  list.hidden = true;

  function close(): void {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  function take(entry: Entry | undefined): void {
    if (entry === undefined) return;
    store.set({ item: entry.item });
    close();
    input.blur();
  }

  function show(): void {
    entries ??= entriesOf(model);
    const result = find(entries, input.value);
    found = result.found;
    active = Math.min(active, Math.max(0, found.length - 1));
    list.hidden = input.value.trim() === "";
    input.setAttribute("aria-expanded", String(!list.hidden));
    const rows = found.map((entry, i) => {
      const row = h(
        "div",
        {
          class: i === active ? "result active" : "result",
          role: "option",
          attributes: { "aria-selected": String(i === active) },
        },
        h("span", { class: "name", title: entry.text }, entry.text),
        h("span", { class: "kind" }, entry.kind),
        h("span", { class: "place" }, entry.place),
      );
      row.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(entry);
      });
      return row;
    });
    const more = result.total - found.length;
    replace(
      list,
      ...rows,
      h(
        "div",
        { class: "result-note" },
        found.length === 0 ? "Nothing has that in its name." : more > 0 ? `and ${more} more` : "",
      ),
    );
    list.querySelector(".active")?.scrollIntoView({ block: "nearest" });
  }

  input.addEventListener("input", () => {
    active = 0;
    show();
  });
  input.addEventListener("focus", show);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      active = Math.max(0, Math.min(found.length - 1, active + (event.key === "ArrowDown" ? 1 : -1)));
      show();
    } else if (event.key === "Enter") take(found[active]);
    else if (event.key === "Escape") {
      input.value = "";
      input.blur();
    } else return;
    event.preventDefault();
  });
  return h("div", { class: "search" }, input, list);
}
