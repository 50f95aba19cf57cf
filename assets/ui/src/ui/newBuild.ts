/*
 * A tab that was open while a new version was installed asks for files that are gone. Then the page is loaded
 * again, once a minute at most: if that doesn't help, the error is shown where the part should be.
 */
const KEY = "millrace.reloaded";
const AT_MOST_EVERY_MS = 60_000;

export function reloadOnNewBuild(): void {
  addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(KEY));
    if (Date.now() - last < AT_MOST_EVERY_MS) return;
    event.preventDefault();
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  });
}
