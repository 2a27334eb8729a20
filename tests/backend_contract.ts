export { backendContract } from "../src/testing/backend_contract.ts";
