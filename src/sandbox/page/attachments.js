/** Files of a bubble: pictures and short texts in place, everything else as a chip that is saved by a click. */
import { make } from "./dom.js";

/** @typedef {import("./api.js").Attachment} Attachment */

/** The pictures that a browser shows; SVG is a document, and stays a chip. */
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** A browser has begun to save a file by then. */
const SAVED_WITHIN_MS = 10_000;

/** A longer text is not shown in place. */
const MAX_SHOWN_BYTES = 64 * 1024;

/**
 * @param {Attachment} file
 * @param {(uri: string) => Promise<Blob | undefined>} download
 * @returns {HTMLElement}
 */
export function attachmentNode(file, download) {
  const size = file.size === undefined ? "" : sizeText(file.size);
  const chip = make("button", {
    type: "button",
    class: "file",
    title: `Save ${file.name}`,
  }, [
    make("span", { class: "file-name" }, [file.name]),
    make("span", { class: "faint" }, [size]),
  ]);
  const failed = make("span", { class: "faint", role: "status" });
  chip.addEventListener("click", () => {
    void save(file, download, failed);
  });
  const node = make("div", {
    class: "attachment",
    "data-testid": "attachment",
    "data-name": file.name,
  }, [chip, failed]);
  void preview(file, download, node, failed);
  return node;
}

/**
 * @param {number} bytes
 * @returns {string}
 */
export function sizeText(bytes) {
  if (bytes < 1_000) return `${bytes} B`;
  const [value, unit] = bytes < 1_000_000
    ? [bytes / 1_000, "kB"]
    : [bytes / 1_000_000, "MB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/**
 * @param {Attachment} file
 * @param {(uri: string) => Promise<Blob | undefined>} download
 * @param {HTMLElement} node
 * @param {HTMLElement} failed
 */
async function preview(file, download, node, failed) {
  const type = file.mimeType ?? "";
  const isPicture = PICTURES.includes(type);
  const isText = type.startsWith("text/") &&
    (file.size ?? Infinity) <= MAX_SHOWN_BYTES;
  if (!isPicture && !isText) return;
  try {
    const blob = await download(file.uri);
    if (blob === undefined) return;
    if (isPicture) {
      // The type is the agent's word: only one of a known picture is handed to the browser.
      const picture = new Blob([blob], { type });
      const image = make("img", {
        src: URL.createObjectURL(picture),
        alt: file.name,
      });
      image.addEventListener("load", () => {
        URL.revokeObjectURL(image.getAttribute("src") ?? "");
        reveal(node);
      });
      node.prepend(image);
    } else {
      const text = make("code", {}, [await blob.text()]);
      node.append(make("pre", { tabindex: "0" }, [text]));
      reveal(node);
    }
  } catch (error) {
    failed.textContent = `No preview: ${messageOf(error)}`;
  }
}

/**
 * Tells that the bubble has grown.
 *
 * @param {HTMLElement} node
 */
function reveal(node) {
  node.dispatchEvent(new CustomEvent("grown", { bubbles: true }));
}

/**
 * @param {Attachment} file
 * @param {(uri: string) => Promise<Blob | undefined>} download
 * @param {HTMLElement} failed
 */
async function save(file, download, failed) {
  try {
    const blob = await download(file.uri);
    if (blob === undefined) {
      failed.textContent = "This address is none of the platform's own.";
      return;
    }
    const plain = new Blob([blob], { type: "application/octet-stream" });
    const href = URL.createObjectURL(plain);
    make("a", { href, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(href), SAVED_WITHIN_MS);
    failed.textContent = "";
  } catch (error) {
    failed.textContent = `Not saved: ${messageOf(error)}`;
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
