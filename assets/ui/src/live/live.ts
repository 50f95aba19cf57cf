/*
 * Ties socket, rooms and cache together for one signed-in person. Messages are applied once a frame: a run
 * of 200 steps that ends in one tick is one change of the page, not 200.
 */
import type { QueryClient } from "@tanstack/react-query";
import { apply, resetRoom } from "./apply";
import { type Message, Rooms, type Seq } from "./rooms";
import { LiveSocket } from "./socket";

export type Listener = (message: Message) => void;

export class Live {
  private readonly rooms: Rooms;
  private readonly socket: LiveSocket;
  private readonly listeners = new Set<Listener>();
  private waiting: Message[] = [];

  /** `onEnded` is called when the server says that nobody may listen here any more. */
  constructor(
    private readonly client: QueryClient,
    onEnded: () => void = () => {},
  ) {
    const url = new URL("/ws", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.rooms = new Rooms({
      send: (frame) => this.socket.send(frame),
      deliver: (message) => this.enqueue(message),
      reset: (room) => resetRoom(client, room),
      after: (ms, callback) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    });
    this.socket = new LiveSocket(url.href, {
      opened: () => this.rooms.opened(),
      receive: (message) => {
        if (message.room === "" && codeOf(message.error) === "UNAUTHENTICATED") onEnded();
        else this.rooms.receive(message);
      },
    });
  }

  stop(): void {
    this.socket.stop();
  }

  /** Joins a room for as long as the reader is there; the result leaves it. */
  read(room: string, after?: Seq): () => void {
    this.socket.start();
    this.rooms.join(room, after);
    return () => this.rooms.leave(room);
  }

  rebase(room: string, after: Seq | undefined): void {
    this.rooms.rebase(room, after);
  }

  /** Hears every message after it was applied. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private enqueue(message: Message): void {
    this.waiting.push(message);
    if (this.waiting.length > 1) return;
    // A hidden tab has no frames; then a timer does it, so that the queue doesn't grow.
    if (document.visibilityState === "hidden") setTimeout(() => this.flush(), 250);
    else requestAnimationFrame(() => this.flush());
  }

  private flush(): void {
    const batch = this.waiting;
    this.waiting = [];
    for (const message of batch) {
      apply(this.client, message);
      for (const listener of this.listeners) listener(message);
    }
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
