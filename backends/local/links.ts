/**
 * The connections of one member of a run whose processes share no memory: a device, or the process above them.
 *
 * Everyone listens, writes to those who have connected to it, and reads from those it has connected to; so a connection has one
 * direction, and what its writer has written arrives though it ends at once. A message is a control word, or a region of an array,
 * which is put where it lies in the writer's memory. Elements are read from and written into the memories themselves, unless a
 * region is not one run of elements.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { copyBox, forEachRun, wholeBox } from "../../src/plan/box-copy.ts";
import { boxElements, type Box } from "../../src/sbp/geometry.ts";
import { at } from "../../src/support/collections.ts";
import type { Place } from "./exchange.ts";
import { arenaBuffer, setWord, type Outlet, type SharedMemory } from "./shared.ts";

/** Where the members of a run meet. */
export interface Meeting {
  /** Names of sockets, by member: the ranks, then the process above them. */
  readonly paths: readonly string[];
  /** The folder that the names lie in, where they are files. */
  readonly folder?: string;
  /** What who connects must say: others on the machine may find the sockets. */
  readonly token: Uint8Array;
}

/** Between two tries to connect to a member that does not listen yet. */
const retryMilliseconds = 20;

/** Bytes that are read at once: about what a socket holds. */
const readBytes = 256 * 1024;

type Elements = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** A view of elements for copying them, whatever they are. */
function elementView(buffer: ArrayBufferLike, offset: number, bytes: number, length: number): Elements {
  switch (bytes) {
    case 1:
      return new Uint8Array(buffer, offset, length);
    case 2:
      return new Uint16Array(buffer, offset, length);
    case 4:
      return new Uint32Array(buffer, offset, length);
    default:
      return new BigUint64Array(buffer, offset, length);
  }
}

/** Where a region begins in an array that holds `whole`, if it is one run of elements there. */
function runOf(whole: Box, region: Box): number | undefined {
  let [start, runs] = [0, 0];
  forEachRun(whole, region, region, (from) => {
    if (runs++ === 0) start = from;
  });
  return runs === 1 ? start : undefined;
}

/** In the head of a message, in place of an arena. */
const wordMark = -1;
/** The head: arena, offset, bytes of an element, axes of the box; or the mark, index and value of a word. */
const headNumbers = 4;

export class Links implements Outlet {
  readonly #self: number;
  readonly #meeting: Meeting;
  readonly #memory: SharedMemory;
  readonly #server: Server;
  readonly #readers = new Map<number, Socket>();
  /** What those shall get who have not connected yet. */
  readonly #early = new Map<number, ((socket: Socket) => void)[]>();
  readonly #onReader: (count: number) => void;

  /** `onReader` is told how many members have connected whenever one more has. */
  constructor(self: number, meeting: Meeting, memory: SharedMemory, onReader: (count: number) => void) {
    this.#self = self;
    this.#meeting = meeting;
    this.#memory = memory;
    this.#onReader = onReader;
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(at(this.#meeting.paths, this.#self), resolve);
    });
  }

  /** Reads from a member from now on; `onEnd` is called when it has closed the connection. Waits until it listens. */
  async connect(member: number, onEnd: () => void): Promise<void> {
    while (!(await this.#tryToConnect(member, onEnd)))
      await new Promise((resolve) => setTimeout(resolve, retryMilliseconds));
  }

  word(members: readonly number[], index: number, value: number): void {
    const head = Float64Array.of(wordMark, index, value, 0);
    this.#send(members, (socket) => void socket.write(bytesOf(head)));
  }

  put(members: readonly number[], place: Place, elementBytes: number, whole: Box, region: Box): void {
    if (boxElements(region) === 0) return;
    const shift = region.start.map((start, axis) => start - at(whole.start, axis));
    const numbers = [place.arena, place.offset, elementBytes, shift.length];
    const head = Float64Array.from([...numbers, ...whole.size, ...shift, ...region.size]);
    this.#send(members, (socket) => {
      socket.cork();
      socket.write(bytesOf(head));
      socket.write(this.#pack(place, elementBytes, whole, region));
      socket.uncork();
    });
  }

  /** Resolves once everything that was sent is with the system. */
  async close(): Promise<void> {
    this.#server.close();
    await Promise.all(
      [...this.#readers.values()].map(
        (socket) =>
          new Promise<void>((resolve) => {
            if (socket.closed) resolve();
            socket.once("close", () => resolve());
            socket.end(() => socket.destroy());
          }),
      ),
    );
  }

  #send(members: readonly number[], write: (socket: Socket) => void): void {
    for (const member of members) {
      const socket = this.#readers.get(member);
      if (socket !== undefined) {
        write(socket);
        continue;
      }
      const early = this.#early.get(member) ?? [];
      this.#early.set(member, early);
      early.push(write);
    }
  }

