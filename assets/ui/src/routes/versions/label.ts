/** The next labels after one: a fix, something more, something else. None where it is no such label. */
export function nextLabels(label: string): string[] {
  const found = /^(\d+)\.(\d+)\.(\d+)$/.exec(label);
  if (!found) return [];
  const [major, minor, patch] = found.slice(1).map(Number) as [number, number, number];
  return [`${major}.${minor}.${patch + 1}`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`];
}
