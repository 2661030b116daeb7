/**
 * Reads the text form of a graph, see `print.ts`. Clauses after a type may come in any order. Whether the graph makes
 * sense (names defined once and before use, and so on) is for the verifier to say; of values defined twice the first is kept.
 */
import { product } from "../../support/collections.ts";
import { parseDim, type Dim } from "../dim.ts";
import type {
  Attribute,
  Attributes,
  Graph,
  GraphOutput,
  Initializer,
  Node,
  NodeSignature,
  Source,
  Value,
  WholeInitializer,
} from "../graph.ts";
import {
  broadcast,
  partial,
  split,
  windowed,
  type LayoutHint,
  type Mesh,
  type MeshAxis,
  type NdSbp,
  type Reduction,
  type Sbp,
} from "../layout.ts";
import { hasNumbers, type TensorData } from "../tensor-data.ts";
import { isDataType, tensorType, type DataType, type ValueType } from "../types.ts";
import { readBase64, readElements } from "./literal.ts";
import { Scanner } from "./scan.ts";

/**
 * The graph that `text` describes. Where `fileName` is given, what has no location of its own is at its line of that file.
 * Reports `syntax` with the line and what was expected.
 */
export function parseGraph(text: string, fileName?: string): Graph {
  const reader = new Reader(new Scanner(text, fileName));
  return reader.document();
}

/** What may follow the type of a value or node, by the word that starts it. */
interface Clauses {
  module?: string;
  layer?: number;
  stage?: number;
  name?: string;
  signature?: NodeSignature;
  form?: string;
}

class Reader {
  readonly #s: Scanner;

  constructor(scanner: Scanner) {
    this.#s = scanner;
  }

