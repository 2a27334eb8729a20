/** The list of workspaces: what each looks like to the people of its organisation. */
import { byId, make } from "./dom.js";

/** @typedef {import("./api.js").Workspace} Workspace */

/** So many skills are shown; the rest is a number. */
const SHOWN_SKILLS = 4;

/** The states in which the chat takes no input. */
const LOCKED = ["awaiting_agent", "offline", "paused", "hibernated"];

/** @param {Workspace} workspace */
export function isLocked(workspace) {
  return LOCKED.includes(workspace.status);
}

/**
 * The state in words, as people read it.
 *
 * @param {Workspace} workspace
 */
export function statusText(workspace) {
  return workspace.status.replaceAll("_", " ");
}

/** @param {Workspace} workspace */
export function dotClass({ status }) {
  return status === "online" || status === "degraded"
    ? `dot ${status}`
    : "dot away";
}

export class WorkspaceList {
  /** @param {(id: string) => void} select */
  constructor(select) {
    this.select = select;
    this.element = byId("list", HTMLElement);
    this.drawn = "";
    this.element.addEventListener("keydown", (event) => this.onKey(event));
  }

  /**
   * @param {readonly Workspace[]} workspaces
   * @param {string} selected
   */
  draw(workspaces, selected) {
    // Drawn anew only where something changed: a click must find the tab that it began on.
    const now = JSON.stringify([workspaces, selected]);
    if (now === this.drawn) return;
    this.drawn = now;
    const hadFocus = this.element.contains(document.activeElement);
    this.element.replaceChildren(...workspaces.map((workspace) => {
      const tab = tabNode(workspace, workspace.id === selected);
      tab.addEventListener("click", () => this.select(workspace.id));
      return tab;
    }));
    if (hadFocus) this.focus();
  }

  focus() {
    const tab = this.element.querySelector('[aria-selected="true"]');
    if (tab instanceof HTMLElement) tab.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const tabs = [...this.element.children];
    const at = tabs.findIndex((tab) =>
      tab.getAttribute("aria-selected") === "true"
    );
    const to = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: -1,
    }[event.key];
    if (to === undefined || tabs.length === 0) return;
    event.preventDefault();
    const tab = tabs.at(to % tabs.length);
    this.select(tab?.getAttribute("data-id") ?? "");
    this.focus();
  }
}

/**
 * @param {Workspace} workspace
 * @param {boolean} isSelected
 */
function tabNode(workspace, isSelected) {
  const { name, active_tasks, current_task } = workspace;
  const badge = active_tasks === 0 ? undefined : make("span", {
    class: "badge",
    "data-testid": "active-tasks",
    title: `${active_tasks} at work`,
  }, [String(active_tasks)]);
  return make("button", {
    type: "button",
    role: "tab",
    class: "tab",
    "data-testid": "workspace-tab",
    "data-id": workspace.id,
    "data-name": name,
    "aria-selected": String(isSelected),
    "aria-controls": "chat",
    tabindex: isSelected ? "0" : "-1",
  }, [
    make("span", { class: "tab-head" }, [
      make("span", { class: dotClass(workspace), "aria-hidden": "true" }),
      make("span", { class: "tab-name" }, [name]),
      badge,
      make("span", {
        class: "faint",
        "data-testid": "status",
        "data-status": workspace.status,
      }, [statusText(workspace)]),
    ]),
    line("now", current_task, "current-task"),
    ...cardNodes(workspace),
    line("warning", troubleOf(workspace), "sample-error"),
  ]);
}

/**
 * @param {string} className
 * @param {string} text
 * @param {string} testId
 */
function line(className, text, testId) {
  return text === ""
    ? undefined
    : make("span", { class: className, "data-testid": testId }, [text]);
}

/**
 * What went wrong last, where the card does not say it already.
 *
 * @param {Workspace} workspace
 */
export function troubleOf({ agent_card, last_sample_error }) {
  const { configuration_status, configuration_error } = agent_card ?? {};
  const isSaid = configuration_status === "not_configured" &&
    configuration_error === last_sample_error;
  return isSaid ? "" : last_sample_error;
}

/** @param {Workspace} workspace */
function cardNodes({ agent_card, role }) {
  const card = agent_card ?? {};
  const description = textOf(card.description) || (role ?? "");
  const model = line("pill", textOf(card.model), "model");
  // Skills that are no objects are not shown, as in the platform's own web page.
  const skills = (Array.isArray(card.skills) ? card.skills : [])
    .filter((skill) => typeof skill === "object" && skill !== null)
    .map((skill) => textOf(skill.name) || textOf(skill.id))
    .filter((name) => name !== "");
  const chips = skills.slice(0, SHOWN_SKILLS).map((name) =>
    make("span", { class: "chip", "data-testid": "skill" }, [name])
  );
  const rest = skills.length - chips.length;
  if (rest > 0) chips.push(make("span", { class: "chip" }, [`+${rest}`]));
  const looks = model === undefined && chips.length === 0
    ? undefined
    : make("span", { class: "chips" }, [model, ...chips]);
  const isUnset = card.configuration_status === "not_configured";
  const reason = textOf(card.configuration_error) || "no reason given";
  return [
    line("description", description, "description"),
    looks,
    isUnset
      ? line("warning", `Not configured: ${reason}`, "config-note")
      : undefined,
  ];
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === "string" ? value : "";
}
