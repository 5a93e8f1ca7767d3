import { Controller } from "@hotwired/stimulus";

/** Fills latitude and longitude from where the device says it is.
 *  <div data-controller="location" data-location-refused-value="…">: latitude, longitude, button, said */
export class LocationController extends Controller<HTMLElement> {
  static targets = ["latitude", "longitude", "button", "said"];
  static values = { refused: String };

  declare readonly latitudeTarget: HTMLInputElement;
  declare readonly longitudeTarget: HTMLInputElement;
  declare readonly buttonTarget: HTMLButtonElement;
  declare readonly saidTarget: HTMLElement;
  declare readonly refusedValue: string;

  connect() {
    this.buttonTarget.hidden = !("geolocation" in navigator);
  }

  find() {
    this.buttonTarget.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.put(coords),
      () => this.say(this.refusedValue),
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  }

  private put({ latitude, longitude }: GeolocationCoordinates) {
    this.latitudeTarget.value = latitude.toFixed(6);
    this.longitudeTarget.value = longitude.toFixed(6);
    this.say(`${this.latitudeTarget.value}, ${this.longitudeTarget.value}`);
    this.longitudeTarget.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private say(text: string) {
    this.buttonTarget.removeAttribute("aria-busy");
    this.saidTarget.textContent = text;
  }
}
