/*
 * The one socket of this tab. It opens with the first reader, comes back by itself after 0.5, 1, 2 … 15 s
 * (with jitter) and at once when the browser is online again or the tab is shown.
 * Whoever wants to know reads useLink; the messages go to `receive`.
 */
import { create } from "zustand";
import type { Message } from "./rooms";

interface Link {
  status: "idle" | "connecting" | "open" | "lost";
  /** Since when there has been no link, ms of the wall clock; 0 while there is one. */
  lostAt: number;
}

export const useLink = create<Link>(() => ({ status: "idle", lostAt: 0 }));

export interface SocketEvents {
  opened(): void;
  receive(message: Message): void;
}

const PING_MS = 20_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class LiveSocket {
  private socket: WebSocket | null = null;
  private waitMs = FIRST_WAIT_MS;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private ping: ReturnType<typeof setInterval> | undefined;
  private wanted = false;

  constructor(
    private readonly url: string,
    private readonly events: SocketEvents,
  ) {}

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    addEventListener("online", this.now);
    document.addEventListener("visibilitychange", this.now);
    this.open();
  }

  /** Ends the link for good: the person has logged out. */
  stop(): void {
    this.wanted = false;
    removeEventListener("online", this.now);
    document.removeEventListener("visibilitychange", this.now);
    clearTimeout(this.retry);
    clearInterval(this.ping);
    this.socket?.close();
    this.socket = null;
    useLink.setState({ status: "idle", lostAt: 0 });
  }

  /** Without a link nothing is sent: every room is joined again when it opens. */
  send(frame: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  private readonly now = () => {
    if (!this.wanted || this.socket || document.visibilityState === "hidden") return;
    clearTimeout(this.retry);
    this.open();
  };

  private open(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    useLink.setState((s) => ({ status: "connecting", lostAt: s.lostAt }));
    socket.onopen = () => {
      this.waitMs = FIRST_WAIT_MS;
      this.ping = setInterval(() => this.send({ ping: true }), PING_MS);
      useLink.setState({ status: "open", lostAt: 0 });
      this.events.opened();
    };
    socket.onmessage = (event) => {
      const message = parse(event.data);
      if (message) this.events.receive(message);
    };
    socket.onclose = () => this.closed(socket);
  }

  private closed(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    clearInterval(this.ping);
    if (!this.wanted) return;
    useLink.setState((s) => ({ status: "lost", lostAt: s.lostAt || Date.now() }));
    const wait = this.waitMs * (0.75 + Math.random() * 0.5);
    this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
    this.retry = setTimeout(() => this.open(), wait);
  }
}

function parse(data: unknown): Message | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "room" in value
      ? (value as Message)
      : null;
  } catch {
    return null;
  }
}