  fail(expected: string): never {
    return this.#s.fail(expected);
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
      if (s.takeWord("on")) mesh = this.#mesh();
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

  #mesh(): Mesh {
    const s: Scanner = this.#s;
    if (!s.takeWord("mesh")) s.fail('"mesh["');
    const all = s.list("[", "]", (): MeshAxis => {
      const name = s.name("a mesh axis");
      s.expect("=");
      return { name, size: s.int() };
    });
    const pipeline = all.find((axis) => axis.name === "pp");
    return { axes: all.filter((axis) => axis !== pipeline), stages: pipeline?.size ?? 1 };
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

  // --- sources

  #source(define: (value: Value) => void): Source {
    const s: Scanner = this.#s;
    const kind = s.word('a source, a node (%name = …), "return" or "}"');
    const form =
      sourceForms.get(kind) ??
      s.fail(`a kind of source (${[...sourceForms.keys()].join(", ")}) instead of "${kind}"`);
    const value = s.ref();
    s.expect(":");
    const type = this.#type();
    let made: SourceBody | undefined;
    const parts: { layout?: NdSbp; hint?: LayoutHint } = {};
    const clauses: Clauses = {};
    for (;;) {
      if (s.take("=")) made = form(this, type);
      else if (s.take("@")) parts.layout = this.ndSbp();
      else if (s.takeWord("hint")) parts.hint = this.#hint();
      else if (!this.#clause(clauses)) break;
    }
    if (made === undefined && kind === "input") made = { kind: "input" };
    if (made === undefined) s.fail(`"=" and how the ${kind} comes about`);
    const location = s.endOfStatement();
    define({ name: value, type, ...parts });
    if (made.kind !== "parameter") return { ...made, value, location };
    const { module = "", layer, stage } = clauses;
    return {
      ...made,
      value,
      location,
      module,
      ...(layer === undefined ? {} : { layer }),
      ...(stage === undefined ? {} : { stage }),
    };
  }

  initializer(): Initializer {
    const s: Scanner = this.#s;
    if (!s.takeWord("part")) return this.#wholeInitializer();
    s.expect("(");
    const name = s.string();
    s.expect(",");
    const shape = s.list("[", "]", () => s.int());
    s.expect(",");
    const start = s.list("[", "]", () => s.int());
    s.expect(",");
    const of = this.#wholeInitializer();
    s.expect(")");
    return { kind: "part", of, name, shape, start };
  }

  #wholeInitializer(): WholeInitializer {
    const s: Scanner = this.#s;
    const kind = s.word("an initializer");
    if (kind === "file") {
      s.expect("(");
      const path = s.string();
      s.expect(",");
      const offset = s.int();
      s.expect(",");
      const length = s.int();
      s.expect(")");
      return { kind, path, offset, length };
    }
    if (kind === "tensor") return { kind: "inline", data: this.#tensorInBrackets() };
    const numbers = s.list("(", ")", () => s.number());
    const [a, b] = numbers;
    if (kind === "constant" && a !== undefined && numbers.length === 1) return { kind, value: a };
    if (a === undefined || b === undefined || numbers.length !== 2) s.fail(`the numbers of ${kind}`);
    if (kind === "normal" || kind === "trunc-normal") return { kind, mean: a, std: b };
    if (kind === "uniform") return { kind, low: a, high: b };
    return s.fail(`an initializer instead of ${kind}`);
  }

  recipe(): SourceBody {
    const s: Scanner = this.#s;
    const kind = (["bernoulli", "normal", "uniform"] as const).find((word) => s.takeWord(word));
    if (kind === undefined) s.fail('"bernoulli(", "normal(" or "uniform("');
    s.expect("(");
    const number = () => {
      const value = s.number();
      s.expect(",");
      return value;
    };
    const [a, b] = [number(), kind === "bernoulli" ? 0 : number()];
    const key = s.string();
    s.expect(")");
    if (kind === "bernoulli") return { kind: "random", recipe: { kind, keep: a, key } };
    const recipe = kind === "normal" ? { kind, mean: a, std: b, key } : { kind, low: a, high: b, key };
    return { kind: "random", recipe };
  }

  table(): SourceBody {
    const s: Scanner = this.#s;
    if (!s.takeWord("table")) s.fail('"table"');
    const axes = s.list("[", "]", () => s.int());
    const entries = s.list("[", "]", () => s.list("[", "]", () => s.int()));
    return { kind: "rank", table: { axes, entries } };
  }

  /** The elements of a constant of this type. */
  tensor(type: ValueType): TensorData {
    const s: Scanner = this.#s;
    if (type.kind !== "tensor" || !type.shape.every((dim) => typeof dim === "number"))
      s.fail("a tensor type of known shape");
    const { dtype } = type;
    const shape = type.shape as readonly number[];
    const count = product(shape);
    if (dtype === "string") {
      const data = s.list("[", "]", () => s.string());
      return data.length === count ? { dtype, shape, data } : s.fail(`${count} texts`);
    }
    const data = s.takeWord("base64") ? readBase64(dtype, count, s.string()) : this.#numbers(dtype, count);
    return data === undefined ? s.fail(`${count} elements of ${dtype}`) : { dtype, shape, data };
  }

  #numbers(dtype: DataType, count: number): ReturnType<typeof readElements> {
    if (!hasNumbers(dtype)) this.#s.fail(`base64 for elements of ${dtype}`);
    const texts = this.#s.list("[", "]", () => this.#s.numberText());
    return texts.length === count ? readElements(dtype, texts) : undefined;
  }

