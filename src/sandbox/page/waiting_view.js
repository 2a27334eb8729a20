/** The waiting box on the page. */
import { byId, make } from "./dom.js";
import { CLOSED, next, seconds, shownLines } from "./waiting_box.js";

export class WaitingView {
  /** @param {(change: () => void) => void} keepAtEnd */
  constructor(keepAtEnd) {
    this.keepAtEnd = keepAtEnd;
    this.element = byId("waiting", HTMLElement);
    this.lines = byId("waiting-lines", HTMLElement);
    this.seconds = byId("seconds", HTMLElement);
    this.box = CLOSED;
    setInterval(() => this.tick(), 1_000);
  }

  /** @param {import("./waiting_box.js").BoxEvent} event */
  happened(event) {
    this.box = next(this.box, event);
    this.keepAtEnd(() => this.draw());
  }

  draw() {
    this.element.hidden = !this.box.open;
    const lines = shownLines(this.box);
    const isSame = lines.length === this.lines.childElementCount &&
      lines.every((line, at) => this.lines.children[at]?.textContent === line);
    if (!isSame) {
      this.lines.replaceChildren(
        ...lines.map((line) =>
          make("li", { "data-testid": "waiting-line" }, [line])
        ),
      );
    }
    this.tick();
  }

  tick() {
    this.seconds.textContent = `${seconds(this.box, Date.now())} s`;
  }
}
