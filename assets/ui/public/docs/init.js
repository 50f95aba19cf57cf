// Within the button that opens an operation, Swagger UI draws its path as a link: two controls in one, which a keyboard
// or a screen reader can't tell apart. As plain text the button alone is left; opening still puts the place into the URL.
const plainPath = (_original, system) => (props) => system.React.createElement("span", null, props.text);

const nameSelects = () => {
  for (const select of document.querySelectorAll("#swagger-ui select:not([aria-label])"))
    select.setAttribute("aria-label", select.closest(".servers") ? "Server" : "Content type");
};

window.SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
  plugins: [{ wrapComponents: { DeepLink: plainPath } }],
  onComplete: () => {
    nameSelects();
    new MutationObserver(nameSelects).observe(document.getElementById("swagger-ui"), { childList: true, subtree: true });
  },
});
