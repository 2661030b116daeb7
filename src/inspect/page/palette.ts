/**
 * Colours. Categories take Okabe and Ito's colours, which people with any colour vision can tell apart; where more than colour
 * helps, a dash or a hatch says the same. Everything else comes from the style sheet, light or dark.
 */
import { printNdSbp, type NdSbp } from "../../ir/layout.ts";
import type { CollectiveKind } from "../../plan/plan.ts";
import type { PhaseKind } from "../../schedule/step-order.ts";
import type { MemoryUse } from "../memory-uses.ts";
import type { PageModel } from "./model.ts";

export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly faint: string;
  readonly line: string;
  readonly paper: string;
  readonly panel: string;
  readonly accent: string;
  readonly dark: boolean;
}

let theme: Theme | undefined;

export function currentTheme(): Theme {
  if (theme !== undefined) return theme;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  theme = {
    ink: read("--ink"),
    soft: read("--soft"),
    faint: read("--faint"),
    line: read("--line"),
    paper: read("--paper"),
    panel: read("--panel"),
    accent: read("--accent"),
    dark: read("--dark") === "1",
  };
  return theme;
}

/** What the reader can ask for; `auto` is what the system has. */
export const themes = ["auto", "light", "dark"] as const;

export const darkSystem = matchMedia("(prefers-color-scheme: dark)");

/** Makes the page light or dark; what is painted by hand is to be painted again. */
export function showTheme(choice: (typeof themes)[number]): void {
  const system = darkSystem.matches ? "dark" : "light";
  document.documentElement.dataset["theme"] = choice === "auto" ? system : choice;
  theme = undefined;
}

const okabeIto = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#a6761d"];
/** The same hues, light enough for lines on a dark ground. */
const onDark = ["#4ba6e3", "#e69f00", "#2fc296", "#e093c1", "#f2793b", "#93d6f7", "#cb9a45"];

/** Of the categories 0, 1, 2, … */
export function categoryColour(index: number): string {
  return (currentTheme().dark ? onDark : okabeIto)[index % okabeIto.length] as string;
}

/** How much larger than on a small screen the page's letters are: what is drawn follows them. */
export function letterScale(): number {
  return Number.parseFloat(getComputedStyle(document.body).fontSize) / 13.5;
}

export const collectiveColours: Readonly<Record<CollectiveKind, string>> = {
  "all-reduce": "#d55e00",
  "reduce-scatter": "#e69f00",
  "all-gather": "#cc79a7",
  "all-to-all": "#a6761d",
  halo: "#56b4e9",
  send: "#009e73",
};

export const computeColour = "#0072b2";

/** Computation by phase, dark to light, with what can be read on it. */
export const phaseColours: Readonly<Record<PhaseKind, { readonly fill: string; readonly text: string }>> = {
  F: { fill: computeColour, text: "#fff" },
  B: { fill: "#56b4e9", text: "#10202c" },
  I: { fill: "#56b4e9", text: "#10202c" },
  W: { fill: "#b3daf2", text: "#10202c" },
  U: { fill: "#5b4a9c", text: "#fff" },
};

export const memoryColours: Readonly<Record<MemoryUse, string>> = {
  parameters: "#0072b2",
  states: "#56b4e9",
  inputs: "#a6761d",
  scratch: "#8a8f98",
  gradients: "#d55e00",
  updates: "#cc79a7",
  communication: "#009e73",
  activations: "#e69f00",
};

export interface LayoutStyle {
  readonly text: string;
  /** Of its category; undefined: the same on every device. */
  readonly category: number | undefined;
  readonly dash: readonly number[];
  readonly values: number;
}

/** Of lines, once all colours are taken; partial values are never drawn through. */
const plainDashes: readonly (readonly number[])[] = [[], [2, 3], [14, 3, 3, 3]];
const partialDashes: readonly (readonly number[])[] = [
  [6, 4],
  [6, 3, 2, 3],
  [3, 6],
];

/** A style for every layout that values have, by its text; the most frequent ones get the first colours. */
export function layoutStyles(model: PageModel): ReadonlyMap<string, LayoutStyle> {
  const counts = new Map<string, { layout: NdSbp; values: number }>();
  for (const node of model.graph.nodes) {
    for (const output of node.outputs) {
      const layout = model.graph.values.get(output)?.layout;
      if (layout === undefined) continue;
      const text = printNdSbp(layout);
      const entry = counts.get(text) ?? { layout, values: 0 };
      entry.values++;
      counts.set(text, entry);
    }
  }
  const styles = new Map<string, LayoutStyle>();
  let colours = 0;
  for (const [text, { layout, values }] of [...counts].sort((a, b) => b[1].values - a[1].values)) {
    const whole = layout.every(({ kind }) => kind === "B");
    const partial = layout.some(({ kind }) => kind === "P");
    const round = Math.floor(colours / okabeIto.length);
    const dashes = partial ? partialDashes : plainDashes;
    const dash = dashes[round % dashes.length] ?? [];
    styles.set(text, { text, category: whole ? undefined : colours++, dash, values });
  }
  return styles;
}

export function layoutColour({ category }: LayoutStyle): string {
  return category === undefined ? "#8a8f98" : categoryColour(category);
}
