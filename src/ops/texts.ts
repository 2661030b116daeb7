/**
 * Numbers that stand for strings, so that `evaluate` handles arrays of strings as it does any other: what moves, repeats,
 * picks or compares elements for equality need not know. Numbers are given in the order in which texts are met.
 */
import { present } from "../support/assert.ts";

const texts: string[] = [""];
const numbers = new Map<string, number>([["", 0]]);

/** The number of a text; 0 is the empty one. */
export function numberOfText(text: string): number {
  let number = numbers.get(text);
  if (number === undefined) {
    number = texts.length;
    texts.push(text);
    numbers.set(text, number);
  }
  return number;
}

export function textOfNumber(number: number): string {
  return present(texts[number], "a number that stands for no text", () => String(number));
}
