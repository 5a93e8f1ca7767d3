/** The table of who sees which field: a button makes a row the same at every step; a level is also a colour. */

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-access-row]");
  if (!button) return;
  const [first, ...others] = button.closest("tr")!.querySelectorAll("select");
  for (const select of others) {
    select.value = first!.value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLSelectElement && event.target.dataset.access) event.target.dataset.access = event.target.value;
});