  // --- nodes

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
    const { name = outputs[0], module = "", layer, stage, signature, form } = clauses;
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
      ...(signature === undefined
        ? {}
        : { signature: form === undefined ? signature : { ...signature, form } }),
    };
  }

  #value(name: string): Value {
    const s: Scanner = this.#s;
    const type = this.#type();
    const parts: { layout?: NdSbp; hint?: LayoutHint } = {};
    for (;;) {
      if (s.take("@")) parts.layout = this.ndSbp();
      else if (s.takeWord("hint")) parts.hint = this.#hint();
      else return { name, type, ...parts };
    }
  }

  /** Reads one clause into `into`; false where none comes. */
  #clause(into: Clauses): boolean {
    const s: Scanner = this.#s;
    if (s.takeWord("in")) into.module = s.name("a module path");
    else if (s.takeWord("layer")) into.layer = s.int();
    else if (s.takeWord("stage")) into.stage = s.int();
    else if (s.takeWord("as")) into.name = s.name("the name of the node");
    else if (s.takeWord("form")) into.form = s.name("the name of a distributed form");
    else if (s.takeWord("signature")) {
      const inputs = s.list("(", ")", () => (s.take("-") ? null : this.ndSbp()));
      s.expect("->");
      into.signature = { inputs, outputs: s.list("(", ")", () => this.ndSbp()) };
    } else return false;
    return true;
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
    if (s.takeWord("tensor")) return { tensor: this.#tensorInBrackets() };
    if (s.take("type(")) {
      const type = this.#type();
      s.expect(")");
      return { type };
    }
    return s.number();
  }

  /** `(f32[2] = [1, 2])`, behind the word `tensor`. */
  #tensorInBrackets(): TensorData {
    const s: Scanner = this.#s;
    s.expect("(");
    const type = this.#type();
    s.expect("=");
    const tensor = this.tensor(type);
    s.expect(")");
    return tensor;
  }

  // --- types and layouts

  #type(): ValueType {
    const s: Scanner = this.#s;
    const word = s.word("a type");
    if (word === "seq" || word === "optional") {
      s.expect("<");
      const element = this.#type();
      s.expect(">");
      return { kind: word === "seq" ? "sequence" : "optional", element };
    }
    if (!isDataType(word)) s.fail(`an element type instead of "${word}"`);
    return tensorType(
      word,
      s.list("[", "]", () => this.#dim()),
    );
  }

  #dim(): Dim {
    const s: Scanner = this.#s;
    if (s.sees('"')) return s.string();
    const text = s.dimText();
    if (/^\d+$/.test(text)) return Number(text);
    return /^[A-Za-z_][\w.]*$/.test(text) ? text : parseDim(text);
  }

  ndSbp(): NdSbp {
    return this.#s.list("[", "]", () => this.#sbp());
  }

  #sbp(): Sbp {
    const s: Scanner = this.#s;
    if (s.takeWord("B")) return broadcast;
    if (s.take("S(")) {
      const axis = s.int();
      const unit = s.take("/") ? s.int() : 1;
      s.expect(")");
      return split(axis, unit);
    }
    if (s.take("W(")) return this.#windowed();
    if (s.take("P(")) {
      const reduce = s.word("sum, max or min");
      if (reduce !== "sum" && reduce !== "max" && reduce !== "min")
        s.fail(`sum, max or min instead of "${reduce}"`);
      s.expect(")");
      return partial(reduce satisfies Reduction);
    }
    if (s.takeWord("P")) return partial();
    return s.fail("S(axis), B or P(sum)");
  }

  /** What follows `W(`: `axis/unit: positions at step/per from a to b)`. */
  #windowed(): Sbp {
    const s: Scanner = this.#s;
    const axis = s.int();
    const unit = s.take("/") ? s.int() : 1;
    const after = (mark: string) => {
      s.expect(mark);
      return s.int();
    };
    const windows = {
      positions: after(":"),
      step: after("at"),
      per: after("/"),
      from: after("from"),
      to: after("to"),
    };
    s.expect(")");
    return windowed(axis, unit, windows);
  }

  #hint(): LayoutHint {
    const s: Scanner = this.#s;
    const strength = s.takeWord("hard") ? "hard" : s.takeWord("soft") ? "soft" : s.fail('"hard" or "soft"');
    const sbp: { axis: string; sbp: Sbp }[] = [];
    let like: string | undefined;
    for (;;) {
      const axis = s.nameBefore(":");
      if (axis !== undefined) sbp.push({ axis, sbp: this.#sbp() });
      else if (s.takeWord("like")) like = s.ref();
      else break;
    }
    return like === undefined ? { strength, sbp } : { strength, sbp, like };
  }
}

type SourceBody = BodyOf<Source>;
type BodyOf<S> = S extends Source ? Omit<S, "value" | "location" | "module" | "layer" | "stage"> : never;

/** What stands behind `=`, per kind of source. */
const sourceForms: ReadonlyMap<string, (reader: Reader, type: ValueType) => SourceBody> = new Map([
  ["input", (reader: Reader): SourceBody => reader.fail("no =, for an input is given from outside")],
  ["parameter", (reader: Reader): SourceBody => ({ kind: "parameter", initializer: reader.initializer() })],
  [
    "constant",
    (reader: Reader, type: ValueType): SourceBody => ({ kind: "constant", data: reader.tensor(type) }),
  ],
  ["random", (reader: Reader): SourceBody => reader.recipe()],
  ["rank", (reader: Reader): SourceBody => reader.table()],
]);
