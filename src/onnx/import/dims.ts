/**
 * Symbolic dimensions of an ONNX file. A `dim_param` is any text; ours are names or polynomials of names. `batch` and
 * `past_sequence_length + 1` are taken as what they say; other texts (`batch-size`, `Max(1, n)`) become names of their own, and
 * can still be bound under the text of the file.
 */
import { diagnostic, SbpcError } from "../../diagnostics/diagnostic.ts";
import { dimAdd, dimFloorDiv, dimMul, dimSub, dimSymbols, type Dim, type DimBindings } from "../../ir/dim.ts";

const plainName = /^[A-Za-z_][\w.]*$/;
/** Longer texts are names, whatever they say. */
const longestExpression = 200;

export class DimNames {
  readonly #dims = new Map<string, Dim>();
  readonly #symbols = new Set<string>();

  /** The dimension that a text of the file stands for; always the same for the same text. */
  dim(text: string): Dim {
    let dim = this.#dims.get(text);
    if (dim === undefined) {
      dim = plainName.test(text) && text !== "floor" ? text : (readExpression(text) ?? this.symbol(text));
      this.#dims.set(text, dim);
      for (const symbol of dimSymbols(dim)) this.#symbols.add(symbol);
    }
    return dim;
  }

  /** A symbol that no other text stands for, named like `text`. */
  symbol(text: string): string {
    const base = text.replace(/[^\w.]/g, "_").replace(/^(?=[^A-Za-z_])|^floor$/, "_$&");
    let name = base;
    for (let i = 1; this.#symbols.has(name); i++) name = `${base}_${i}`;
    this.#symbols.add(name);
    return name;
  }

  /**
   * Sizes of symbols, from sizes of the file's texts or of symbols. Errors: unknown-dimension, once for each name that is none
   * of the model's.
   */
  bindings(sizes: Readonly<Record<string, number>>, model: string): DimBindings {
    const bindings = new Map<string, number>();
    const unknown = Object.entries(sizes).filter(([name, size]) => {
      const dim = this.#dims.get(name) ?? name;
      if (typeof dim !== "string" || !this.#symbols.has(dim)) return true;
      bindings.set(dim, size);
      return false;
    });
    const dims = [...this.#symbols].join(", ") || "none";
    if (unknown.length > 0)
      throw new SbpcError(unknown.map(([dim]) => diagnostic("unknown-dimension", { model, dim, dims })));
    return bindings;
  }
}

/** The polynomial that a text writes out with `+ - * // ( )`; undefined where it is none. */
function readExpression(text: string): Dim | undefined {
  if (text.length > longestExpression || !/^[\w.\s+\-*/()]+$/.test(text)) return undefined;
  // Words joined by hyphens are one name.
  if (/^[A-Za-z_][\w.]*(-[A-Za-z_][\w.]*)+$/.test(text)) return undefined;
  const tokens = text.match(/\d+(?![\w.])|[A-Za-z_][\w.]*|\/\/|\S/g) ?? [];
  let next = 0;
  const primary = (): Dim | undefined => {
    const token = tokens[next++];
    if (token === undefined) return undefined;
    if (token === "(") {
      const inner = sum();
      return tokens[next++] === ")" ? inner : undefined;
    }
    if (token === "-") {
      const inner = primary();
      return inner === undefined ? undefined : dimSub(0, inner);
    }
    if (/^\d+$/.test(token)) return Number(token);
    return plainName.test(token) && tokens[next] !== "(" ? token : undefined;
  };
  const chain = (
    operand: () => Dim | undefined,
    operators: Readonly<Record<string, (a: Dim, b: Dim) => Dim>>,
  ): Dim | undefined => {
    let left = operand();
    for (
      let op = operators[tokens[next] ?? ""];
      op !== undefined && left !== undefined;
      op = operators[tokens[next] ?? ""]
    ) {
      next++;
      const right = operand();
      left = right === undefined || right === 0 ? undefined : op(left, right);
    }
    return left;
  };
  const term = () => chain(primary, { "*": dimMul, "//": dimFloorDiv });
  const sum = (): Dim | undefined => chain(term, { "+": dimAdd, "-": dimSub });
  const dim = sum();
  return next === tokens.length ? dim : undefined;
}
