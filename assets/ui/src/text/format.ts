/* Times, spans and sizes as people read them. Everything goes through Intl; nothing here reads the clock. */

const exactDate = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const shortDate = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const number = new Intl.NumberFormat("en");

const DAY_MS = 86_400_000;

/** "12 s ago" below a day, the date above. */
export function ago(at: string, nowMs: number): string {
  const ms = nowMs - Date.parse(at);
  if (Number.isNaN(ms)) return "";
  if (Math.abs(ms) >= DAY_MS) return shortDate.format(new Date(at));
  const s = Math.round(ms / 1000);
  if (Math.abs(s) < 5) return "now";
  const text = briefly(Math.abs(s));
  return s > 0 ? `${text} ago` : `in ${text}`;
}

function briefly(s: number): string {
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  return `${Math.round(s / 3600)} h`;
}

export function exact(at: string): string {
  return exactDate.format(new Date(at));
}

/** 09:41:07.031, for log lines. */
export function clockTime(at: string): string {
  return clock.format(new Date(at));
}

export function hourMinute(at: string | number): string {
  return minute.format(new Date(at));
}

/** "310 ms", "1.8 s", "4:05", "2 h 5 min", "3 d". */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  const s = Math.floor(ms / 1000);
  if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d`;
}

export function integer(n: number): string {
  return number.format(n);
}

/** "812 B", "4.2 kB", "1.3 GB": powers of a thousand. */
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let left = n;
  while (left >= 1000 && at < units.length - 1) {
    left /= 1000;
    at++;
  }
  return `${at === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[at]}`;
}

/** 0.9942 -> "99.4%". Rounded down: only a full share is called 100%. */
export function percent(share: number): string {
  return share === 1 ? "100%" : `${(Math.floor(share * 1000) / 10).toFixed(1)}%`;
}

/** The first eight characters: enough to tell two runs on a screen apart. */
export function shortId(id: string): string {
  return id.length > 12 ? `${id.slice(0, 4)}…${id.slice(-6)}` : id;
}
