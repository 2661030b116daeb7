/** Reads the text form piece by piece: names, numbers, quoted text, marks; says where something else was expected. */
import { fail } from "../../diagnostics/diagnostic.ts";
import { parseLocation, sourceLocation, unknownLocation, type Location } from "../../diagnostics/location.ts";
import { parseNumber } from "./literal.ts";

const lineEnds = /(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t\r]*(?:#[^\n]*$)?/y;
const nameText = /[A-Za-z0-9_./][\w./-]*/y;
const wordText = /[A-Za-z_][\w.-]*/y;
const numberText = /-?inf\b|nan\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const stringText = /"(?:[^"\\\n]|\\.)*"/y;
const dimText = /[\w.+\-*/()]+/y;
const commentText = /#[^\n]*/y;

/** Whether the character code can stand inside a word: letters, digits, `_ . -`. */
function isWordCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 46 ||
    code === 45
  );
}

export class Scanner {
  readonly #text: string;
  readonly #file: string | undefined;
  #at = 0;
  /** The line that starts at `#lineAt`; follows `#at` when asked for. */
  #line = 1;
  #lineAt = 0;
  /** By the remark that names it: many statements are of one line. */
  readonly #locations = new Map<string, Location>();

  constructor(text: string, file: string | undefined) {
    this.#text = text;
    this.#file = file;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #skipBlanks(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 32 && c !== 9 && c !== 13) return;
      this.#at++;
    }
  }

  /** A token of the pattern, after blanks; undefined (and nothing read but blanks) where there is none. */
  #token(pattern: RegExp): string | undefined {
    this.#skipBlanks();
    return this.#match(pattern);
  }

  /** Skips empty lines and remarks. */
  skipLines(): void {
    this.#match(lineEnds);
  }

  /** The number of the line that is being read. */
  get line(): number {
    for (;;) {
      const next = this.#text.indexOf("\n", this.#lineAt);
      if (next < 0 || next >= this.#at) break;
      this.#line++;
      this.#lineAt = next + 1;
    }
    return this.#line;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Whether the mark comes next, without reading it. */
  sees(mark: string): boolean {
    this.#skipBlanks();
    return this.#text.startsWith(mark, this.#at);
  }

  /** Reads the mark if it comes next. */
  take(mark: string): boolean {
    if (!this.sees(mark)) return false;
    this.#at += mark.length;
    return true;
  }

  expect(mark: string): void {
    if (!this.take(mark)) this.fail(`"${mark}"`);
  }

  /** Reads the word if it is the whole next word. */
  takeWord(word: string): boolean {
    if (!this.sees(word)) return false;
    const next = this.#text.charCodeAt(this.#at + word.length);
    if (isWordCode(next)) return false;
    this.#at += word.length;
    return true;
  }

  /** Reads the next word if it is one of these. */
  takeOneOf<W extends string>(words: ReadonlySet<W>): W | undefined {
    this.#skipBlanks();
    const start = this.#at;
    const word = this.#match(wordText) as W | undefined;
    if (word !== undefined && words.has(word)) return word;
    this.#at = start;
    return undefined;
  }

  word(what: string): string {
    return this.#token(wordText) ?? this.fail(what);
  }

  /** A bare or quoted name. */
  name(what: string): string {
    return this.maybeName() ?? this.fail(what);
  }

  maybeName(): string | undefined {
    return this.sees('"') ? this.string() : this.#token(nameText);
  }

  /** A name with the mark directly behind it; reads both or nothing. */
  nameBefore(mark: string): string | undefined {
    const start = this.#at;
    const name = this.maybeName();
    if (name !== undefined && this.#text.startsWith(mark, this.#at)) {
      this.#at += mark.length;
      return name;
    }
    this.#at = start;
    return undefined;
  }

  /** `%name`. */
  ref(): string {
    if (!this.take("%")) this.fail("a value (%name)");
    return this.name("the name of a value");
  }

  string(): string {
    const start = this.#at;
    const token = this.#token(stringText) ?? this.fail("a text in quotes");
    try {
      return JSON.parse(token) as string;
    } catch {
      this.#at = start;
      return this.fail("a text in quotes with JSON's escapes");
    }
  }

  numberText(): string {
    return this.#token(numberText) ?? this.fail("a number");
  }

  number(): number {
    return parseNumber(this.numberText()) as number;
  }

  int(): number {
    const start = this.#at;
    const value = this.number();
    if (Number.isSafeInteger(value)) return value;
    this.#at = start;
    return this.fail("a whole number");
  }

  /** The text of a dimension, unquoted. */
  dimText(): string {
    return this.#token(dimText) ?? this.fail("a dimension");
  }

  /** `open item, item, … close`, without the opening mark where `open` is empty. */
  list<T>(open: string, close: string, item: () => T): T[] {
    if (open !== "") this.expect(open);
    const items: T[] = [];
    if (this.take(close)) return items;
    do items.push(item());
    while (this.take(","));
    if (!this.take(close)) this.fail(`"," or "${close}"`);
    return items;
  }

  /** Reads to the end of the line; gives the location that a remark there names, else the line itself in a named file. */
  endOfStatement(): Location {
    const line = this.line;
    const comment = this.#token(commentText)?.slice(1).trim();
    if (!this.atEnd && !this.take("\n")) this.fail("the end of the line");
    const named = comment === undefined ? undefined : this.#locations.get(comment);
    if (named !== undefined) return named;
    if (comment !== undefined && /:\d+$|^[a-z][a-z0-9-]*\(.*\)$|. @ ./.test(comment)) {
      const location = parseLocation(comment);
      this.#locations.set(comment, location);
      return location;
    }
    return this.#file === undefined ? unknownLocation : sourceLocation(this.#file, line);
  }

  /** Reports that something else was expected at the present place. */
  fail(expected: string): never {
    this.#skipBlanks();
    const line = this.line;
    const rest = /[^\n]*/y;
    rest.lastIndex = this.#at;
    const found = (rest.exec(this.#text)?.[0] ?? "").slice(0, 30);
    const what = `expected ${expected}, found ${found === "" ? "the end of the line" : `"${found}"`}`;
    return fail("syntax", { what }, sourceLocation(this.#file ?? "graph text", line));
  }
}
