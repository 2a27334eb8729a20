/** Where the person writes: text, files, and as whom. */
import { sizeText } from "./attachments.js";
import { byId, make } from "./dom.js";

/**
 * @typedef {object} Draft
 * @property {string} text
 * @property {readonly File[]} files
 * @property {string} as The workspace to write as; "" for the person.
 */

export class Composer {
  /** @param {(draft: Draft) => Promise<void>} send */
  constructor(send) {
    this.send = send;
    this.text = byId("text", HTMLTextAreaElement);
    this.button = byId("send", HTMLButtonElement);
    this.as = byId("as", HTMLSelectElement);
    this.attach = byId("attach", HTMLButtonElement);
    this.picker = byId("picker", HTMLInputElement);
    this.chips = byId("chips", HTMLElement);
    this.note = byId("note", HTMLElement);
    /** @type {File[]} */
    this.files = [];
    this.lockReason = "";
    this.isBusy = false;
    this.listen();
  }

  listen() {
    this.button.addEventListener("click", () => void this.submit());
    this.text.addEventListener("keydown", (event) => {
      // While an input method composes, Enter is its own.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.submit();
    });
    this.text.addEventListener("input", () => this.update());
    this.as.addEventListener("change", () => this.update());
    this.attach.addEventListener("click", () => this.picker.click());
    this.picker.addEventListener("change", () => {
      this.addFiles(this.picker.files ?? []);
      this.picker.value = "";
    });
    this.text.addEventListener("paste", (event) => {
      const files = event.clipboardData?.files ?? [];
      if (files.length === 0) return;
      event.preventDefault();
      this.addFiles(files);
    });
    const chat = byId("chat", HTMLElement);
    chat.addEventListener("dragover", (event) => event.preventDefault());
    chat.addEventListener("drop", (event) => {
      event.preventDefault();
      this.addFiles(event.dataTransfer?.files ?? []);
    });
  }

  /** Another workspace is written to from now on; nothing of the draft follows. */
  open() {
    this.as.value = "";
    this.text.value = "";
    this.files = [];
    this.say("");
    this.drawFiles();
  }

  /** @param {readonly import("./api.js").Workspace[]} peers */
  offer(peers) {
    const { value } = this.as;
    const person = make("option", { value: "" }, ["you"]);
    const options = peers.map(({ id, name }) =>
      make("option", { value: id }, [`peer ${name}`])
    );
    this.as.replaceChildren(person, ...options);
    if (peers.some(({ id }) => id === value)) this.as.value = value;
    this.update();
  }

  /**
   * Takes no input of the person while there is a reason.
   *
   * @param {string} reason
   */
  lock(reason) {
    this.lockReason = reason;
    this.update();
  }

  /** @param {Iterable<File>} files */
  addFiles(files) {
    this.files.push(...files);
    this.drawFiles();
  }

  async submit() {
    const draft = {
      text: this.text.value.trim(),
      files: this.files,
      as: this.as.value,
    };
    if (this.button.disabled) return;
    this.isBusy = draft.files.length > 0;
    this.say("");
    this.text.value = "";
    this.files = [];
    this.drawFiles();
    try {
      await this.send(draft);
    } catch (error) {
      // Nothing that was written is lost.
      if (this.text.value === "") this.text.value = draft.text;
      this.files = [...draft.files, ...this.files];
      const why = error instanceof Error ? error.message : String(error);
      this.say(`Not sent: ${why}`);
    }
    this.isBusy = false;
    this.drawFiles();
  }

  /** @param {string} text */
  say(text) {
    this.failure = text;
    this.update();
  }

  update() {
    const isPerson = this.as.value === "";
    const locked = isPerson ? this.lockReason : "";
    this.text.disabled = locked !== "";
    this.attach.disabled = locked !== "" || !isPerson;
    const isEmpty = this.text.value.trim() === "" && this.files.length === 0;
    this.button.disabled = locked !== "" || isEmpty || this.isBusy;
    this.button.textContent = this.isBusy ? "Uploading…" : "Send";
    const note = locked || this.failure || "";
    this.note.textContent = note;
    this.note.hidden = note === "";
  }

  drawFiles() {
    this.chips.replaceChildren(...this.files.map((file, at) => {
      const remove = make("button", {
        type: "button",
        class: "quiet icon",
        "aria-label": `Remove ${file.name}`,
      }, ["×"]);
      remove.addEventListener("click", () => {
        this.files = this.files.filter((_, other) => other !== at);
        this.drawFiles();
        this.text.focus();
      });
      return make("span", { class: "file", "data-testid": "draft-file" }, [
        make("span", { class: "file-name" }, [file.name]),
        make("span", { class: "faint" }, [sizeText(file.size)]),
        remove,
      ]);
    }));
    this.update();
  }
}
