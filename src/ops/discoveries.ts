/**
 * What followed from calls of operators, found again by operator, what is known of the inputs, number of outputs and attributes:
 * the layers of a model repeat. A tree, whose steps are these in turn.
 */
import type { Attribute, Node } from "../ir/graph.ts";

export interface Place<T> {
  found: T | undefined;
  next: Map<number | string, Place<T>> | undefined;
}

/** In place of an input that is not there; what is known has numbers from 0 on. */
const absent = -1;

/** Places that are kept: a model of ever new calls must not fill the memory with them. */
const mostPlaces = 200_000;

export class Discoveries<T> {
  readonly #root: Place<T> = { found: undefined, next: undefined };
  #count = 0;

  /**
   * The place of a node's call; `numberOf` is of what is known of an input. Undefined where that is, for attributes that are not
   * compared, and where there are too many places.
   */
  place(node: Node, numberOf: (value: string) => number | undefined): Place<T> | undefined {
    let place = this.#follow(this.#root, node.op);
    for (let i = 0; i < node.inputs.length; i++) {
      const name = node.inputs[i] as string | null;
      const number = name === null ? absent : numberOf(name);
      if (place === undefined || number === undefined) return undefined;
      place = this.#follow(place, number);
    }
    // No number of an input.
    if (place !== undefined) place = this.#follow(place, absent - 1 - node.outputs.length);
    for (const name in node.attributes) {
      const text = textOf(node.attributes[name] as Attribute);
      if (place === undefined || text === undefined) return undefined;
      place = this.#follow(place, name);
      if (place !== undefined) place = this.#follow(place, text);
    }
    return place;
  }

  #follow(place: Place<T>, step: number | string): Place<T> | undefined {
    const known = place.next?.get(step);
    if (known !== undefined || this.#count >= mostPlaces) return known;
    this.#count++;
    const next: Place<T> = { found: undefined, next: undefined };
    (place.next ??= new Map<number | string, Place<T>>()).set(step, next);
    return next;
  }
}

/** Different where attributes differ; undefined for those that hold tensors, types or a negative zero. */
function textOf(value: Attribute): string | undefined {
  if (typeof value === "number") return Object.is(value, -0) ? undefined : String(value);
  if (typeof value === "string") return `"${value}`;
  if ("tensor" in value || "type" in value) return undefined;
  if ("float" in value) return Object.is(value.float, -0) ? undefined : `f${value.float}`;
  if ("floats" in value)
    return value.floats.some((x) => Object.is(x, -0)) ? undefined : `f[${value.floats.join()}`;
  return typeof value[0] === "string" ? JSON.stringify(value) : `[${value.join()}`;
}
