/** The chat page: a list of workspaces, and the chat of one of them. */
import { Api, ApiError } from "./api.js";
import { byId } from "./dom.js";
import { WorkspaceList } from "./list.js";
import {
  forgetToken,
  keepToken,
  rememberSelected,
  selectedWorkspace,
  takeToken,
} from "./memory.js";
import { NEWER, OLDER, Room } from "./room.js";

/**
 * @typedef {import("./api.js").Workspace} Workspace
 * @typedef {import("./api.js").PlatformEvent} PlatformEvent
 */

/** Nobody tells of a workspace that fell silent: somebody has to look. */
const LOOK_EVERY_MS = 5_000;

class Page {
  /**
   * @param {Api} api
   * @param {boolean} isOlder
   */
  constructor(api, isOlder) {
    this.api = api;
    /** @type {Map<string, Workspace>} */
    this.workspaces = new Map();
    this.selected = "";
    this.room = new Room(api, isOlder, (id) => this.nameOf(id));
    this.list = new WorkspaceList((id) => void this.select(id));
  }

  /** Runs until the token is refused. */
  async run() {
    await this.load();
    const looking = setInterval(() => void this.look(), LOOK_EVERY_MS);
    try {
      await this.api.events(
        (event) => this.happened(event),
        (isOpen) => void this.streamChanged(isOpen),
      );
    } finally {
      clearInterval(looking);
    }
  }

  /** Takes everything anew, as a reload does. */
  async load() {
    const all = await this.api.workspaces();
    all.sort((one, other) => one.name.localeCompare(other.name));
    this.workspaces = new Map(
      all.map((workspace) => [workspace.id, workspace]),
    );
    const wanted = this.workspaces.get(this.selected) ??
      this.workspaces.get(selectedWorkspace() ?? "") ??
      all.find(({ status }) => status === "online") ?? all[0];
    if (wanted !== undefined) await this.select(wanted.id);
    this.offerPeers();
  }

  /** @param {string} id */
  async select(id) {
    const workspace = this.workspaces.get(id);
    if (workspace === undefined || id === this.selected) return this.draw();
    this.selected = id;
    rememberSelected(id);
    this.draw();
    this.offerPeers();
    await this.room.open(workspace);
  }

  offerPeers() {
    const all = [...this.workspaces.values()];
    this.room.composer.offer(all.filter(({ id }) => id !== this.selected));
  }

  /**
   * What a look shows: the state and errors. Task and card change by their events alone, as in the platform's web page.
   */
  async look() {
    const all = await this.api.workspaces().catch(() => undefined);
    if (all === undefined) return;
    for (const seen of all) {
      const known = this.workspaces.get(seen.id);
      if (known === undefined) continue;
      known.status = seen.status;
      known.last_sample_error = seen.last_sample_error;
    }
    const isSame = all.length === this.workspaces.size &&
      all.every(({ id }) => this.workspaces.has(id));
    if (!isSame) await this.load();
    else this.draw();
  }

  /** @param {boolean} isOpen */
  async streamChanged(isOpen) {
    if (!isOpen) this.room.composer.say("The sandbox does not answer.");
    else if (this.isLost) {
      this.room.composer.say("");
      this.selected = "";
      await this.load();
    }
    this.isLost = !isOpen;
  }

  /** @param {PlatformEvent} event */
  happened(event) {
    const workspace = this.workspaces.get(event.workspace_id);
    const { data } = event;
    switch (event.type) {
      case "TASK_UPDATED":
        if (workspace !== undefined) {
          workspace.current_task = String(data.current_task ?? "");
          workspace.active_tasks = Number(data.active_tasks ?? 0);
        }
        this.draw();
        break;
      case "AGENT_CARD_UPDATED":
        if (workspace !== undefined) workspace.agent_card = data.agent_card;
        this.draw();
        break;
      case "WORKSPACE_ONLINE":
      case "WORKSPACE_OFFLINE":
      case "WORKSPACE_REMOVED":
      case "WORKSPACE_HEARTBEAT":
        void this.look();
        break;
    }
    this.room.happened(event);
  }

  draw() {
    this.list.draw([...this.workspaces.values()], this.selected);
    const workspace = this.workspaces.get(this.selected);
    if (workspace !== undefined) this.room.update(workspace);
  }

  /** @param {string} id */
  nameOf(id) {
    return this.workspaces.get(id)?.name ?? id;
  }
}

/** @param {string} reason */
function askForToken(reason) {
  byId("app", HTMLElement).hidden = true;
  byId("gate", HTMLElement).hidden = false;
  byId("gate-reason", HTMLElement).textContent = reason;
  byId("gate-token", HTMLInputElement).focus();
}

function wireGate() {
  const field = byId("gate-token", HTMLInputElement);
  const open = () => {
    if (field.value.trim() === "") return;
    keepToken(field.value.trim());
    location.reload();
  };
  byId("gate-open", HTMLButtonElement).addEventListener("click", open);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") open();
  });
}

function wireFold() {
  const button = byId("fold", HTMLButtonElement);
  const side = byId("side", HTMLElement);
  /** @param {boolean} isFolded */
  const fold = (isFolded) => {
    side.classList.toggle("folded", isFolded);
    button.setAttribute("aria-expanded", String(!isFolded));
  };
  button.addEventListener("click", () => {
    fold(!side.classList.contains("folded"));
  });
  byId("list", HTMLElement).addEventListener("click", () => fold(true));
  fold(true);
}

async function main() {
  wireGate();
  wireFold();
  const isOlder = new URLSearchParams(location.search).get("generation") ===
    OLDER;
  const pill = byId("generation", HTMLElement);
  pill.textContent = isOlder ? "June" : "August";
  pill.title = `Speaks as the platform of ${isOlder ? OLDER : NEWER}`;
  addEventListener("hashchange", () => {
    takeToken();
    location.reload();
  });
  const token = takeToken();
  if (token === "") return askForToken("");
  byId("app", HTMLElement).hidden = false;
  try {
    await new Page(new Api(token), isOlder).run();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    forgetToken();
    askForToken(
      "This token opens nothing here: each start of the sandbox has a new one.",
    );
  }
}

await main();
