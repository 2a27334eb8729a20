/**
 * The back end `webhook`: each message is posted to an address of the operator's, signed, and the answer to the post is
 * the reply.
 *
 * @module
 */
import type {
  Backend,
  BackendContext,
  BackendOptions,
  InboundMessage,
} from "../backend.ts";
import { serverAddress } from "../http/address.ts";
import { exchange } from "../http/exchange.ts";
import { refusal } from "../http/refusal.ts";
import { readSecret, secretReadiness, secretValue } from "../http/secret.ts";
import { messageJson } from "../message_json.ts";
import { OptionReader } from "../option_reader.ts";
import type { BackendSpec } from "../spec.ts";
import { webhookReply } from "./answer.ts";
import { idempotencyKey, signature } from "./signature.ts";

/** The body. What differs from run to run is left out: a message that is sent again is the same byte for byte. */
function bodyOf(message: InboundMessage, context: BackendContext): string {
  const { session, attempt: _, again: __, outboxDir: ___, ...same } =
    messageJson(message, context);
  return JSON.stringify({ ...same, session: { id: session.id } });
}

function createWebhook(given: BackendOptions): Backend {
  const options = new OptionReader(webhookSpec, given);
  const url = serverAddress(
    options.text("url"),
    "url",
    "take them out: the webhook knows us by our signature, see secret_env",
  );
  const variable = options.text("secret_env");
  const secret = variable === ""
    ? undefined
    : readSecret(variable, "secret_env");
  const timeoutMs = options.duration("timeout");
  // A webhook's path is often a secret by itself: it is in no error.
  const server = `the webhook at ${url.origin}`;
  const secrets = secret?.value === undefined ? [] : [secret.value];
  return {
    name: webhookSpec.name,
    accepts: { files: true },
    secrets,
    async handle(message, context) {
      const { signal, log } = context;
      const body = bodyOf(message, context);
      const timestamp = String(Math.floor(Date.now() / 1_000));
      const answer = await exchange({
        server,
        url,
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/plain",
          "idempotency-key": idempotencyKey(
            message.workspaceId,
            message.activityId,
          ),
          "x-molecule-timestamp": timestamp,
          ...(secret === undefined ? {} : {
            "x-molecule-signature": signature(
              secretValue(secret),
              timestamp,
              body,
            ),
          }),
        },
        body,
        timeoutMs,
        signal,
      });
      if (answer.status >= 200 && answer.status < 300) {
        return webhookReply(answer, log);
      }
      throw refusal(answer, {
        server,
        secrets,
        credentials: secret === undefined
          ? "name the environment variable that holds the shared secret as secret_env, if the webhook wants a signature"
          : `check that ${variable} holds the webhook's secret`,
        address: "check the option url",
      });
    },
    check: () =>
      Promise.resolve(
        secret === undefined ? { ready: true } : secretReadiness(secret),
      ),
  };
}

/** The back end `webhook`. */
export const webhookSpec: BackendSpec = {
  name: "webhook",
  description:
    "Posts each message as JSON to an address of yours; the answer to the post is the reply.",
  options: [
    {
      name: "url",
      value: "URL",
      required: true,
      description:
        `Where to post, over http or https. The answer is JSON {"text":…} or {"parts":[…]}, or text/plain; HTTP 204 is no reply. Redirects are not followed.`,
    },
    {
      name: "secret_env",
      value: "VARIABLE",
      description:
        "The environment variable that holds the shared secret of the signature; absent: requests are not signed.",
    },
    {
      name: "timeout",
      value: "DURATION",
      default: "60s",
      description: "Longest time until the whole answer has come.",
    },
  ],
  example:
    `molecule connect <workspace-id> --backend webhook --backend-opt url=https://agent.example/hook --backend-opt secret_env=HOOK_SECRET`,
  create: createWebhook,
};
