// swagger-ui writes the descriptions of our own document, cleaned by DOMPurify, as HTML. This page alone
// lets it: script stays limited to our files by script-src. DOMPurify would try to make a policy of its own
// name, which the header forbids; without the factory it uses strings, and those pass through the default one.
if (window.trustedTypes) {
  window.trustedTypes.createPolicy("default", { createHTML: (html) => html });
  Object.defineProperty(window, "trustedTypes", { value: undefined });
}
