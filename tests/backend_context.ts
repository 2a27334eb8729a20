export { testContext, testMessage } from "../src/testing/backend_context.ts";
