const rules = new Intl.PluralRules("en");
const numbers = new Intl.NumberFormat("en");

/** "1 run", "1,204 runs". */
export function count(n: number, one: string, other: string): string {
  return `${numbers.format(n)} ${rules.select(n) === "one" ? one : other}`;
}
