/** A chat page in a real browser, and the connector as it is on the other side of it. */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../src/testing/mod.ts";
import { freshDir, Program } from "../program.ts";
import { type Looks, openPage, type Page } from "./browser.ts";

/** How long a test waits for what has to come, in milliseconds. */
export const PATIENCE_MS = 30_000;

/** What a stage begins with. */
export interface StageOptions extends Looks {
  /** The line of a shell that answers; undefined for no connector. */
  readonly command?: string;
  /** The back end in place of `exec` with that line, as flags. */
  readonly backend?: readonly string[];
  /** Further flags of `molecule connect`. */
  readonly flags?: readonly string[];
  /** Speaks as the older platform. */
  readonly isOlder?: boolean;
}

/** The page, and what is around it. */
export class ChatStage implements AsyncDisposable {
  private constructor(
    readonly sandbox: Sandbox,
    /** The workspace that is talked to. */
    readonly id: string,
    readonly token: string,
    readonly page: Page,
    readonly url: string,
    readonly faults: { errors: string[]; elsewhere: string[] },
    readonly stack: AsyncDisposableStack,
  ) {}

  /** Starts all of it, and opens the chat of the workspace. */
  static async start(options: StageOptions = {}): Promise<ChatStage> {
    const { command, flags = [], isOlder = false } = options;
    const exec = ["--backend", "exec", "--backend-opt", `cmd=${command}`];
    const stack = new AsyncDisposableStack();
    const sandbox = stack.use(await Sandbox.start());
    const { id, token } = sandbox.createWorkspace({ name: "Builder" });
    sandbox.createWorkspace({ name: "Reviewer" });
    if (command !== undefined || options.backend !== undefined) {
      const dir = stack.use(await freshDir());
      stack.use(
        new Program([
          ...["connect", id, "--api-url", sandbox.url, "--token", token],
          ...["--state-dir", dir.path, "--interval-ms", "100"],
          ...options.backend ?? exec,
          ...flags,
        ]),
      );
      await sandbox.waitFor(() => sandbox.status(id) === "online");
    }
    const query = isOlder ? "?generation=2026-06-28" : "";
    const url = `${sandbox.url}/${query}#token=${sandbox.adminToken}`;
    const { page, faults } = stack.use(await openPage(url, options));
    page.setDefaultTimeout(PATIENCE_MS);
    const stage = new ChatStage(sandbox, id, token, page, url, faults, stack);
    await page.getByTestId("composer").waitFor();
    return stage;
  }

  /** The bubbles of one side. */
  bubbles(role: "agent" | "user") {
    return this.page.getByTestId(`bubble-${role}`);
  }

  /** The box in which a person waits. */
  get box() {
    return this.page.getByTestId("waiting-box");
  }

  /** Writes and sends, by the keyboard. */
  async say(text: string): Promise<void> {
    await this.page.getByTestId("composer").fill(text);
    await this.page.getByTestId("composer").press("Enter");
  }

  /** Resolves when an answer with `text` in it is there. */
  async answered(text: string): Promise<void> {
    await this.bubbles("agent").filter({ hasText: text }).first().waitFor();
  }

  /** Resolves when nobody waits any more. */
  async idle(): Promise<void> {
    await this.box.waitFor({ state: "hidden" });
  }

  /** Nothing that a page of ours may not do. */
  assertClean(): void {
    assertEquals(this.faults, { errors: [], elsewhere: [] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}
