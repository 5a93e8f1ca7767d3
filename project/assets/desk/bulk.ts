import { Controller } from "@hotwired/stimulus";

/** Counts the rows that are chosen. Without it the buttons work as well.
 *  <form data-controller="bulk">: row (check boxes), page (one for all of them), button, count */
export class BulkController extends Controller<HTMLFormElement> {
  static targets = ["row", "page", "button", "count"];

  declare readonly rowTargets: HTMLInputElement[];
  declare readonly pageTarget: HTMLInputElement;
  declare readonly buttonTarget: HTMLButtonElement;
  declare readonly countTarget: HTMLElement;

  connect() {
    this.count();
  }

  choosePage() {
    for (const row of this.rowTargets) row.checked = this.pageTarget.checked;
    this.count();
  }

  count() {
    const chosen = this.rowTargets.filter((row) => row.checked).length;
    this.pageTarget.checked = chosen > 0 && chosen === this.rowTargets.length;
    this.pageTarget.indeterminate = chosen > 0 && chosen < this.rowTargets.length;
    this.countTarget.textContent = chosen ? String(chosen) : "";
    this.buttonTarget.disabled = !chosen;
  }
}
