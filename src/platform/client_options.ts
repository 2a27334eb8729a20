/** What a client of the platform is made of. */
import type { OriginMode } from "../options.ts";

/** What the client needs to know. */
export interface ClientOptions {
  /** The platform's base URL, without a slash at its end. */
  readonly apiUrl: string;
  /** The workspace. */
  readonly workspaceId: string;
  /** Its token; may be empty before the first register. */
  readonly token: string;
  /** Sent as `X-Molecule-Org-Id`. */
  readonly orgId?: string;
  /** Whether requests carry an `Origin`. */
  readonly origin: OriginMode;
  /** Longest time of one request. */
  readonly timeoutMs: number;
  /** Masks secrets: a proxy that shows our own headers must not bring the token into an error. */
  readonly redact: (text: string) => string;
  /** Told the secret by which the platform would authenticate itself, whenever an answer has one. */
  readonly onInboundSecret: (secret: string) => void;
}
