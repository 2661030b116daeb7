/**
 * Reads the text form of a graph, see `print.ts`. Clauses after a type may come in any order. Whether the graph makes
 * sense (names defined once and before use, and so on) is for the verifier to say; of values defined twice the first is kept.
 */
import type {
  Attribute,
  Attributes,
  Graph,
  GraphOutput,
  Node,
  NodePhase,
  NodeSignature,
  Source,
  Value,
} from "../graph.ts";
import type { LayoutHint, Mesh, NdSbp } from "../layout.ts";
import { readHint, readMesh, readNdSbp } from "./parse-layout.ts";
import { sourceForms, type SourceBody } from "./parse-source.ts";
import { readTensorInBrackets, readType } from "./parse-tensor.ts";
import { Scanner } from "./scan.ts";

/**
 * The graph that `text` describes. Where `fileName` is given, what has no location of its own is at its line of that file.
 * Reports `syntax` with the line and what was expected.
 */
export function parseGraph(text: string, fileName?: string): Graph {
  const reader = new Reader(new Scanner(text, fileName));
  return reader.document();
}

/** The hint that `hard dp:S(0) tp:B` says. */
export function parseHint(text: string): LayoutHint {
  return readHint(new Scanner(text, undefined));
}

/** What may follow the type of a value or node, by the word that starts it. */
interface Clauses {
  module?: string;
  layer?: number;
  stage?: number;
  phase?: NodePhase;
  stateOf?: string;
  name?: string;
  signature?: NodeSignature;
  form?: string;
}

const clauseWords = new Set(["in", "layer", "stage", "phase", "state", "as", "form", "signature"] as const);

const phases: ReadonlySet<NodePhase> = new Set(["input", "weight", "update"]);

class Reader {
  readonly #s: Scanner;

  constructor(scanner: Scanner) {
    this.#s = scanner;
  }

  document(): Graph {
    const s: Scanner = this.#s;
    s.skipLines();
    const graph = this.#graph();
    s.skipLines();
    if (!s.atEnd) s.fail("the end of the text");
    return graph;
  }

  #graph(): Graph {
    const s: Scanner = this.#s;
    if (!s.takeWord("graph")) s.fail('"graph"');
    const name = s.name("the name of the graph");
    let mesh: Mesh | undefined;
    let layers: number | undefined;
    let layerStages: Graph["layerStages"];
    let opsets: Graph["opsets"];
    while (!s.take("{")) {
      if (s.takeWord("on")) mesh = readMesh(s);
      else if (s.takeWord("layers")) layers = s.int();
      else if (s.takeWord("stages")) layerStages = this.#layerStages();
      else if (s.takeWord("opsets")) opsets = this.#opsets();
      else s.fail('"on", "layers", "stages", "opsets" or "{"');
    }
    s.endOfStatement();

