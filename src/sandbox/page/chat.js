/** The bubbles of one workspace's chat. */
import { attachmentNode } from "./attachments.js";
import { byId, clockTime, make } from "./dom.js";
import { markdownNode } from "./markdown_dom.js";

/** The same answer again within this time is one bubble; after a reload both are there. */
const COLLAPSE_MS = 3_000;

/** So near to its end, in pixels, the conversation is followed. */
const NEAR_END = 80;

/**
 * @typedef {object} Shown
 * @property {"user" | "agent"} role
 * @property {string} text
 * @property {readonly import("./api.js").Attachment[]} attachments
 * @property {number} at
 */

export class Chat {
  /** @param {(uri: string) => Promise<Blob | undefined>} download */
  constructor(download) {
    this.download = download;
    this.log = byId("log", HTMLElement);
    this.scroll = byId("scroll", HTMLElement);
    /** @type {Shown[]} */
    this.bubbles = [];
    /** @type {WeakMap<Shown, HTMLElement>} */
    this.nodes = new WeakMap();
    /** @type {{ text: string, at: number }} */
    this.lastAnswer = { text: "", at: -Infinity };
    this.scroll.addEventListener("grown", () => this.keepAtEnd(() => {}));
    // A screen keyboard or a growing composer takes room away.
    new ResizeObserver(() => this.keepAtEnd(() => {})).observe(this.scroll);
    this.follows = true;
    this.scroll.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.scroll;
      this.follows = scrollHeight - scrollTop - clientHeight < NEAR_END;
    });
  }

  /**
   * Shows the chat of a workspace from its beginning.
   *
   * @param {string} name
   * @param {readonly Shown[]} bubbles
   */
  show(name, bubbles) {
    this.bubbles = [...bubbles];
    this.lastAnswer = { text: "", at: -Infinity };
    const nodes = bubbles.map((bubble) => this.bubbleNode(bubble));
    const empty = make("p", { class: "empty" }, [
      `No messages yet. Say hello to ${name}.`,
    ]);
    // Not announced: only what comes from now on is news.
    this.log.setAttribute("aria-live", "off");
    this.log.replaceChildren(...(nodes.length === 0 ? [empty] : nodes));
    this.follows = true;
    this.keepAtEnd(() => {});
    requestAnimationFrame(() => this.log.setAttribute("aria-live", "polite"));
  }

  /** @param {Shown} bubble */
  add(bubble) {
    if (bubble.role === "agent") {
      const { text, at } = this.lastAnswer;
      const repeats = text === bubble.text && bubble.at - at < COLLAPSE_MS &&
        bubble.attachments.length === 0;
      if (repeats) return;
      this.lastAnswer = { text: bubble.text, at: bubble.at };
    }
    this.bubbles.push(bubble);
    const node = this.bubbleNode(bubble);
    this.nodes.set(bubble, node);
    this.append(node);
  }

  /**
   * Takes a bubble back that was not sent.
   *
   * @param {Shown} bubble
   */
  takeBack(bubble) {
    this.bubbles = this.bubbles.filter((other) => other !== bubble);
    this.nodes.get(bubble)?.remove();
  }

  /**
   * What passed between this workspace and another one.
   *
   * @param {string} title
   * @param {string} text
   * @param {number} at
   */
  addPeer(title, text, at) {
    const head = make("span", { class: "peer-title" }, [title]);
    this.append(make("article", {
      class: "bubble peer",
      "data-testid": "bubble-peer",
    }, [head, markdownNode(text), timeNode(at)]));
  }

  /**
   * A line of the page's own between the bubbles.
   *
   * @param {string} text
   */
  addDivider(text) {
    this.append(make("p", { class: "divider", "data-testid": "divider" }, [
      make("span", {}, [text]),
    ]));
  }

  /** @param {Node} node */
  append(node) {
    this.keepAtEnd(() => {
      this.log.querySelector(".empty")?.remove();
      this.log.append(node);
    });
  }

  /**
   * Changes the page and keeps the end in sight, if it was.
   *
   * @param {() => void} change
   */
  keepAtEnd(change) {
    change();
    if (this.follows) this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  /** @param {Shown} bubble */
  bubbleNode({ role, text, attachments, at }) {
    const isUser = role === "user";
    // What the person typed stays as it was typed.
    const body = text.trim() === ""
      ? undefined
      : isUser
      ? make("div", { class: "typed" }, [text])
      : markdownNode(text);
    const files = attachments.map((file) =>
      attachmentNode(file, this.download)
    );
    const who = make("span", { class: "sr" }, [isUser ? "You:" : "Agent:"]);
    return make("article", {
      class: `bubble ${role}`,
      "data-testid": `bubble-${role}`,
    }, [who, body, ...files, timeNode(at)]);
  }
}

/** @param {number} at */
function timeNode(at) {
  return make("time", { datetime: new Date(at).toISOString() }, [
    clockTime(at),
  ]);
}
