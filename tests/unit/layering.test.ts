/** Reads every import of the project's own code: arrows point one way, there is no cycle, and the compiler knows no Node. */
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Each layer with those that it may import, itself included. */
const below = {
  support: [],
  diagnostics: ["support"],
  ir: ["diagnostics", "support"],
  sbp: ["ir", "diagnostics", "support"],
  ops: ["sbp", "ir", "diagnostics", "support"],
} as const;
const common: readonly string[] = ["ops", ...below.ops];
const allowed: Readonly<Record<string, readonly string[]>> = {
  ...below,
  ...Object.fromEntries(["nn", "onnx", "cost", "search", "schedule"].map((layer) => [layer, common])),
  plan: [...common, "nn", "onnx", "cost", "search", "schedule"],
  inspect: [...common, "nn", "onnx", "cost", "search", "schedule", "plan"],
  passes: [...common, "nn", "onnx", "cost", "search", "schedule", "plan", "inspect"],
  backends: [...common, "nn", "onnx", "cost", "search", "schedule", "plan", "inspect"],
};
/** Layers of one floor that use one another all the same, with the reason. */
const agreed: Readonly<Record<string, readonly string[]>> = {
  // A model states its stages by LiBai's rule while it is built.
  nn: ["schedule"],
};
/** Packages that may be imported below the top floor and in passes: they run in a browser. */
const browserPackages = new Set(["protobufjs", "@dagrejs/graphlib", "long", "@noble/hashes", "string-width"]);

/** Packages of the page's program, which is bundled with them. */
const pagePackages = new Set(["@dagrejs/dagre", "d3-scale", "d3-selection", "d3-shape", "d3-zoom"]);

interface Import {
  readonly from: string;
  /** Path of a file of the project, or the specifier of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = ["src", "passes", "backends"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith(".ts") && !name.includes("/generated/")),
);

const imports: readonly Import[] = files.flatMap((from) => {
  const text = readFileSync(join(root, from), "utf8");
  const found: Import[] = [];
  const statement =
    /^(?:import|export)\b(\s+type\b)?(?:[^;"']*?\bfrom)?\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;
  for (const [, type, named, dynamic] of text.matchAll(statement)) {
    const specifier = (named ?? dynamic) as string;
    const to = specifier.startsWith(".") ? relative(root, join(root, dirname(from), specifier)) : specifier;
    found.push({ from, to, typeOnly: type !== undefined });
  }
  return found;
});

/** `ir` of `src/ir/text/print.ts`; `top` for what sits directly in src and the command line; undefined for packages. */
function layerOf(path: string): string | undefined {
  const [first, second = ""] = path.split("/");
  if (first === "passes" || first === "backends") return first;
  if (first !== "src") return undefined;
  return second.endsWith(".ts") || second === "cli" || second === "files" ? "top" : second;
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

describe("layers", () => {
  it("finds the imports", () => {
    expect(files.length).toBeGreaterThan(40);
    expect(imports).toContainEqual({
      from: "src/ir/text/parse.ts",
      to: "src/ir/text/scan.ts",
      typeOnly: false,
    });
    expect(imports).toContainEqual({ from: "passes/pass.ts", to: "src/ir/graph.ts", typeOnly: true });
  });

  it("import only what lies below them", () => {
    const wrong = imports.filter(({ from, to }) => {
      const [a, b] = [layerOf(from) as string, layerOf(to)];
      if (b === undefined || a === b || a === "top") return false;
      return ![...(allowed[a] ?? []), ...(agreed[a] ?? [])].includes(b);
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it("have no cycle of files", () => {
    const graph = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports)
      if (!typeOnly && layerOf(to) !== undefined) graph.set(from, [...(graph.get(from) ?? []), to]);
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
        return;
      }
      state.set(file, "open");
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, "done");
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("know no Node API and only packages of the browser below the top floor and in passes", () => {
    const node = new Set(builtinModules);
    const wrong = imports.filter(({ from, to }) => {
      const layer = layerOf(from);
      if (layer === "top" || layer === "backends" || layerOf(to) !== undefined || to.includes("/generated/"))
        return false;
      if (from.startsWith("src/inspect/page/") && pagePackages.has(packageOf(to))) return false;
      return to.startsWith("node:") || node.has(packageOf(to)) || !browserPackages.has(packageOf(to));
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
    const globals = files.filter((file) => {
      const layer = layerOf(file);
      if (layer === "top" || layer === "backends") return false;
      return /\b(?:process\.(?:env|argv|stdout|platform|exit)|Buffer\.(?:from|alloc|concat)|__dirname|require\()/.test(
        readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ""),
      );
    });
    expect(globals).toEqual([]);
  });

  it("pass imports no pass, but pipeline.ts and a pass's own folder", () => {
    const shared = new Set(["passes/pass.ts", "passes/properties.ts"]);
    const wrong = imports.filter(({ from, to }) => {
      if (layerOf(from) !== "passes" || layerOf(to) !== "passes" || shared.has(to)) return false;
      if (from === "passes/pipeline.ts" || from === "passes/runner.ts") return false;
      const own = from.split("/")[1]?.replace(/\.ts$/, "");
      return !to.startsWith(`passes/${own}/`);
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it("have no barrels", () => {
    const barrels = files.filter((file) => {
      if (file === "src/index.ts") return false;
      const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
      return file.endsWith("/index.ts") ? /^export\b[^;]*\bfrom\b/m.test(text) : /^export \*/m.test(text);
    });
    expect(barrels).toEqual([]);
  });
});
