/** A domain as it is written in DNS: bücher.example is xn--bcher-kva.example. What is no name stays as it is. */
export function asciiDomain(text: string): string {
  const name = text.trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  if (/^[\x00-\x7f]*$/.test(name)) return name;
  try {
    const url = new URL(`https://${name}`);
    return url.pathname === "/" && !url.port && !url.username ? url.hostname : name;
  } catch {
    return name;
  }
}
