/**
 * The files of the chat page. They come with the package as text, so that a compiled program has them too.
 *
 * @module
 */
import api from "./api.js" with { type: "text" };
import attachments from "./attachments.js" with { type: "text" };
import chat from "./chat.js" with { type: "text" };
import composer from "./composer.js" with { type: "text" };
import css from "./page.css" with { type: "text" };
import dom from "./dom.js" with { type: "text" };
import html from "./page.html" with { type: "text" };
import icon from "./icon.svg" with { type: "text" };
import list from "./list.js" with { type: "text" };
import main from "./main.js" with { type: "text" };
import markdown from "./markdown.js" with { type: "text" };
import markdownDom from "./markdown_dom.js" with { type: "text" };
import markdownInline from "./markdown_inline.js" with { type: "text" };
import memory from "./memory.js" with { type: "text" };
import room from "./room.js" with { type: "text" };
import waitingBox from "./waiting_box.js" with { type: "text" };
import waitingView from "./waiting_view.js" with { type: "text" };

/** One file. */
export interface PageFile {
  /** Where it is served. */
  readonly path: string;
  /** Its MIME type. */
  readonly contentType: string;
  /** Its text. */
  readonly body: string;
}

const SCRIPTS = {
  api,
  attachments,
  chat,
  composer,
  dom,
  list,
  main,
  markdown,
  markdown_dom: markdownDom,
  markdown_inline: markdownInline,
  memory,
  room,
  waiting_box: waitingBox,
  waiting_view: waitingView,
};

/** All of them. */
export const PAGE_FILES: readonly PageFile[] = [
  { path: "/", contentType: "text/html; charset=utf-8", body: html },
  {
    path: "/page/page.css",
    contentType: "text/css; charset=utf-8",
    body: css,
  },
  { path: "/page/icon.svg", contentType: "image/svg+xml", body: icon },
  ...Object.entries(SCRIPTS).map(([name, body]) => ({
    path: `/page/${name}.js`,
    contentType: "text/javascript; charset=utf-8",
    body,
  })),
];