    const values = new Map<string, Value>();
    const define = (value: Value) => {
      if (!values.has(value.name)) values.set(value.name, value);
    };
    const sources: Source[] = [];
    const nodes: Node[] = [];
    let outputs: readonly GraphOutput[] | undefined;
    for (;;) {
      s.skipLines();
      if (s.take("}")) break;
      if (outputs !== undefined) s.fail('"}" after return');
      if (s.takeWord("return")) outputs = this.#return();
      else if (s.sees("%") || s.sees("()")) nodes.push(this.#node(define));
      else if (s.takeWord("region")) {
        const region = s.name("the name of the region");
        s.expect("=");
        const node = nodes.pop() ?? s.fail("a node before its region");
        nodes.push({ ...node, regions: { ...node.regions, [region]: this.#graph() } });
      } else sources.push(this.#source(define));
    }
    if (outputs === undefined) s.fail('"return" before "}"');
    return {
      name,
      sources,
      nodes,
      outputs,
      values,
      ...(layers === undefined ? {} : { layers }),
      ...(layerStages === undefined ? {} : { layerStages }),
      ...(mesh === undefined ? {} : { mesh }),
      ...(opsets === undefined ? {} : { opsets }),
    };
  }

  #opsets(): Graph["opsets"] {
    const s: Scanner = this.#s;
    const sets = s.list("[", "]", () => {
      const domain = s.name("a domain of operators");
      s.expect("=");
      return [domain, s.int()] as const;
    });
    return Object.fromEntries(sets);
  }

  #layerStages(): Graph["layerStages"] {
    const s: Scanner = this.#s;
    if (s.sees("[")) return s.list("[", "]", () => s.int());
    if (s.takeWord("libai")) return "libai";
    if (s.takeWord("balanced")) return "balanced";
    return s.fail('"libai", "balanced" or a list of stages');
  }

  #return(): GraphOutput[] {
    const s: Scanner = this.#s;
    const outputs: GraphOutput[] = [];
    let name = s.maybeName();
    while (name !== undefined) {
      s.expect("=");
      outputs.push({ name, value: s.ref() });
      name = s.take(",") ? s.name("the name of an output") : undefined;
    }
    s.endOfStatement();
    return outputs;
  }

  #source(define: (value: Value) => void): Source {
    const s: Scanner = this.#s;
    const kind = s.word('a source, a node (%name = …), "return" or "}"');
    const form =
      sourceForms.get(kind) ??
      s.fail(`a kind of source (${[...sourceForms.keys()].join(", ")}) instead of "${kind}"`);
    const value = s.ref();
    s.expect(":");
    const type = readType(s);
    let made: SourceBody | undefined;
    const parts: { layout?: NdSbp; hint?: LayoutHint } = {};
    const clauses: Clauses = {};
    for (;;) {
      if (s.take("=")) made = form(s, type);
      else if (s.take("@")) parts.layout = readNdSbp(s);
      else if (s.takeWord("hint")) parts.hint = readHint(s);
      else if (!this.#clause(clauses)) break;
    }
    if (made === undefined && kind === "input") made = { kind: "input" };
    if (made === undefined) s.fail(`"=" and how the ${kind} comes about`);
    const location = s.endOfStatement();
    define({ name: value, type, ...parts });
    if (made.kind !== "parameter") return { ...made, value, location };
    const { module = "", layer, stage, stateOf } = clauses;
    return {
      ...made,
      value,
      location,
      ...(stateOf === undefined ? {} : { stateOf }),
      module,
      ...(layer === undefined ? {} : { layer }),
      ...(stage === undefined ? {} : { stage }),
    };
  }

  #node(define: (value: Value) => void): Node {
    const s: Scanner = this.#s;
    const outputs: string[] = [];
    if (!s.take("()")) {
      do outputs.push(s.ref());
      while (s.take(","));
    }
    s.expect("=");
    const op = s.name("an operator");
    const inputs = s.list("(", ")", () => (s.take("-") ? null : s.ref()));
    const attributes = s.sees("{") ? this.#attributes() : {};
    if (outputs.length > 0) {
      s.expect(":");
      outputs.forEach((name, i) => {
        if (i > 0 && !s.take(",")) s.fail(`the types of ${outputs.length} outputs`);
        define(this.#value(name));
      });
    }
    const clauses: Clauses = {};
    while (this.#clause(clauses));
    const { name = outputs[0], module = "", layer, stage, phase, signature, form } = clauses;
    if (name === undefined) s.fail('the name of the node ("as NAME")');
    return {
      name,
      op,
      inputs,
      outputs,
      attributes,
      location: s.endOfStatement(),
      module,
      ...(layer === undefined ? {} : { layer }),
      ...(stage === undefined ? {} : { stage }),
      ...(phase === undefined ? {} : { phase }),
      ...(signature === undefined
        ? {}
        : { signature: form === undefined ? signature : { ...signature, form } }),
    };
  }

  #value(name: string): Value {
    const s: Scanner = this.#s;
    const type = readType(s);
    const parts: { layout?: NdSbp; hint?: LayoutHint } = {};
    for (;;) {
      if (s.take("@")) parts.layout = readNdSbp(s);
      else if (s.takeWord("hint")) parts.hint = readHint(s);
      else return { name, type, ...parts };
    }
  }

  /** Reads one clause into `into`; false where none comes. */
  #clause(into: Clauses): boolean {
    const s: Scanner = this.#s;
    switch (s.takeOneOf(clauseWords)) {
      case undefined:
        return false;
      case "in":
        into.module = s.name("a module path");
        break;
      case "layer":
        into.layer = s.int();
        break;
      case "stage":
        into.stage = s.int();
        break;
      case "phase":
        into.phase = this.#phase();
        break;
      case "state":
        into.stateOf = s.name("the name of a parameter");
        break;
      case "as":
        into.name = s.name("the name of the node");
        break;
      case "form":
        into.form = s.name("the name of a distributed form");
        break;
      case "signature": {
        const inputs = s.list("(", ")", () => (s.take("-") ? null : readNdSbp(s)));
        s.expect("->");
        into.signature = { inputs, outputs: s.list("(", ")", () => readNdSbp(s)) };
      }
    }
    return true;
  }

  #phase(): NodePhase {
    const s: Scanner = this.#s;
    return s.takeOneOf(phases) ?? s.fail(`a phase of a training step (${[...phases].join(", ")})`);
  }

  #attributes(): Attributes {
    const s: Scanner = this.#s;
    const attributes: Record<string, Attribute> = {};
    s.list("{", "}", () => {
      const name = s.name("the name of an attribute");
      s.expect("=");
      attributes[name] = this.#attribute();
    });
    return attributes;
  }

  #attribute(): Attribute {
    const s: Scanner = this.#s;
    if (s.sees('"')) return s.string();
    if (s.take("[")) {
      if (s.sees('"')) return s.list("", "]", () => s.string());
      return s.list("", "]", () => s.number());
    }
    if (s.take("float(")) {
      const float = s.number();
      s.expect(")");
      return { float };
    }
    if (s.take("floats(")) return { floats: s.list("", ")", () => s.number()) };
    if (s.takeWord("tensor")) return { tensor: readTensorInBrackets(s) };
    if (s.take("type(")) {
      const type = readType(s);
      s.expect(")");
      return { type };
    }
    return s.number();
  }
}
