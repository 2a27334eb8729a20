/** A real browser for tests, and pages in it. */
import { type Browser, chromium, type Page } from "npm:playwright-core@1.58.0";
import { BROWSER } from "./find.ts";

export type { Page } from "npm:playwright-core@1.58.0";

/** What the page of a test did that no page of ours may do. */
export interface PageFaults {
  /** Errors on the console, uncaught ones too, and what the content security policy refused. */
  readonly errors: string[];
  /** Requests to another host than the page's own. */
  readonly elsewhere: string[];
}

/** A page of its own, and how it misbehaved. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly faults: PageFaults;
}

/** How a page is looked at. */
export interface Looks {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

let running: Promise<Browser> | undefined;

/** The root user of a container has no sandbox of Chromium's. */
const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;

function browser(): Promise<Browser> {
  running ??= chromium.launch({
    executablePath: BROWSER ?? "",
    args: isRoot ? ["--no-sandbox"] : [],
  });
  return running;
}

/** Ends the browser, if one was started. */
export async function endBrowser(): Promise<void> {
  await (await running)?.close();
  running = undefined;
}

/** Opens `url` in a browser profile of its own. */
export async function openPage(
  url: string,
  { width = 1200, height = 800, dark = false }: Looks = {},
): Promise<OpenPage> {
  const context = await (await browser()).newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
  });
  const page = await context.newPage();
  const faults: PageFaults = { errors: [], elsewhere: [] };
  page.on("console", (message) => {
    if (message.type() === "error") faults.errors.push(message.text());
  });
  page.on("pageerror", (error) => void faults.errors.push(String(error)));
  const { origin } = new URL(url);
  page.on("request", (request) => {
    const other = new URL(request.url());
    const isOwn = other.origin === origin || other.protocol === "blob:" ||
      other.protocol === "data:";
    if (!isOwn) faults.elsewhere.push(request.url());
  });
  await page.goto(url);
  return {
    page,
    faults,
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Registers a test that needs the browser: skipped where there is none. */
export function browserTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name,
    fn,
    ignore: BROWSER === undefined,
    // The browser outlives a single test.
    sanitizeOps: false,
    sanitizeResources: false,
  });
}
