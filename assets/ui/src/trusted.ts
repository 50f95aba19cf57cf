/*
 * The page demands Trusted Types (notes: Content-Security-Policy). Workers and service workers are the
 * only script addresses made at run time; they must come from our own origin. No HTML, no script text.
 */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): unknown;
}

const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;

factory?.createPolicy("default", {
  createScriptURL(url) {
    if (new URL(url, location.href).origin !== location.origin) {
      throw new TypeError("a script of another origin is refused");
    }
    return url;
  },
});
