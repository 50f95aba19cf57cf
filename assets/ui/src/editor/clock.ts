const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });

/** "09:41" */
export function clockTime(ms: number): string {
  return clock.format(new Date(ms));
}
