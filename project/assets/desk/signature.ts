import { Controller } from "@hotwired/stimulus";

const INK = "#1c2230";

/** Draws a signature and keeps it as a PNG in a hidden input. By keyboard the name is typed instead.
 *  <div data-controller="signature">: drawn (the input), pad (shown when there is a script), canvas */
export class SignatureController extends Controller<HTMLElement> {
  static targets = ["drawn", "pad", "canvas"];

  declare readonly drawnTarget: HTMLInputElement;
  declare readonly padTarget: HTMLElement;
  declare readonly canvasTarget: HTMLCanvasElement;

  connect() {
    this.padTarget.hidden = false;
    this.canvasTarget.addEventListener("pointerdown", this.begin);
    if (this.drawnTarget.value) this.show(this.drawnTarget.value);
  }

  disconnect() {
    this.canvasTarget.removeEventListener("pointerdown", this.begin);
  }

  clear() {
    this.pen.clearRect(0, 0, this.canvasTarget.width, this.canvasTarget.height);
    this.keep("");
  }

  private get pen(): CanvasRenderingContext2D {
    return this.canvasTarget.getContext("2d")!;
  }

  /** A signature drawn before, on a form that came back. */
  private show(address: string) {
    const image = new Image();
    image.onload = () => this.pen.drawImage(image, 0, 0);
    image.src = address;
  }

  private readonly begin = (event: PointerEvent) => {
    const canvas = this.canvasTarget;
    canvas.setPointerCapture(event.pointerId);
    this.pen.lineWidth = 3;
    this.pen.lineCap = this.pen.lineJoin = "round";
    this.pen.strokeStyle = INK;
    this.pen.beginPath();
    this.pen.moveTo(...this.at(event));
    const draw = (moved: PointerEvent) => {
      this.pen.lineTo(...this.at(moved));
      this.pen.stroke();
    };
    draw(event); // a dot, should it stay one
    const end = () => {
      canvas.removeEventListener("pointermove", draw);
      this.keep(canvas.toDataURL("image/png"));
    };
    canvas.addEventListener("pointermove", draw);
    for (const done of ["pointerup", "pointercancel"]) canvas.addEventListener(done, end, { once: true });
  };

  private at(event: PointerEvent): [number, number] {
    const box = this.canvasTarget.getBoundingClientRect();
    const scale = this.canvasTarget.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  private keep(address: string) {
    this.drawnTarget.value = address;
    this.drawnTarget.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
