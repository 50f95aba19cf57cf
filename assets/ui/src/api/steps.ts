/* Operations that change many things, a step a call. */

/** Hears what was done so far after each step; false ends it. */
export type OnStep = (changed: number, skipped: number) => boolean;

interface Step {
  changed: number;
  skipped: number;
  next_cursor: string | null;
}

/** Asks for step after step until the last one, or until `onStep` says that it is enough. */
export async function eachStep(
  ask: (cursor: string | undefined) => Promise<Step>,
  onStep: OnStep,
): Promise<void> {
  let cursor: string | undefined;
  let changed = 0;
  let skipped = 0;
  do {
    const step = await ask(cursor);
    changed += step.changed;
    skipped += step.skipped;
    cursor = step.next_cursor ?? undefined;
  } while (onStep(changed, skipped) && cursor);
}
