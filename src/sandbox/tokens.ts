/**
 * Bearer tokens of workspaces: opaque, shown once, without expiry.
 *
 * @module
 */

/** The two kinds; only instance tokens close the gate of register and heartbeat. */
export type TokenKind = "instance" | "api";

/** What the platform keeps of a token. */
export interface TokenRecord {
  /** The token's public id. */
  readonly id: string;
  /** Whose token it is. */
  readonly workspaceId: string;
  /** Which kind. */
  readonly kind: TokenKind;
  /** Its first characters, for lists. */
  readonly prefix: string;
  /** When it was made, in milliseconds since 1970. */
  readonly createdAtMs: number;
  /** When it was last accepted. */
  lastUsedAtMs: number | undefined;
}

/** 32 random bytes in 43 URL-safe characters; may begin with a dash. */
export function randomToken(): string {
  return crypto.getRandomValues(new Uint8Array(32))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

/** All live tokens of a platform. */
export class TokenStore {
  readonly #live = new Map<string, TokenRecord>();

  /** Makes a token. */
  mint(workspaceId: string, kind: TokenKind, nowMs: number): string {
    const token = randomToken();
    this.#live.set(token, {
      id: crypto.randomUUID(),
      workspaceId,
      kind,
      prefix: token.slice(0, 8),
      createdAtMs: nowMs,
      lastUsedAtMs: undefined,
    });
    return token;
  }

  /** The record of a live token. */
  get(token: string): TokenRecord | undefined {
    return this.#live.get(token);
  }

  /** A workspace's live tokens, oldest first. */
  of(workspaceId: string): TokenRecord[] {
    return [...this.#live.values()]
      .filter((record) => record.workspaceId === workspaceId);
  }

  /** Revokes the tokens of a workspace that `which` picks, and says how many there were. */
  revoke(
    workspaceId: string,
    which: (record: TokenRecord) => boolean = () => true,
  ): number {
    let count = 0;
    for (const [token, record] of this.#live) {
      if (record.workspaceId !== workspaceId || !which(record)) continue;
      this.#live.delete(token);
      count++;
    }
    return count;
  }
}
