import { beforeEach, describe, expect, it } from "vitest";
import { type Message, Rooms } from "./rooms";

const ROOM = "run:1";
let sent: object[];
let delivered: (Message["seq"] | undefined)[];
let resets: string[];
let timers: (() => void)[];
let rooms: Rooms;

const message = (seq: number | string, room = ROOM): Message => ({
  room,
  seq,
  type: "step.updated",
  data: {},
});

beforeEach(() => {
  sent = [];
  delivered = [];
  resets = [];
  timers = [];
  rooms = new Rooms({
    send: (frame) => sent.push(frame),
    deliver: (m) => delivered.push(m.seq),
    reset: (room) => resets.push(room),
    after: (_ms, callback) => {
      timers.push(callback);
      return () => {
        timers = timers.filter((t) => t !== callback);
      };
    },
  });
});

describe("rooms", () => {
  it("joins after the number of the snapshot, and drops what the snapshot has", () => {
    rooms.join(ROOM, 5);
    for (const seq of [4, 5, 6]) rooms.receive(message(seq));
    expect(sent).toEqual([{ join: ROOM, after: 5 }]);
    expect(delivered).toEqual([6]);
  });

  it("delivers a repeated message once", () => {
    rooms.join(ROOM, 0);
    for (const seq of [1, 2, 2, 1, 3]) rooms.receive(message(seq));
    expect(delivered).toEqual([1, 2, 3]);
  });

  it("fills a hole by joining again from the last good number, and then takes everything in order", () => {
    rooms.join(ROOM, 1);
    rooms.receive(message(4));
    expect(delivered).toEqual([]);
    expect(sent.at(-1)).toEqual({ join: ROOM, after: 1 });
    for (const seq of [2, 3, 4, 5]) rooms.receive(message(seq));
    expect(delivered).toEqual([2, 3, 4, 5]);
  });

  it("ends the filling when the server folded the missing numbers into one", () => {
    rooms.join(ROOM, 1);
    rooms.receive(message(4));
    rooms.receive(message(4));
    rooms.receive(message(5));
    expect(delivered).toEqual([4, 5]);
    expect(sent).toHaveLength(2);
  });

  it("takes the number it joined at, and has a snapshot without a number fetched again, once", () => {
    rooms.join("workspace");
    rooms.receive({ room: "workspace", seq: "p1-7", type: "joined", data: {} });
    rooms.receive(message("p1-7", "workspace"));
    rooms.receive(message("p1-8", "workspace"));
    rooms.receive({ room: "workspace", seq: "p1-8", type: "joined", data: {} });
    expect(delivered).toEqual(["p1-8"]);
    expect(resets).toEqual(["workspace"]);
  });

  it("passes a message without a number on", () => {
    rooms.join(ROOM, 3);
    rooms.receive({ room: ROOM, type: "run.updated", data: {} });
    expect(delivered).toEqual([undefined]);
  });

  it("passes a reset on and goes on from its number", () => {
    rooms.join(ROOM, 3);
    rooms.receive({ room: ROOM, reset: true, seq: 40 });
    rooms.receive(message(40));
    rooms.receive(message(41));
    expect(resets).toEqual([ROOM]);
    expect(delivered).toEqual([41]);
  });

  it("joins every room again where it stopped when the link comes back", () => {
    rooms.join(ROOM, 0);
    rooms.join("workspace");
    rooms.receive(message(1));
    rooms.receive(message("p1-7", "workspace"));
    sent = [];
    rooms.opened();
    expect(sent).toEqual([
      { join: ROOM, after: 1 },
      { join: "workspace", after: "p1-7" },
    ]);
  });

  it("takes numbers of another process without guessing their order", () => {
    rooms.join("workspace");
    for (const seq of ["p1-7", "p1-6", "p2-1"]) rooms.receive(message(seq, "workspace"));
    expect(delivered).toEqual(["p1-7", "p2-1"]);
  });

  it("leaves a while after the last reader, and not if one came back", () => {
    rooms.join(ROOM, 0);
    rooms.join(ROOM, 0);
    rooms.leave(ROOM);
    expect(timers).toHaveLength(0);
    rooms.leave(ROOM);
    rooms.join(ROOM, 0);
    expect(timers).toHaveLength(0);
    rooms.leave(ROOM);
    for (const timer of timers) timer();
    expect(sent).toEqual([{ join: ROOM, after: 0 }, { leave: ROOM }]);
  });

  it("ignores rooms that nobody reads", () => {
    rooms.receive(message(1, "run:other"));
    expect(delivered).toEqual([]);
  });
});
