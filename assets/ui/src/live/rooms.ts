/*
 * Rooms: who listens to what, and up to which message. No socket, no React, no timer of its own.
 *
 * Numbers: a snapshot from REST carries `live_seq`; the room is joined with `after` that number. What comes
 * with a number at or below the last one is dropped. A number that skips some means that messages were
 * lost on the way or that the server folded several changes into one; both are settled by joining again
 * from the last good number, after which everything up to the skipping number is taken in order as it
 * comes. A room of the workspace numbers its messages `<process>-<n>`; after a change of process the
 * server answers with a reset, and the snapshot is fetched again.
 */
export type Seq = number | string;

export interface Message {
  room: string;
  seq?: Seq;
  type?: string;
  data?: unknown;
  reset?: boolean;
  error?: unknown;
}

export interface RoomsOut {
  send(frame: { join: string; after?: Seq } | { leave: string }): void;
  deliver(message: Message): void;
  /** The gap can't be filled: fetch what this room keeps true again. */
  reset(room: string): void;
  /** Calls back after the given time; the result stops it. */
  after(ms: number, callback: () => void): () => void;
}

interface Room {
  readers: number;
  last: Seq | undefined;
  /** While set, a hole below this number is being filled by a new join. */
  fillUntil: number | undefined;
  stopLeaving: (() => void) | undefined;
}

const LINGER_MS = 30_000;

export class Rooms {
  private readonly rooms = new Map<string, Room>();

  constructor(private readonly out: RoomsOut) {}

  /** A reader came. `after` is the number of the snapshot it has; a higher known number wins. */
  join(name: string, after?: Seq): void {
    const room = this.rooms.get(name);
    if (room) {
      room.readers++;
      room.stopLeaving?.();
      room.stopLeaving = undefined;
      return;
    }
    this.rooms.set(name, { readers: 1, last: after, fillUntil: undefined, stopLeaving: undefined });
    this.sendJoin(name, after);
  }

  /** A reader went. The room is kept for a while: going back to a page must not cost a new snapshot. */
  leave(name: string): void {
    const room = this.rooms.get(name);
    if (!room || --room.readers > 0) return;
    room.stopLeaving = this.out.after(LINGER_MS, () => {
      this.rooms.delete(name);
      this.out.send({ leave: name });
    });
  }

  /** The link is (again) there: everything is joined from where we stopped. */
  opened(): void {
    for (const [name, room] of this.rooms) this.sendJoin(name, room.last);
  }

  /** The snapshot was fetched again, up to this number. */
  rebase(name: string, after: Seq | undefined): void {
    const room = this.rooms.get(name);
    if (!room || after === undefined) return;
    if (room.last === undefined || isAfter(after, room.last)) room.last = after;
  }

  receive(message: Message): void {
    const room = this.rooms.get(message.room);
    if (!room) return;
    if (message.reset) {
      room.last = message.seq;
      room.fillUntil = undefined;
      this.out.reset(message.room);
      return;
    }
    if (message.type === undefined) return;
    const { seq } = message;
    if (message.type === "joined") {
      this.joined(message.room, room, seq);
      return;
    }
    if (seq !== undefined && room.last !== undefined) {
      if (!isAfter(seq, room.last)) return;
      if (this.startFill(message.room, room, seq)) return;
    }
    if (seq !== undefined) room.last = seq;
    if (room.fillUntil !== undefined && Number(seq) >= room.fillUntil) room.fillUntil = undefined;
    this.out.deliver(message);
  }

  /** The server has told all it had: what was missing until now was never a message of its own. */
  private joined(name: string, room: Room, seq: Seq | undefined): void {
    room.fillUntil = undefined;
    // Without a number to go on from, something may have changed between the snapshot and now.
    if (room.last === undefined) this.out.reset(name);
    if (seq !== undefined && (room.last === undefined || isAfter(seq, room.last))) room.last = seq;
  }

  /** True when the message was put off, because a hole before it is being filled first. */
  private startFill(name: string, room: Room, seq: Seq): boolean {
    if (room.fillUntil !== undefined || typeof seq !== "number" || typeof room.last !== "number")
      return false;
    if (seq === room.last + 1) return false;
    room.fillUntil = seq;
    this.sendJoin(name, room.last);
    return true;
  }

  private sendJoin(join: string, after: Seq | undefined): void {
    this.out.send(after === undefined ? { join } : { join, after });
  }
}

/** Numbers of different processes can't be compared; the server then sends a reset, so they pass. */
function isAfter(a: Seq, b: Seq): boolean {
  if (typeof a === "number" && typeof b === "number") return a > b;
  const [pa, na] = parts(a);
  const [pb, nb] = parts(b);
  return pa !== pb || na > nb;
}

function parts(seq: Seq): [string, number] {
  const text = String(seq);
  const dash = text.lastIndexOf("-");
  return [text.slice(0, Math.max(0, dash)), Number(text.slice(dash + 1))];
}