  #pack({ arena, offset }: Place, elementBytes: number, whole: Box, region: Box): Uint8Array {
    const buffer = arenaBuffer(at(this.#memory.arenas, arena));
    const start = runOf(whole, region);
    const bytes = elementBytes * boxElements(region);
    if (start !== undefined) return new Uint8Array(buffer, offset + start * elementBytes, bytes);
    const packed = new Uint8Array(bytes);
    const to = elementView(packed.buffer, 0, elementBytes, boxElements(region));
    copyBox(elementView(buffer, offset, elementBytes, boxElements(whole)), whole, to, region, region);
    return packed;
  }

  /** Learns who has connected: a token and a number of two bytes. */
  #welcome(socket: Socket): void {
    const { token } = this.#meeting;
    const said: number[] = [];
    // A reader that is gone is missed by the process above it.
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes: Uint8Array) => {
      said.push(...bytes);
      if (said.length < token.length + 2) return;
      const member = at(said, token.length) + 256 * at(said, token.length + 1);
      if (token.some((byte, i) => byte !== said[i]) || this.#readers.has(member)) {
        socket.destroy();
        return;
      }
      this.#readers.set(member, socket);
      for (const write of this.#early.get(member) ?? []) write(socket);
      this.#early.delete(member);
      this.#onReader(this.#readers.size);
    });
  }

  #tryToConnect(member: number, onEnd: () => void): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const inbox = new Inbox(this.#memory);
      let isConnected = false;
      const socket = createConnection({
        path: at(this.#meeting.paths, member),
        onread: {
          buffer: new Uint8Array(readBytes),
          callback: (length, buffer) => {
            inbox.take(buffer.subarray(0, length));
            return true;
          },
        },
      });
      socket.on("error", (error: NodeJS.ErrnoException) => {
        if (isConnected) return;
        if (error.code === "ENOENT" || error.code === "ECONNREFUSED") resolve(false);
        else reject(error);
      });
      socket.on("close", () => {
        if (isConnected) onEnd();
      });
      socket.on("connect", () => {
        isConnected = true;
        socket.write(Uint8Array.of(...this.#meeting.token, this.#self & 255, this.#self >> 8));
        resolve(true);
      });
    });
  }
}

/** Puts the messages of a stream, which comes in any pieces, into memory. */
class Inbox {
  readonly #memory: SharedMemory;
  /** Where the next bytes go, how many of them are there, and what is done once all are. */
  #target: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #done: () => void = () => undefined;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.#nextHead();
  }

  take(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const count = Math.min(bytes.length - from, this.#target.length - this.#filled);
      this.#target.set(bytes.subarray(from, from + count), this.#filled);
      from += count;
      this.#filled += count;
      if (this.#filled === this.#target.length) this.#done();
    }
  }

  #expect(target: Uint8Array, done: () => void): void {
    this.#target = target;
    this.#filled = 0;
    this.#done = done;
  }

  #nextHead(): void {
    const head = new Float64Array(headNumbers);
    this.#expect(bytesOf(head), () => {
      const [arena, offset, size, axes] = head as unknown as readonly [number, number, number, number];
      if (arena === wordMark) {
        setWord(this.#memory, offset, size, []);
        this.#nextHead();
      } else if (axes === 0) {
        this.#nextElements({ arena, offset }, size, wholeBox([]), wholeBox([]));
      } else {
        this.#nextBox({ arena, offset }, size, axes);
      }
    });
  }

  #nextBox(place: Place, elementBytes: number, axes: number): void {
    const numbers = new Float64Array(3 * axes);
    this.#expect(bytesOf(numbers), () => {
      const part = (i: number): number[] => [...numbers.subarray(i * axes, (i + 1) * axes)];
      this.#nextElements(place, elementBytes, wholeBox(part(0)), { start: part(1), size: part(2) });
    });
  }

  #nextElements({ arena, offset }: Place, elementBytes: number, whole: Box, region: Box): void {
    const buffer = arenaBuffer(at(this.#memory.arenas, arena));
    const start = runOf(whole, region);
    const bytes = elementBytes * boxElements(region);
    if (start !== undefined) {
      const target = new Uint8Array(buffer, offset + start * elementBytes, bytes);
      this.#expect(target, () => this.#nextHead());
      return;
    }
    const packed = new Uint8Array(bytes);
    this.#expect(packed, () => {
      const from = elementView(packed.buffer, 0, elementBytes, boxElements(region));
      const to = elementView(buffer, offset, elementBytes, boxElements(whole));
      copyBox(from, region, to, whole, region);
      this.#nextHead();
    });
  }
}

function bytesOf(numbers: Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
