/** Reads the flags about who may ask. */
import { checkOrigins, checkPeers, ORIGINS } from "../asker_options.ts";
import type { Origin } from "../backends/backend.ts";
import { UsageError } from "../errors.ts";
import { quoted, relabelled } from "./values.ts";

/** The members of values that were given again, or with commas between them. */
function members(texts: readonly string[], label: string): string[] {
  return texts.flatMap((text) => {
    const names = text.split(",").map((name) => name.trim());
    if (names.includes("")) {
      throw new UsageError(
        `${label} ${quoted(text)} names nothing`,
        `type ${label} once for each, or commas between them`,
      );
    }
    return names;
  });
}

/** Ids of workspaces. */
export function peerIds(texts: readonly string[], label: string): string[] {
  const ids = members(texts, label);
  try {
    checkPeers(ids);
  } catch (error) {
    throw relabelled(error, "allowPeers", label);
  }
  return ids;
}

/** Places that a message can come from. */
export function origins(texts: readonly string[], label: string): Origin[] {
  const names = members(texts, label);
  try {
    checkOrigins(names);
  } catch (error) {
    throw relabelled(error, "allowOrigins", label);
  }
  return ORIGINS.filter((origin) => names.includes(origin));
}
