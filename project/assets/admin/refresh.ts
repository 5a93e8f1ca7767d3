/** A part of a page that shows work in progress fetches itself again until the server says it is done:
 *  <div data-refresh-url="/admin/…/back-test/7/">. Unlike a page that reloads, what is being read stays. */

const EVERY = 1500;

async function refresh(part: HTMLElement) {
  try {
    const answer = await fetch(part.dataset.refreshUrl as string, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const fresh = holder.content.querySelector<HTMLElement>(".back-test");
    if (!fresh) return;
    // A button that has the focus keeps it.
    const wasFocused = part.contains(document.activeElement);
    part.replaceWith(fresh);
    if (wasFocused) fresh.querySelector<HTMLElement>("button")?.focus();
    watch(fresh);
  } catch {
    // The server restarts, or the network is gone for a moment.
    window.setTimeout(() => refresh(part), 4 * EVERY);
  }
}

function watch(part: HTMLElement) {
  if (part.dataset.refreshUrl) window.setTimeout(() => refresh(part), EVERY);
}

export function watchAll() {
  document.querySelectorAll<HTMLElement>("[data-refresh-url]").forEach(watch);
}
