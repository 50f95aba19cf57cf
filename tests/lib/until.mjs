/* until.mjs: waits for a thing to become true, with a deadline. Nothing in the suites waits by the clock alone. */
import { setTimeout as pause } from 'node:timers/promises';

/*
 * Asks `ask` again until it gives something truthy, and returns that. After `ms` it throws with `what`
 * and the last answer or error, or at once with an error that says it is `hopeless`.
 */
export async function until(what, ask, { ms = 10000, every = 20 } = {}) {
  const end = performance.now() + ms;
  let last;
  for (;;) {
    try {
      last = await ask();
      if (last) return last;
    } catch (error) {
      if (error.hopeless) throw error;
      last = error;
    }
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what} (last: ${show(last)})`);
    await pause(every);
  }
}

function show(value) {
  return value instanceof Error ? value.message : JSON.stringify(value)?.slice(0, 500);
}

/* The promise, or an error naming `what` after `ms`. */
export function within(what, ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
